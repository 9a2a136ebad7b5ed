// kill -9 while a closure is captured: nothing is half-written, the next capture completes it, and the index has every version once.
//
// Each round captures a closure of its own into one store, is killed somewhere, and is completed by another process: this one.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { createRepository, type IndexEntry, type Repository, upstreamSource } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { expect, it, vi } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import type { Modules } from './support/graph.ts';
import { type Program, root, start } from './support/program.ts';
import { randomNumbers, testSeed } from './support/random.ts';
import { checkStore } from './support/store.ts';

const kills = process.env.GOMODKIT_TEST_SCALE === 'full' ? 200 : 20;
const dependencies = 8;
const keep = closeAfterEach();

it(`${kills} kills of a capture leave nothing half-written`, { timeout: 60_000 + kills * 10_000 }, async () => {
  const seed = testSeed();
  console.log(`kill -9 of captures: ${kills} points, GOMODKIT_TEST_SEED=${seed}`);
  const random = randomNumbers(seed);
  const rounds = Array.from({ length: kills }, (_, round) => closureOf(round));
  const all: Modules = Object.assign({}, ...rounds);
  const upstream = keep(await startTestProxy({ modules: all, faults: [{ latency: 3 }] }));
  const store = keep(await tempDirectory()).path;

  const gates = keep(await tempDirectory()).path;
  const children: Child[] = [];
  const startAhead = (): void => {
    const round = children.length;
    if (round >= kills) return;
    const gate = join(gates, String(round));
    const script = join(root, 'e2e/support/capture-child.ts');
    children.push({ gate, program: keep(start(script, [gate, store, upstream.url, rootOf(round)])) });
  };
  for (let ahead = 0; ahead < 2; ahead++) startAhead();

  let interrupted = 0;
  for (let round = 0; round < kills; round++) {
    startAhead();
    const child = children[round];
    if (child === undefined) throw new Error(`nobody was started for round ${round}`);
    await killWhileCapturing(child, { upstream, round, random });
    const before = await checkStore(store, rounds[round] ?? {}, prefixOf(round));
    const report = await captureHere(store, upstream.url, round);
    expect(report.refused).toEqual([]);
    expect(report.present).toMatchObject({ versions: before.versions, zips: before.zips });
    expect(report.new.versions + report.present.versions).toBe(2 * dependencies + 1);
    expect(report.new.zips + report.present.zips).toBe(dependencies + 1);
    if (report.new.zips > 0) interrupted++;
  }
  console.log(`kill -9 of captures: ${interrupted} of ${kills} interrupted one`);
  expect(interrupted, 'kills that interrupted something').toBeGreaterThan(kills / 3);
  const versions = kills * (2 * dependencies + 1);
  expect(await checkStore(store, all)).toEqual({ versions, zips: kills * (dependencies + 1) });
  await withRepository(store, upstream.url, (repository) => expectSound(repository, Object.keys(all)));
});

/** A root that needs modules in two versions each. */
function closureOf(round: number): Modules {
  const name = (at: number): string => `${prefixOf(round)}${at % 2 === 0 ? 'm' : 'Upper'}${at}`;
  const module = (path: string, requires: string, size: number) => ({
    files: {
      'go.mod': `module ${path}\n\ngo 1.21\n${requires}`,
      'm.go': 'package m\n',
      'data.bin': new Uint8Array(size).map((_, at) => (at * 7919) >> 3),
    },
  });
  const modules: Record<string, Modules[string]> = {};
  for (let at = 0; at < dependencies; at++) {
    const next = at + 1 < dependencies ? `\nrequire ${name(at + 1)} v1.0.0\n` : `\nrequire ${name(0)} v1.0.0\n`;
    modules[`${name(at)}@v1.0.0`] = module(name(at), '', 0);
    modules[`${name(at)}@v1.1.0`] = module(name(at), next, 15_000 * (at % 4));
  }
  const requires = Array.from({ length: dependencies }, (_, at) => `\nrequire ${name(at)} v1.1.0\n`).join('');
  return { ...modules, [`${prefixOf(round)}root@v1.0.0`]: module(`${prefixOf(round)}root`, requires, 0) };
}

function prefixOf(round: number): string {
  return `example.com/round${round}/`;
}

function rootOf(round: number): string {
  return `${prefixOf(round)}root@v1.0.0`;
}

/** A process that begins to capture when its gate is there. */
interface Child {
  readonly gate: string;
  readonly program: Program;
}

interface KillContext {
  readonly upstream: TestProxy;
  readonly round: number;
  readonly random: () => number;
}

/** Kills after some of the requests that the capture makes, and a few milliseconds more. */
async function killWhileCapturing(child: Child, { upstream, round, random }: KillContext): Promise<void> {
  // Each version is two requests, each zip one; some kills come when all are answered and the last are being published.
  const asked = Math.ceil(random() * (2 * (2 * dependencies + 1) + dependencies + 4));
  const more = random() * 20;
  await writeFile(child.gate, '');
  const over = new AbortController();
  const match = { module: `${prefixOf(round)}*` };
  const reached = upstream.requests.waitFor(match, { count: asked, timeout: 60_000, signal: over.signal });
  await Promise.race([reached, child.program.waitFor(/done/)]);
  reached.catch(() => {});
  over.abort();
  await sleep(more);
  await child.program.close();
}

async function captureHere(store: string, upstream: string, round: number) {
  return withRepository(store, upstream, async (repository) => {
    for await (const event of repository.capture(rootOf(round))) if (event.type === 'done') return event.report;
    throw new Error('a capture ended without a report');
  });
}

async function withRepository<T>(
  store: string,
  upstream: string,
  use: (repository: Repository) => Promise<T>,
): Promise<T> {
  const storage = directoryStorage(store);
  const repository = createRepository({ storage, source: upstreamSource(upstream), sumdb: 'off' });
  try {
    return await use(repository);
  } finally {
    await repository.close();
    await storage.close?.();
  }
}

/** An audit finds nothing, and the index names every version once. */
async function expectSound(repository: Repository, names: readonly string[]): Promise<void> {
  const audit = repository.audit();
  let step = await audit.next();
  for (; step.done !== true; step = await audit.next()) {
    if (step.value.type === 'finding') throw new Error(JSON.stringify(step.value));
  }
  expect(step.value).toMatchObject({ clean: true, versions: names.length });
  // What was cut off a moment ago is left to who may still be at it: entries of the last who was killed follow after some seconds.
  const indexed = await vi.waitFor(
    async () => {
      const entries = await indexOf(repository);
      if (entries.length < names.length)
        throw new Error(`${entries.length} of ${names.length} versions are in the index`);
      return entries;
    },
    { timeout: 30_000, interval: 500 },
  );
  expect(indexed.sort()).toEqual([...names].sort());
}

async function indexOf(repository: Repository): Promise<string[]> {
  const entries: IndexEntry[] = [];
  for (let cursor: string | undefined, more = true; more; ) {
    const page = await repository.index({ cursor, limit: 500 });
    entries.push(...page.entries);
    ({ cursor, more } = page);
  }
  return entries.map(({ path, version }) => `${path}@${version}`);
}
