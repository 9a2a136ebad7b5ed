// kill -9 while a graph is downloaded through the server (protocol-cases row 54): after every kill whatever is visible is whole, and the
// next start on the same directory completes the rest.
//
// Each round downloads a graph of its own, so that there is always something cold to be interrupted; the start of one round is
// the restart of the one before.

import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { dirhash } from '@gomodkit/core';
import { findGo, startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { goWith } from './support/go.ts';
import type { Modules } from './support/graph.ts';
import { type ServerProgram, serve } from './support/program.ts';
import { randomNumbers, testSeed } from './support/random.ts';
import { checkStore, fixtureHash } from './support/store.ts';

const kills = process.env.GOMODKIT_TEST_SCALE === 'full' ? 200 : 20;
const modulesPerRound = 10;
const hasGo = (await findGo()) !== undefined;
const keep = closeAfterEach();

it(`${kills} kills leave nothing half-written`, { timeout: 60_000 + kills * 10_000 }, async () => {
  const seed = testSeed();
  console.log(
    `kill -9: ${kills} points, GOMODKIT_TEST_SEED=${seed}, downloads by ${hasGo ? 'go' : 'fetch (no go command)'}`,
  );
  const random = randomNumbers(seed);
  const rounds = Array.from({ length: kills }, (_, round) => graphOf(round));
  const all: Modules = Object.assign({}, ...rounds);
  const upstream = keep(await startTestProxy({ modules: all, faults: [{ latency: 3 }] }));
  const store = keep(await tempDirectory()).path;
  const start = async (): Promise<ServerProgram> => keep(await serve(['--storage', store, '--upstream', upstream.url]));

  let interrupted = 0;
  for (const [round, modules] of rounds.entries()) {
    const server = await start();
    const before = rounds[round - 1];
    if (before !== undefined) await expectComplete(server.url, before);
    await killWhileDownloading(server, modules, { upstream, round, random });
    const { zips } = await checkStore(store, all, prefixOf(round));
    if (zips < modulesPerRound) interrupted++;
  }
  console.log(`kill -9: ${interrupted} of ${kills} interrupted a download`);
  expect(interrupted, 'kills that interrupted something').toBeGreaterThan(kills / 3);

  const server = await start();
  await expectComplete(server.url, rounds[kills - 1] ?? {});
  expect(await checkStore(store, all)).toEqual({ versions: kills * modulesPerRound, zips: kills * modulesPerRound });
  if (hasGo) for (const goproxy of [server.url, pathToFileURL(store).href]) await expectVerified(goproxy, all);
});

/** Modules that need each other in a chain, some with upper-case paths, each with files of some size. */
function graphOf(round: number): Modules {
  const name = (index: number): string => `${prefixOf(round)}${index % 2 === 0 ? 'm' : 'Upper'}${index}`;
  const entries = Array.from({ length: modulesPerRound }, (_, index) => {
    const next = index + 1 < modulesPerRound ? `\nrequire ${name(index + 1)} v1.0.0\n` : '';
    const files = {
      'go.mod': `module ${name(index)}\n\ngo 1.21\n${next}`,
      'm.go': 'package m\n',
      'data.bin': new Uint8Array(20_000 * (index % 4)).map((_, at) => (at * (index + 3)) >> 2),
    };
    return [`${name(index)}@v1.0.0`, { files }];
  });
  return Object.fromEntries(entries);
}

function prefixOf(round: number): string {
  return `example.com/round${round}/`;
}

interface KillContext {
  readonly upstream: TestProxy;
  readonly round: number;
  readonly random: () => number;
}

/** Kills after some of the requests that the upstream gets in this round, and a few milliseconds more. */
async function killWhileDownloading(server: ServerProgram, modules: Modules, context: KillContext): Promise<void> {
  const { upstream, round, random } = context;
  // Each module is three requests; some kills come when all are answered and the last are being published, or are.
  const asked = Math.ceil(random() * (modulesPerRound * 3 + 4));
  const more = random() * 20;
  const download = hasGo ? downloadWithGo(server.url, modules) : downloadWithFetch(server.url, modules);
  const over = new AbortController();
  const conditions = { module: `${prefixOf(round)}*` };
  const reached = upstream.requests.waitFor(conditions, { count: asked, timeout: 60_000, signal: over.signal });
  // A download that is over sooner is killed then: between requests is a point like any other.
  await Promise.race([reached, download]);
  reached.catch(() => {});
  over.abort();
  await sleep(more);
  server.kill('SIGKILL');
  await server.exited;
  await download;
}

/** Ends with the server, whatever it had got by then. */
async function downloadWithGo(goproxy: string, modules: Modules): Promise<void> {
  const go = await goWith(goproxy, { 'go.mod': projectOf(modules) });
  try {
    await go.attempt('mod', 'download');
  } finally {
    await go.close();
  }
}

async function downloadWithFetch(url: string, modules: Modules): Promise<void> {
  await Promise.allSettled(targetsOf(modules).map(async (target) => (await fetch(url + target)).arrayBuffer()));
}

function projectOf(modules: Modules): string {
  const lines = Object.keys(modules).map((name) => `require ${name.replace('@', ' ')}\n`);
  return `module example.com/project\n\ngo 1.21\n\n${lines.join('')}`;
}

function targetsOf(modules: Modules): readonly string[] {
  return Object.keys(modules).flatMap((name) => {
    const base = `/${name.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`).replace('@', '/@v/')}`;
    return ['info', 'mod', 'zip'].map((kind) => `${base}.${kind}`);
  });
}

/** Every file of every module can be had, and is the fixture's. */
async function expectComplete(url: string, modules: Modules): Promise<void> {
  await Promise.all(
    Object.entries(modules).map(async ([name, { files }]) => {
      const [path = '', version = ''] = name.split('@');
      const [info, mod, zip] = await Promise.all(
        targetsOf({ [name]: { files } }).map(async (target) => {
          const response = await fetch(url + target);
          expect(response.status, target).toBe(200);
          return response.blob();
        }),
      );
      expect(JSON.parse((await info?.text()) ?? '')).toMatchObject({ Version: version });
      expect(await mod?.text()).toBe(files['go.mod']);
      expect(await dirhash.hashZip(zip ?? new Blob([]))).toBe(await fixtureHash(modules, path, version));
    }),
  );
}

async function expectVerified(goproxy: string, modules: Modules): Promise<void> {
  const go = await goWith(goproxy, { 'go.mod': projectOf(modules) });
  try {
    await go.run('mod', 'download');
    expect((await go.run('mod', 'verify')).stdout).toBe('all modules verified\n');
  } finally {
    await go.close();
  }
}
