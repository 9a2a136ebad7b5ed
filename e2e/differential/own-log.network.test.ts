// A checksum database of our own, read by the client of golang.org/x/mod over HTTP: it believes every record at every size, and makes
// the same proofs of its tiles as core does.

import { createHandler, createRepository, type SumdbSource } from '@gomodkit/core';
import { memoryStorage } from '@gomodkit/core/storage';
import { createSumdbClient, note, type SignedTree, tlog } from '@gomodkit/core/sumdb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { logKeys, openLog, recordAt } from '../support/log.ts';
import { type ServedHandler, serveHandler } from '../support/serve-handler.ts';
import { scale } from './agreement.ts';
import { goIsPresent, type Oracle, startOracle } from './go-oracle.ts';

const name = 'sum.example/e2e';
const sizes = 50;
const total = 10_240;

describe.skipIf(!goIsPresent)(`a log of ${total} records in ${sizes} sizes, compared with Go`, () => {
  let oracle: Oracle;
  let server: ServedHandler;
  let url: string;
  const storage = memoryStorage();
  const heads: SignedTree[] = [];
  const ends = Array.from({ length: sizes }, (_, i) => Math.round((total * (i + 1) ** 2) / sizes ** 2));

  beforeAll(async () => {
    const database = await openLog(storage);
    oracle = await startOracle();
    const repository = createRepository({ storage, sumdb: 'off' });
    server = await serveHandler(createHandler({ repository, sumdb: database as SumdbSource }));
    url = `${server.url}/sumdb/${name}`;
  });
  afterAll(async () => {
    await server?.close();
    await oracle?.close();
  });

  it('its client believes records of every size, old and new, and follows each tree to the next', async () => {
    for (let i = 0; i < sizes; i++) {
      const [start = 0, end = 0] = [ends[i - 1] ?? 0, ends[i]];
      // Another instance each time: the one that serves has to find out.
      const writer = await openLog(storage);
      await writer.add(Array.from({ length: end - start }, (_, at) => recordAt(start + at)));
      heads.push(await writer.head());
      const asked = [start, end - 1, Math.floor((start + end) / 2), Math.floor(end / 7), 0];
      const answers = await oracle.ask(
        asked.flatMap((index) => {
          const { path, version } = recordAt(index);
          return [version, `${version}/go.mod`].map((each) => ({
            op: 'sumdbLookup',
            args: [url, logKeys.verifierKey, path, each],
          }));
        }),
      );
      const lines = asked.flatMap((index) => {
        const { path, version, sums } = recordAt(index);
        return [[`${path} ${version} ${sums.zip}`], [`${path} ${version}/go.mod ${sums.goMod}`]];
      });
      expect(answers).toEqual(lines.map((value) => ({ value })));
    }
    expect(heads.map(({ size }) => Number(size))).toEqual(ends);
  });

  it('its proofs from our tiles are ours, for any two sizes', async () => {
    const database = await openLog(storage);
    const tiles: tlog.TileReader = {
      height: 8,
      readTiles: (wanted) => Promise.all(wanted.map((tile) => database.sumdb(name, tlog.tilePath(tile)))),
      saveTiles: async () => {},
    };
    const places = fc.record({ at: fc.nat(sizes - 1), n: fc.nat(total) });
    const answers = new Map<string, unknown>();
    const ours = async (head: SignedTree, n: bigint): Promise<unknown> => {
      const reader = tlog.tileHashReader(head, tiles);
      const base64 = (hashes: readonly Uint8Array[]): string[] => hashes.map(tlog.formatHash);
      const tree = n === 0n ? null : base64(await tlog.proveTree(head.size, n, reader));
      return [base64(await tlog.proveRecord(head.size, n, reader)), tree];
    };
    const cases = fc.sample(places, { numRuns: 150 * scale });
    for (const { at, n } of cases) {
      const head = heads[at] as SignedTree;
      const number = BigInt(n) % head.size;
      const [answer] = await oracle.ask([
        { op: 'logProofs', args: [url, String(head.size), tlog.formatHash(head.hash), String(number)] },
      ]);
      expect(answer).toEqual({ value: await ours(head, number) });
      answers.set(`${at} ${number}`, answer);
    }
    expect(answers.size).toBeGreaterThan(100);
  });

  it('its server is believed by our client, at every size', async () => {
    const keys = await note.generateKey('sum.example/many');
    const get = (path: string) => ({ op: 'sumdbGet', args: [keys.signerKey, path] });
    const remote = async (path: string): Promise<Uint8Array> => {
      const [answer] = await oracle.ask([get(path)]);
      const [status, body] = (answer?.value ?? [500, null]) as [number, string | null];
      if (status !== 200) throw new Error(`${path}: ${status}`);
      return Uint8Array.from(Buffer.from(body ?? '', 'base64'));
    };
    const client = createSumdbClient({ key: keys.verifierKey, remote });
    for (let i = 0; i < sizes; i++) {
      const [start = 0, end = 0] = [ends[i - 1] ?? 0, ends[i]];
      // A lookup appends.
      await oracle.ask(Array.from({ length: end - start }, (_, at) => get(`lookup/example.com/m${start + at}@v1.0.0`)));
      expect((await client.update())?.size).toBe(BigInt(end));
      for (const index of [start, end - 1, Math.floor(end / 3)]) {
        expect((await client.lookup(`example.com/m${index}`, 'v1.0.0')).number).toBe(BigInt(index));
      }
    }
  });
});
