// Several instances of one witness, and storage and signers that fail.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { formatAddCheckpoint } from './add-checkpoint.ts';
import type { GrowingLog } from './testdata/growing-log.ts';
import { cosigner, fork, log, methodsOf, noProof, setup, verified } from './testdata/witness-setup.ts';
import { createWitness } from './witness.ts';
import { createWitnessHandler } from './witness-handler.ts';

describe('races and crashes', () => {
  it('never cosign two trees of one size, nor a smaller one after a larger one', async () => {
    const storage = memoryStorage();
    const sides = [setup(storage), setup(storage), setup(storage)];
    const roots = new Map<number, Set<string>>();
    const rootOf = async (from: GrowingLog, size: number): Promise<string> =>
      (await from.checkpoint(size)).split('\n')[2] ?? '';
    for (let round = 0; round < 10; round++) {
      const latest = Math.max(0, ...roots.keys());
      // The log and its fork, several sizes, all after the same one, through all instances at once.
      const asked = sides.flatMap((side) =>
        [log, fork].flatMap((from) =>
          [1, 2].map(async (step) => {
            const size = latest + step;
            const { status, text } = await side.add(latest, size, from);
            expect([200, 409, 422]).toContain(status);
            if (status !== 200) return [];
            expect(await verified(await from.checkpoint(size), text)).toHaveLength(1);
            return [{ size, root: await rootOf(from, size) }];
          }),
        ),
      );
      const cosigned = (await Promise.all(asked)).flat();
      expect(cosigned.length).toBeGreaterThan(0);
      for (const { size, root } of cosigned) roots.set(size, (roots.get(size) ?? new Set()).add(root));
    }
    // Whichever came first is the log, for ever.
    const [first] = [...roots.keys()];
    const winner = roots.get(first ?? 0)?.has(await rootOf(log, first ?? 0)) ? log : fork;
    for (const [size, each] of roots) expect([...each]).toEqual([await rootOf(winner, size)]);
    const { objects } = await storage.list({ prefix: '.gomodkit/witness/' });
    expect(objects.filter(({ key }) => key.includes('/checkpoints/')).length).toBe(roots.size);
  });

  it('answer nothing that is not kept: every create that fails is a 503, and what was kept holds', async () => {
    const inner = memoryStorage();
    let plan: 'works' | 'lost' | 'kept' = 'works';
    const storage: Storage = {
      ...methodsOf(inner),
      create: async (key, source, options) => {
        if (plan === 'lost') throw new GoModKitError('storage_unavailable', 'down', { data: { transient: false } });
        const result = await inner.create(key, source, options);
        if (plan === 'kept') throw new GoModKitError('storage_unavailable', 'cut', { data: { transient: false } });
        return result;
      },
    };
    const errors: unknown[] = [];
    const witness = createWitness({
      storage,
      signers: [cosigner],
      logs: [{ origin: 'log.example', keys: [log.verifierKey] }],
    });
    const handle = createWitnessHandler({ witness, onError: (error) => errors.push(error) });
    const add = async (oldSize: number, size: number, from = log): Promise<number> => {
      const proof = oldSize === 0 ? noProof : await from.prove(BigInt(oldSize), BigInt(size), {});
      const body = formatAddCheckpoint({ oldSize: BigInt(oldSize), proof, checkpoint: await from.checkpoint(size) });
      return (await handle({ method: 'POST', url: '/add-checkpoint', body: new TextEncoder().encode(body) })).status;
    };
    plan = 'lost';
    expect(await add(0, 5)).toBe(503);
    // Nothing was kept, so another tree may still be the first.
    plan = 'kept';
    expect(await add(0, 5)).toBe(503);
    plan = 'works';
    // It was kept though the answer was lost: a fork of that size is refused for ever, the same tree is not.
    expect(await add(0, 5, fork)).toBe(409);
    expect(await add(5, 6)).toBe(200);
    expect(errors).toHaveLength(2);
  });

  it('of a signer that fails leave everything as it was', async () => {
    const broken = { ...cosigner, sign: () => Promise.reject(new Error('KMS is away: secret detail')) };
    const { storage, add } = setup(memoryStorage(), { signers: [broken] });
    const { status, text } = await add(0, 5);
    expect([status, text]).toEqual([503, expect.not.stringContaining('secret')]);
    expect((await setup(storage).add(0, 6)).status).toBe(200);
  });
});
