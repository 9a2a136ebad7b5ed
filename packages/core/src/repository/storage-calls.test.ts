// What each question costs in storage calls: on an object store every one is a round trip and a line on the bill.

import { expect, it } from 'vitest';
import { memoryStorage } from '../storage/memory.ts';
import type { Storage } from '../storage/storage.ts';
import { backfilledKey } from './index-feed/entries.ts';
import type { Repository } from './repository.ts';
import { aroundStorage, put, settle, setUp } from './testdata/fixture.ts';

const path = 'example.com/m';
const version = 'v1.0.0';
const modules = { [path]: { versions: { [version]: {} }, queries: { main: { version } } } };

/** The calls that `ask` makes, in order, as `get .info`. */
async function callsOf(storage: Storage, ask: (repository: Repository) => Promise<unknown>): Promise<string[]> {
  const calls: string[] = [];
  // What the index does once per storage is not the question's: it has its own count (index-feed/cost.test.ts).
  await put(storage, backfilledKey, '{"v":1}');
  const counted = aroundStorage(storage, (method, key, call) => {
    // What is not of the module: its own test is below.
    if (key.startsWith('.gomodkit/')) return call();
    calls.push(`${method} ${key.slice(`${path}/@v/${version}`.length) || '*'}`);
    return call();
  });
  const { repository } = setUp(modules, { storage: counted });
  await ask(repository);
  // Asked again at once, memory answers.
  const first = [...calls];
  await ask(repository);
  expect(calls).toEqual(first);
  return first;
}

const info = (repository: Repository) => repository.info(path, version);
const goMod = (repository: Repository) => repository.goMod(path, version);
const zip = (repository: Repository) => repository.zip(path, version);
const list = (repository: Repository) => repository.versions(path);
const latest = (repository: Repository) => repository.latest(path);
const branch = (repository: Repository) => repository.info(path, 'main');

// The index must know that .info is absent after it has found its own end.
const publishInfo = ['head .info', 'create .mod', 'head .zip', 'create .info'];
const publishZip = ['create .ziphash', 'create .zip', 'head .zip'];

it.each([
  ['.info', info, ['get .info', ...publishInfo]],
  // .info and .mod are read at once: warm, that saves a round trip.
  ['.mod', goMod, ['get .info', 'get .mod', ...publishInfo]],
  ['.zip', zip, ['get .info', 'head .zip', ...publishInfo, ...publishZip]],
  ['list', list, ['list *']],
  ['@latest', latest, ['list *', 'get .info', ...publishInfo]],
])('cold %s', async (_, ask, calls) => {
  expect(await callsOf(memoryStorage(), ask)).toEqual(calls);
});

it.each([
  ['.info', info, ['get .info']],
  ['.mod', goMod, ['get .info', 'get .mod']],
  ['.zip', zip, ['get .info', 'head .zip']],
  ['list', list, ['list *']],
  ['@latest', latest, ['list *', 'get .info']],
  ['branch', branch, ['get .info']],
])('warm %s, after a restart', async (_, ask, calls) => {
  const storage = memoryStorage();
  await setUp(modules, { storage }).repository.zip(path, version);
  expect(await callsOf(storage, ask)).toEqual(calls);
});

it('the zip of a version whose .info and .mod are captured already', async () => {
  const storage = memoryStorage();
  await setUp(modules, { storage }).repository.info(path, version);
  expect(await callsOf(storage, zip)).toEqual(['get .info', 'head .zip', 'get .mod', ...publishZip]);
});

it('withdrawals: one read before the first answer, one each poll interval after it, behind the answer', async () => {
  const reads: string[] = [];
  const storage = aroundStorage(memoryStorage(), (method, key, call) => {
    if (key.startsWith('.gomodkit/withdrawals/')) reads.push(method);
    return call();
  });
  const { repository, clock } = setUp(modules, { storage });
  for (const ask of [info, goMod, zip, list, latest, branch]) await ask(repository);
  expect(reads).toEqual(['get']);
  for (let i = 0; i < 3; i++) {
    clock.advance(5_000);
    for (const ask of [info, goMod, zip]) await ask(repository);
    await settle();
  }
  expect(reads).toEqual(['get', 'get', 'get', 'get']);
});
