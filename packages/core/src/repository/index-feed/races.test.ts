// Several instances on one storage, with faults, lost answers and delays: the model is the set of what is stored.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { aroundStorage, fakeClock, settle, setUp, withoutDelete } from '../testdata/fixture.ts';
import { allEntries, expectAscending, expectExact, labels, modulesOf, namesOf, rawEntries } from './testdata/feed.ts';

const runs = process.env.GOMODKIT_TEST_SCALE === 'full' ? 500 : 25;
const modules = modulesOf(8, ['v1.0.0', 'v1.1.0']);
const names = namesOf(modules);

/** A storage whose calls fail, before or after they took effect, or take their time, as `choose` says. */
function unreliable(storage: Storage, choose: () => number): Storage {
  return aroundStorage(storage, async (method, _key, call) => {
    const fate = choose();
    await settle(fate % 3);
    // An unreliable create that took effect is the lost answer of an object store.
    if (fate % 16 === 7) await (method === 'create' || method === 'delete' ? call() : undefined);
    if (fate % 16 === 7 || fate % 16 === 8) {
      throw new GoModKitError('storage_unavailable', 'a fault', { data: { transient: true } });
    }
    return call();
  });
}

/** Numbers from a seed. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 16;
  };
}

describe.each([
  ['a storage that deletes', (storage: Storage) => storage],
  ['a storage that cannot', withoutDelete],
])('four instances on %s', (_, kind) => {
  it('enter every version once, whatever fails', { timeout: 20_000 + runs * 2000 }, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(0xffffffff), fc.shuffledSubarray(names, { minLength: 4 }), async (seed, wanted) => {
        const clock = fakeClock();
        const storage = kind(memoryStorage({ now: () => new Date(clock.now()) }));
        const random = numbers(seed);
        const instances = Array.from({ length: 4 }, () =>
          setUp(modules, { storage: kind(unreliable(storage, random)) }, { clock }),
        );
        await Promise.all(
          instances.map(async ({ repository }, i) => {
            const own = i % 2 === 0 ? wanted : [...wanted].reverse();
            for (const name of own) {
              const [path = '', version = ''] = name.split('@');
              await repository.info(path, version).catch(() => {});
              if (random() % 4 === 0) await repository.index().catch(() => {});
              if (random() % 8 === 0) clock.advance(20_000 - (random() % 30_000));
            }
          }),
        );
        // Half of them end as they should, the others are forgotten where they are.
        await Promise.all(instances.slice(0, 2).map(({ repository }) => repository.close()));
        await settle(200);
        clock.advance(600_000);
        const last = setUp({}, { storage }, { clock });
        const entries = await allEntries(last.repository);
        await expectExact(storage);
        expect(labels(entries)).toEqual(await rawEntries(storage));
        expectAscending(entries);
        await Promise.all([...instances, last].map(({ repository }) => repository.close()));
        await expectExact(storage);
      }),
      { numRuns: runs },
    );
  });
});

describe('two publications of one version in one process', () => {
  it('are one entry', async () => {
    const { repository, storage } = setUp(modules);
    await Promise.all(
      names.flatMap((name) => {
        const [path = '', version = ''] = name.split('@');
        return [repository.info(path, version), repository.zip(path, version), repository.goMod(path, version)];
      }),
    );
    await repository.close();
    await expectExact(storage);
  });
});
