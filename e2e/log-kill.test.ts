// kill -9 while several processes append to one checksum database: nothing that was acknowledged is lost, and all signed heads are of
// one chain.

import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { isGoModKitError } from '@gomodkit/core/errors';
import type { Storage } from '@gomodkit/core/storage';
import { createSumdbClient } from '@gomodkit/core/sumdb';
import { directoryStorage } from '@gomodkit/storage-fs';
import { tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { logKeys, openLog, recordAt } from './support/log.ts';
import { type Program, start } from './support/program.ts';
import { randomNumbers, testSeed } from './support/random.ts';

const full = process.env.GOMODKIT_TEST_SCALE === 'full';
const records = full ? 10_000 : 500;
const killsOfEach = full ? 40 : 4;
const writers = 4;
/** Records that two writers append both. */
const shared = 20;

const keep = closeAfterEach();

it(`${writers} processes append ${records} records while being killed`, {
  timeout: full ? 3_600_000 : 240_000,
}, async () => {
  const seed = testSeed();
  const random = randomNumbers(seed);
  const directory = keep(await tempDirectory()).path;
  const acknowledged = new Map<number, number>();
  let kills = 0;

  const note = (index: number, number: number): void => {
    expect(acknowledged.get(index) ?? number, `record ${index} has one number`).toBe(number);
    acknowledged.set(index, number);
  };
  const runWriter = async (own: readonly number[]): Promise<void> => {
    for (let killsLeft = killsOfEach; ; ) {
      const left = own.filter((index) => !acknowledged.has(index));
      const script = fileURLToPath(new URL('./support/log-writer.ts', import.meta.url));
      const writer = keep(start(script, [directory, ...left.map(String)]));
      if (killsLeft > 0) await killSomewhere(writer, Math.ceil(left.length / (killsLeft + 1)), random);
      const { code, signal } = await writer.exited;
      // A killed process may have cut its last line.
      for (const [, index, number] of writer.stdout.matchAll(/^ack (\d+) (\d+)\n/gm))
        note(Number(index), Number(number));
      if (signal === 'SIGKILL') {
        kills++;
        killsLeft--;
        continue;
      }
      expect([code, writer.stderr]).toEqual([0, '']);
      return;
    }
  };
  const share = Math.ceil(records / writers);
  await Promise.all(
    Array.from({ length: writers }, (_, i) => {
      const end = Math.min((i + 1) * share + shared, records);
      return runWriter(Array.from({ length: end - i * share }, (_, at) => i * share + at));
    }),
  );

  const storage = directoryStorage(directory);
  const heads = await checkLog(storage, acknowledged);
  console.log(
    `log: ${writers} processes, ${kills} kills, GOMODKIT_TEST_SEED=${seed}: ${acknowledged.size} of ${records} records ` +
      `acknowledged and found, ${heads} heads in one chain`,
  );
  expect(acknowledged.size).toBe(records);
  expect(kills).toBeGreaterThan(writers);
});

/** Kills after some acknowledgements and a few milliseconds, unless it ends before. */
async function killSomewhere(writer: Program, most: number, random: () => number): Promise<void> {
  const lines = Math.ceil(random() * most);
  const reached = writer.waitFor(new RegExp(`(?:ack .*\\n){${lines}}`));
  await Promise.race([reached, writer.exited]);
  reached.catch(() => {});
  await sleep(random() * 15);
  writer.kill('SIGKILL');
}

/** Every acknowledged record has its number, no other is there, and every stored head is of the same log. Resolves to how many heads. */
async function checkLog(storage: Storage, acknowledged: ReadonlyMap<number, number>): Promise<number> {
  const database = await openLog(storage);
  const client = createSumdbClient({
    key: logKeys.verifierKey,
    remote: (path, options) => database.sumdb(database.name, path, options),
  });
  const { size } = await database.head();
  expect(Number(size), 'records').toBe(acknowledged.size);
  expect(new Set(acknowledged.values()).size, 'numbers').toBe(acknowledged.size);
  for (const [index, number] of acknowledged) {
    const { path, version, sums } = recordAt(index);
    const record = await client.lookup(path, version);
    expect([record.number, record.sums]).toEqual([BigInt(number), sums]);
  }
  let heads = 0;
  const prefix = '.gomodkit/logs/sum.example%2fe2e/heads/';
  for (let after: string | undefined; ; ) {
    const page = await storage.list({ prefix, after });
    for (const { key } of page.objects) {
      const object = await storage.get(key);
      const { notes } = (await new Response(object?.body).json()) as { notes: { tree: string } };
      // Compares it with the newest tree.
      await client.merge(notes.tree).catch((error: unknown) => {
        throw isGoModKitError(error) ? new Error(`${key}: ${error.message}`, { cause: error }) : error;
      });
      heads++;
    }
    after = page.objects.at(-1)?.key;
    if (!page.more) return heads;
  }
}
