import { describe, expect, it } from 'vitest';
import { memoryStorage } from '../memory.ts';
import type { Storage } from '../storage.ts';
import { ConformanceError, clauses, describeStorage, storageConformance } from './index.ts';
import { wrongStorages } from './testdata/wrong-storages.ts';

async function brokenClauses(
  open: () => Storage,
  again?: (storage: Storage) => Storage,
): Promise<Record<string, string>> {
  const broken: Record<string, string> = {};
  // Small and few, to judge some thirty storages in seconds.
  const limits = { bigBytes: 1_100_000, racers: 6, keys: 40, patience: 50 };
  for (const { clause, name, skip, run } of storageConformance({ open, again, limits })) {
    if (skip !== undefined) continue;
    await run().catch((error: unknown) => {
      broken[error instanceof ConformanceError ? error.clause : clause] ??= `${name}: ${String(error)}`;
    });
  }
  return broken;
}

describe('the conformance suite', () => {
  it('finds nothing wrong with the reference', async () => {
    expect(await brokenClauses(() => memoryStorage())).toEqual({});
  });

  for (const [what, { breaks, make }] of Object.entries(wrongStorages)) {
    it(`names "${breaks}" alone for a storage that ${what}`, async () => {
      const broken = await brokenClauses(make);
      expect(Object.keys(broken), JSON.stringify(broken, undefined, 1)).toEqual([breaks]);
      expect(broken[breaks]).toContain(`clause "${breaks}"`);
    });
  }

  it('names "instances" for two storages over different data', async () => {
    const broken = await brokenClauses(
      () => memoryStorage(),
      () => memoryStorage(),
    );
    expect(Object.keys(broken)).toEqual(['instances']);
  });

  it('names "release" for a storage that holds handles for ever', async () => {
    let held = 0;
    const open = (): Storage => {
      const inner = memoryStorage();
      return {
        ...memoryMethods(inner),
        get: async (key, options) => {
          const object = await inner.get(key, options);
          if (object) held++;
          return object;
        },
      };
    };
    const broken = new Set<string>();
    const limits = { bigBytes: 1000, patience: 50 };
    for (const { clause, run } of storageConformance({ open, held: () => held, limits })) {
      if (clause === 'release') await run().catch((error: ConformanceError) => broken.add(error.clause));
    }
    expect([...broken]).toEqual(['release']);
  });

  it('has a wrong storage for every clause', () => {
    const covered = new Set<string>(Object.values(wrongStorages).map((item) => item.breaks));
    covered.add('instances');
    expect(Object.keys(clauses).filter((clause) => !covered.has(clause))).toEqual([]);
  });

  it('gives each case its own storage and releases it, also after a failure', async () => {
    let open = 0;
    const options = {
      open: () => {
        open++;
        return memoryStorage();
      },
      dispose: () => {
        open--;
      },
    };
    for (const { skip, run } of storageConformance(options)) if (skip === undefined) await run();
    expect(open).toBe(0);
  });

  it('declares skipped clauses with their reason', () => {
    const declared: string[] = [];
    const run = (name: string, body: () => unknown): void => {
      declared.push(name);
      if (name.startsWith('storage') || name in clauses) body();
    };
    const it = Object.assign((name: string) => declared.push(name), { skip: (name: string) => declared.push(name) });
    describeStorage('x', { open: () => memoryStorage(), skip: { race: 'no races here' } }, { describe: run, it });
    expect(declared).toContain('has one winner (skipped: no races here)');
    expect(declared).toContain('see each other’s objects at once (skipped: no second instance)');
    expect(declared).toContain('keeps the first bytes');
  });
});

function memoryMethods(inner: Storage): Storage {
  return {
    get: (key, options) => inner.get(key, options),
    head: (key, options) => inner.head(key, options),
    create: (key, source, options) => inner.create(key, source, options),
    list: (options) => inner.list(options),
  };
}
