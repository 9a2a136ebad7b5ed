// What the index costs in storage calls: on an object store every one is a round trip and a line on the bill.

import { expect, it } from 'vitest';
import { memoryStorage } from '../../storage/memory.ts';
import { aroundStorage, put, settle, setUp } from '../testdata/fixture.ts';
import { backfilledKey } from './entries.ts';
import { modulesOf, namesOf, publish } from './testdata/feed.ts';

/** A repository that has published once, and the calls for the index since. */
async function counting(modules: Parameters<typeof setUp>[0], turns: number) {
  const calls: string[] = [];
  const storage = aroundStorage(memoryStorage(), async (method, key, call) => {
    if (key === '' || key.startsWith('.gomodkit/index')) calls.push(`${method} ${key.split('/')[1] ?? ''}`);
    // Like a storage at some distance.
    await settle(turns);
    return call();
  });
  await put(storage, backfilledKey, '{"v":1}');
  const { repository } = setUp(modules, { storage });
  await publish(repository, ['example.com/m0@v1.0.0']);
  await repository.index();
  const first = calls.splice(0);
  return { repository, calls, first };
}

const modules = modulesOf(201);
const rest = namesOf(modules).slice(1);

it('one at a time: a note, a batch, and the note taken away', async () => {
  const { repository, calls } = await counting(modules, 0);
  for (const name of rest.slice(0, 3)) await publish(repository, [name]);
  expect(calls).toEqual(
    rest.slice(0, 3).flatMap(() => ['create index-pending', 'create index', 'delete index-pending']),
  );
});

it('eight at a time: less than one call and a half for each', async () => {
  const { repository, calls } = await counting(modules, 3);
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let name = rest[next++]; name !== undefined; name = rest[next++]) {
      const [path = '', version = ''] = name.split('@');
      await repository.info(path, version);
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  await repository.close();
  expect(calls.length / rest.length).toBeLessThan(1.5);
});

it('warm: nothing', async () => {
  const { repository, calls } = await counting(modules, 0);
  await repository.info('example.com/m0', 'v1.0.0');
  await repository.goMod('example.com/m0', 'v1.0.0');
  expect(calls).toEqual([]);
});

it('the first publication of a process: where the series ends, and what others left', async () => {
  const { first } = await counting(modules, 0);
  expect(first.filter((call) => call.startsWith('create') || call.startsWith('delete'))).toEqual([
    'create index-backfill',
    'create index-pending',
    'create index',
    'delete index-pending',
  ]);
  expect(first.length).toBeLessThan(16);
});
