// Four server processes on one storage, and nobody to coordinate them: all capture the same modules at once, some are killed at it, and still
// there is one set of bytes, an index with each version once, and withdrawals that hold everywhere.

import { setTimeout as sleep } from 'node:timers/promises';
import { createRepository, type Repository } from '@gomodkit/core';
import { startTestProxy, type TestProxy } from '@gomodkit/testing';
import { beforeAll, expect, it, onTestFailed, vi } from 'vitest';
import { type Backend, backends } from './support/backends.ts';
import { type BuiltProgram, buildProgram } from './support/built-program.ts';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import type { Modules } from './support/graph.ts';
import {
  type Follower,
  followIndex,
  type Instance,
  moduleOf,
  readIndex,
  startInstance,
  sumOfAnswer,
  targetsOf,
  timeOf,
} from './support/instances.ts';
import { inParallel } from './support/parallel.ts';
import { randomNumbers, testSeed } from './support/random.ts';
import { openPlace, type StoragePlace } from './support/storage-place.ts';

const full = process.env.GOMODKIT_TEST_SCALE === 'full';
const rounds = full ? 50 : 3;
const modulesPerGraph = 100;
const servers = 4;
const keep = closeAfterEach();
const keepForAll = closeAfterAll();
let built: BuiltProgram;

beforeAll(async () => {
  built = keepForAll(await buildProgram('instance'));
}, 120_000);

// The fakes differ in how they are spoken to, which the suite of storages tries: one of them is enough for every run.
for (const backend of backends.filter(({ name }) => full || name !== 'GCS, faked')) {
  const title = `${backend.name}: ${servers} servers that capture the same ${modulesPerGraph} modules at once store one set of bytes`;
  it.skipIf(!backend.installed)(title, { timeout: 300_000 }, async () => {
    const modules = graphOf(0);
    const { place, upstream, instances } = await serversOn(backend, modules);
    const followers = instances.map(({ url }) => followIndex(url));
    const reports = await Promise.all(instances.map((instance) => instance.capture(rootOf(0))));
    for (const report of reports) {
      expect(report.refused).toEqual([]);
      expect(report.new.versions + report.present.versions).toBe(modulesPerGraph);
      expect(report.new.zips + report.present.zips).toBe(modulesPerGraph);
    }
    const shares = reports.map((report) => report.new.zips);
    console.log(`${backend.name}: zips that each of the servers stored: ${shares.join(', ')}`);

    await expectOneSetOfBytes(instances, modules);
    await expectOneIndex(instances, followers, Object.keys(modules));
    await expectCleanAudit(place, upstream, modulesPerGraph);
    await expectWithdrawnEverywhere(instances, `${prefixOf(0)}m42@v1.0.0`);
  });
}

for (const backend of backends.filter(({ name, real }) => real || name === 'S3, faked')) {
  const title = `${backend.name}: ${rounds} × two of ${servers} servers killed while all capture the same modules leave nothing undone`;
  it.skipIf(!backend.installed)(title, { timeout: 300_000 + rounds * 20_000 }, async () => {
    const seed = testSeed();
    console.log(`${backend.name}: ${rounds} × kill -9 of two servers, GOMODKIT_TEST_SEED=${seed}`);
    const random = randomNumbers(seed);
    const graphs = Array.from({ length: rounds }, (_, round) => graphOf(round));
    const all: Modules = Object.assign({}, ...graphs);
    const { place, upstream, instances } = await serversOn(backend, all);

    let interrupted = 0;
    for (const [round, modules] of graphs.entries()) {
      upstream.requests.clear();
      const spares = [startInstance(built, place, upstream.url), startInstance(built, place, upstream.url)];
      const followers = instances.map(({ url }) => followIndex(url));
      const captures = instances.map((instance) => instance.capture(rootOf(round)));
      const outcomes = Promise.allSettled(captures);
      await killTwo(instances, { upstream, round, random, captures });
      for (const outcome of await outcomes) {
        if (outcome.status === 'rejected') interrupted++;
        else expect(outcome.value.refused).toEqual([]);
      }
      const survivors = instances.splice(0, 2);
      instances.splice(0, 2, ...survivors, ...(await Promise.all(spares)).map(keep));
      await expectOneSetOfBytes(instances, modules);
      await Promise.all(followers.map((follower) => follower.stop()));
      const lines = await readIndex(survivors[0]?.url ?? '', 2000);
      for (const follower of followers) expect(follower.lines).toEqual(lines.slice(0, follower.lines.length));
    }
    console.log(`${backend.name}: ${interrupted} of ${2 * rounds} kills interrupted a capture`);
    expect(interrupted, 'kills that interrupted something').toBeGreaterThan(rounds / 2);
    await expectOneIndex(instances, [], Object.keys(all));
    await expectCleanAudit(place, upstream, Object.keys(all).length);
  });
}

interface Setting {
  readonly place: StoragePlace;
  readonly upstream: TestProxy;
  readonly instances: Instance[];
}

async function serversOn(backend: Backend, modules: Modules): Promise<Setting> {
  const place = await keep(await backend.start()).place();
  const upstream = keep(await startTestProxy({ modules, faults: [{ latency: 3 }] }));
  const starting = Array.from({ length: servers }, () => startInstance(built, place, upstream.url));
  const instances = (await Promise.all(starting)).map(keep);
  onTestFailed(() => console.log(instances.map(({ url, stderr }) => `${url}\n${stderr}`).join('\n')));
  return { place, upstream, instances };
}

interface KillContext {
  readonly upstream: TestProxy;
  readonly round: number;
  readonly random: () => number;
  /** What the instances are at. */
  readonly captures: readonly Promise<unknown>[];
}

