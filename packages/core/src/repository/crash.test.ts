// Row 54: killed between any two steps.

import { describe, expect, it } from 'vitest';
import { readAll } from '../bytes/source.ts';
import { memoryStorage } from '../storage/memory.ts';
import type { Storage } from '../storage/storage.ts';
import { verifyZip } from '../zip/index.ts';
import { aroundStorage, fakeClock, settle, setUp, time } from './testdata/fixture.ts';

const path = 'example.com/m';
const version = 'v1.0.0';
const modules = (commit: string, go: string) => ({
  [path]: {
    versions: {
      [version]: {
        info: { version, time, origin: { Hash: commit.repeat(40) } },
        goMod: `module ${path}\n\ngo ${go}\n`,
      },
    },
  },
});

/** A storage that works `calls` times and then never again: the process is dead. `late`: the last call takes effect unanswered. */
function mortal(storage: Storage, calls: number, late: boolean): Storage {
  let left = calls;
  return aroundStorage(storage, async (_method, _key, call) => {
    left--;
    if (left > 0) return call();
    if (left === 0 && late) await call();
    throw Object.assign(new Error('dead'), { dead: true });
  });
}

/** Everything that storage serves is whole. Says how much is there. */
async function inspect(storage: Storage): Promise<string> {
  const { repository } = setUp({}, { storage, offline: true });
  const found: string[] = [];
  const look = async (name: string, work: () => Promise<void>): Promise<void> => {
    try {
      await work();
      found.push(name);
    } catch (error) {
      expect(error).toMatchObject({ code: 'offline' });
    }
  };
  await look('info', async () => expect((await repository.info(path, version)).info.version).toBe(version));
  let goMod = new Uint8Array();
  await look('mod', async () => {
    goMod = Uint8Array.from((await repository.goMod(path, version)).bytes);
  });
  await look('zip', async () => {
    const bytes = await readAll((await (await repository.zip(path, version)).open()).body);
    const verified = await verifyZip({ path, version }, new Blob([Uint8Array.from(bytes)]));
    expect(verified.goMod).toEqual(goMod);
  });
  return found.join(' ');
}

describe.each([
  ['before the step', false],
  ['after the step', true],
])('row 54: killed %s', (_, late) => {
  it.each(['info', 'goMod', 'zip'] as const)('in every step of a cold %s', async (method) => {
    const states = new Set<string>();
    let survived = false;
    for (let calls = 1; !survived; calls++) {
      const clock = fakeClock();
      const storage = memoryStorage({ now: () => new Date(clock.now()) });
      const first = setUp(modules('a', '1.20'), { storage: mortal(storage, calls, late) }, { clock });
      survived = await first.repository[method](path, version).then(
        () => true,
        () => false,
      );
      states.add(await inspect(storage));
      // Some restarts come after the grace period.
      if (calls % 2 === 0) clock.advance(16 * 60_000);
      const next = setUp(modules('a', '1.20'), { storage }, { clock });
      await next.repository.zip(path, version);
      expect(await inspect(storage)).toBe('info mod zip');
      expect(next.source.openBodies + first.source.openBodies).toBe(0);
      expect(calls).toBeLessThan(40);
    }
    expect(states).toContain('');
    expect(states).toContain(method === 'zip' ? 'info mod zip' : 'info mod');
    await settle();
  });

  it('and the tag was moved meanwhile: one capture or the other, never a mixture', async () => {
    let survived = false;
    for (let calls = 1; !survived; calls++) {
      const clock = fakeClock();
      const storage = memoryStorage({ now: () => new Date(clock.now()) });
      const first = setUp(modules('a', '1.20'), { storage: mortal(storage, calls, late) }, { clock });
      survived = await first.repository.zip(path, version).then(
        () => true,
        () => false,
      );
      clock.advance(16 * 60_000);
      const next = setUp(modules('b', '1.21'), { storage }, { clock });
      const zip = await next.repository.zip(path, version).catch((error: unknown) => error);
      const { info } = await next.repository.info(path, version);
      const goMod = new TextDecoder().decode((await next.repository.goMod(path, version)).bytes);
      expect(goMod).toContain(info.origin?.Hash?.startsWith('a') ? '1.20' : '1.21');
      // A version that was committed before the tag moved has lost its zip: refused, not mixed.
      if (zip instanceof Error) expect(['conflict', 'invalid_zip']).toContain((zip as Error & { code: string }).code);
      await inspect(storage);
    }
  });
});
