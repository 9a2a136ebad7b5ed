// Four processes want the same 300 keys, each with bytes of its own: each key has one winner, and no reader sees anything but nothing or
// the whole object of one of them.

import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource, memoryStorage, type Storage } from '@gomodkit/core';
import { tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { backends } from './support/backends.ts';
import { type BuiltProgram, buildProgram } from './support/built-program.ts';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { inParallel } from './support/parallel.ts';
import { startBuilt } from './support/program.ts';
import { raceContent, raceKey, raceKeys, raceWinner } from './support/race-content.ts';
import { formatPlace, openPlace } from './support/storage-place.ts';

const writers = [0, 1, 2, 3];
const indexes = Array.from({ length: raceKeys }, (_, index) => index);
const keep = closeAfterEach();
const keepForAll = closeAfterAll();
let built: BuiltProgram;

beforeAll(async () => {
  built = keepForAll(await buildProgram('race-child'));
}, 120_000);

for (const { name, installed, start: startBackend } of backends) {
  it.skipIf(!installed)(`${name}: each of ${raceKeys} keys has one winner`, { timeout: 120_000 }, async () => {
    const place = await keep(await startBackend()).place();
    const gate = join(keep(await tempDirectory()).path, 'gate');
    const children = writers.map((writer) =>
      keep(startBuilt(built.script, [gate, String(writer), formatPlace(place)])),
    );
    await Promise.all(children.map((child) => child.waitFor(/^ready$/m)));

    const storage = await openPlace(place);
    const reader = readUntilStopped(storage);
    await writeFile(`${gate}.new`, String(Date.now() + 100));
    await rename(`${gate}.new`, gate);
    const won = await Promise.all(
      children.map(async (child) => {
        const [, list = ''] = await child.waitFor(/^won (.*)$/m);
        return list.split(' ').filter(Boolean).map(Number);
      }),
    );
    await reader.stop();
    await expectOneWinnerEach(storage, won);
    expect(reader.seen, 'objects that were read while the race went on').toBeGreaterThan(0);
    console.log(
      `${name}: ${won.map(({ length }) => length).join(' + ')} of ${raceKeys} keys, ${reader.seen} reads beside`,
    );
    await storage.close?.();
  });
}

it(`memory: each of ${raceKeys} keys has one winner among the callers of one process`, async () => {
  const storage = memoryStorage();
  const reader = readUntilStopped(storage);
  const won = await Promise.all(
    writers.map(async (writer) => {
      const results = await inParallel(indexes, 16, async (index) => {
        const { created } = await storage.create(raceKey(index), bytesSource(raceContent(writer, index)));
        return created;
      });
      return indexes.filter((index) => results[index]);
    }),
  );
  await reader.stop();
  await expectOneWinnerEach(storage, won);
});

describe('the judgement of this test', () => {
  it('finds an object torn that lacks its end, is of two writers, or is under another key', () => {
    const whole = raceContent(2, 5);
    expect(raceWinner(5, whole)).toBe(2);
    const mixed = Uint8Array.from([...whole.subarray(0, 100), ...raceContent(1, 5).subarray(100)]);
    for (const torn of [whole.subarray(0, -1), mixed, raceContent(2, 6), new Uint8Array(0)]) {
      expect(() => raceWinner(5, torn)).toThrow(/is torn/);
    }
  });
});

/** Whom a storage says to have won is who is there, and nobody won twice. */
async function expectOneWinnerEach(storage: Storage, won: readonly (readonly number[])[]): Promise<void> {
  expect(won.flat().sort((a, b) => a - b)).toEqual(indexes);
  const winners = await inParallel(indexes, 16, (index) => winnerIn(storage, index));
  for (const writer of writers) expect(indexes.filter((index) => winners[index] === writer)).toEqual(won[writer]);
}

/** Whose object is there, undefined while nobody's is. */
async function winnerIn(storage: Storage, index: number): Promise<number | undefined> {
  const object = await storage.get(raceKey(index));
  if (object === undefined) return undefined;
  const content = new Uint8Array(await new Response(object.body).arrayBuffer());
  expect(content.length, `the size of ${raceKey(index)}`).toBe(object.size);
  return raceWinner(index, content);
}

interface Reader {
  /** How many objects it has read, all of them whole. */
  readonly seen: number;
  /** Rejects with what it found torn. */
  stop(): Promise<void>;
}

/** Reads objects over and over, and lists them: what a list names is there. */
function readUntilStopped(storage: Storage): Reader {
  let seen = 0;
  let stopped = false;
  const winners = new Map<number, number>();
  const read = async (lane: number): Promise<void> => {
    for (let index = lane; !stopped; index = (index + 3) % raceKeys) {
      const winner = await winnerIn(storage, index);
      if (winner === undefined) continue;
      seen++;
      expect(winners.get(index) ?? winner, `the winner of ${raceKey(index)} at another look`).toBe(winner);
      winners.set(index, winner);
    }
  };
  const list = async (): Promise<void> => {
    while (!stopped) {
      const { objects } = await storage.list({ prefix: 'example.com/', limit: 1000 });
      const named = objects.at(Math.floor(objects.length / 2));
      if (named !== undefined) expect(await storage.head(named.key)).toMatchObject({ size: named.size });
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  };
  const work = Promise.all([read(0), read(1), read(2), list()]);
  work.catch(() => {});
  return {
    get seen() {
      return seen;
    },
    async stop() {
      stopped = true;
      await work;
    },
  };
}