/** Kills the last two, each at a moment of its own: after some of the upstream's answers of this round, and a few milliseconds more. */
async function killTwo(
  instances: readonly Instance[],
  { upstream, round, random, captures }: KillContext,
): Promise<void> {
  // Whatever the others have stored already is not asked for again, so most captures need less than all of these.
  const requests = servers * 3 * modulesPerGraph;
  const moments = instances.slice(-2).map((instance, at) => ({ instance, over: captures.at(at - 2), after: random() }));
  await Promise.all(
    moments.map(async ({ instance, over, after }) => {
      const stop = new AbortController();
      // The test has a limit of its own: how long a round takes is the machine's business.
      const conditions = { count: Math.ceil(after * requests * 0.7), timeout: 1e9, signal: stop.signal };
      const reached = upstream.requests.waitFor({ module: `${prefixOf(round)}*` }, conditions);
      // One that is done sooner is killed then.
      await Promise.race([reached, over]);
      reached.catch(() => {});
      stop.abort();
      await sleep(random() * 20);
      await instance.close();
    }),
  );
}

/** Modules that need each other, one of them so large that object stores get it in parts. */
function graphOf(round: number): Modules {
  const name = (at: number): string => (at === 0 ? `${prefixOf(round)}root` : `${prefixOf(round)}m${at}`);
  const entries = Array.from({ length: modulesPerGraph }, (_, at) => {
    const needed = [2 * at + 1, 2 * at + 2].filter((each) => each < modulesPerGraph);
    const files = {
      'go.mod': `module ${name(at)}\n\ngo 1.16\n\n${needed.map((each) => `require ${name(each)} v1.0.0\n`).join('')}`,
      'm.go': 'package m\n',
      'data.bin': noise(at === 7 ? 9_000_000 : 3000 * (at % 5), round * 1000 + at),
    };
    return [`${name(at)}@v1.0.0`, { files }];
  });
  return Object.fromEntries(entries);
}

/** Bytes that do not compress. */
function noise(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let state = seed + 1;
  for (let at = 0; at < length; at++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    bytes[at] = state >>> 24;
  }
  return bytes;
}

function prefixOf(round: number): string {
  return `example.com/round${round}/`;
}

function rootOf(round: number): string {
  return `${prefixOf(round)}root@v1.0.0`;
}

/** Every server answers with the same bytes for every file, and they are the fixture's. */
async function expectOneSetOfBytes(instances: readonly Instance[], modules: Modules): Promise<void> {
  const targets = Object.keys(modules).flatMap(targetsOf);
  const sums = await Promise.all(
    instances.map(({ url }) => inParallel(targets, 8, (target) => sumOfAnswer(url + target))),
  );
  for (const other of sums) expect(other).toEqual(sums[0]);
}

/** Every version is in the index once, and all servers give it in one order, to whoever reads it and whoever followed it. */
async function expectOneIndex(
  instances: readonly Instance[],
  followers: readonly Follower[],
  names: readonly string[],
): Promise<void> {
  // What was cut off a moment ago is left to who may still be at it: entries of who was killed follow after some seconds.
  await vi.waitFor(
    async () => {
      for (const { url } of instances) expect((await readIndex(url, 2000)).length).toBeGreaterThanOrEqual(names.length);
    },
    { timeout: 60_000, interval: 500 },
  );
  const lines = await readIndex(instances[0]?.url ?? '', 2000);
  expect(lines.map(moduleOf).sort()).toEqual([...names].sort());
  const times = lines.map(timeOf);
  expect(times, 'times ascend').toEqual([...new Set(times)].sort());
  const pages = await Promise.all(instances.map(({ url }) => readIndex(url, 7)));
  for (const page of pages) expect(page).toEqual(lines);
  await vi.waitFor(() => {
    for (const follower of followers) expect(follower.lines).toEqual(lines);
  });
  await Promise.all(followers.map((follower) => follower.stop()));
}

async function expectCleanAudit(place: StoragePlace, upstream: TestProxy, versions: number): Promise<void> {
  const storage = await openPlace(place);
  const repository = createRepository({ storage, sumdb: 'off' });
  try {
    expect(await auditOf(repository)).toMatchObject({ clean: true, versions });
  } finally {
    await repository.close();
    // What the killed left unfinished is nobody's.
    await storage.sweep?.({ olderThan: new Date(Date.now() + 60_000) });
    await storage.close?.();
  }
  expect(upstream.requests.length).toBeGreaterThan(0);
}

async function auditOf(repository: Repository): Promise<unknown> {
  const audit = repository.audit();
  let step = await audit.next();
  for (; step.done !== true; step = await audit.next()) {
    if (step.value.type === 'finding') throw new Error(JSON.stringify(step.value));
  }
  return step.value;
}

/** What one server withdraws the others refuse soon, and never serve again. */
async function expectWithdrawnEverywhere(instances: readonly Instance[], name: string): Promise<void> {
  const [, target = ''] = targetsOf(name).map((each) => each.replace(/mod$/, 'zip'));
  const [first] = instances;
  await first?.withdraw(name);
  const since = Date.now();
  const refusedAfter = instances.map(() => 0);
  await vi.waitFor(
    async () => {
      const statuses = await Promise.all(instances.map(async ({ url }) => (await fetch(url + target)).status));
      expect(statuses[0], 'the one that withdrew it').toBe(403);
      for (const [at, status] of statuses.entries()) {
        if (status === 403) refusedAfter[at] ||= Date.now() - since;
        else expect({ status, refused: refusedAfter[at] }, 'one that refused it').toEqual({ status: 200, refused: 0 });
      }
      expect(statuses).toEqual(instances.map(() => 403));
    },
    { timeout: 30_000, interval: 250 },
  );
  console.log(`withdrawn everywhere after ${Math.max(...refusedAfter)} ms`);
}
