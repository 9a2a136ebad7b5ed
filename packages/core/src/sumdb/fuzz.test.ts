// Damaged notes, trees, records, tiles and lookups: nothing crashes, and nothing is accepted that does not say exactly what it is taken for.
// 20,000 cases; with GOMODKIT_TEST_SCALE=full a million. e2e/differential compares the same parsers with golang.org/x/mod.

import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { isGoModKitError } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import { createSumdbClient } from './client/client.ts';
import { keys, TestDatabase } from './client/testdata/database.ts';
import * as note from './note/index.ts';
import { createSumdbProxy } from './proxy/sumdb-proxy.ts';
import * as tlog from './tlog/index.ts';

const cases = process.env.GOMODKIT_TEST_SCALE === 'full' ? 1_000_000 : 20_000;
const timeout = cases > 20_000 ? 3_600_000 : 60_000;

/** A generator of numbers that can be started again (mulberry32): a million cases of fast-check would be all its own work. */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const telling = [
  '\n',
  '\n\n',
  '\r\n',
  ' ',
  '+',
  '-',
  '0',
  '1',
  '=',
  '/',
  'x',
  '\u2014 ',
  '\u0085',
  '\ufeff',
  '.p/',
].map(bytes);

/** `original` with up to three small changes; now and then none. */
function damaged(original: Uint8Array, random: (below: number) => number): Uint8Array {
  let data = original;
  for (let edits = random(4); edits > 0; edits--) {
    const at = random(data.length + 1);
    const put = random(2) === 0 ? (telling[random(telling.length)] ?? telling[0]) : Uint8Array.of(random(256));
    data = Uint8Array.of(
      ...data.subarray(0, at),
      ...(random(4) === 0 ? [] : (put ?? [])),
      ...data.subarray(at + random(3)),
    );
  }
  return data;
}

/** Runs a share of the cases. Whatever is thrown is one of our errors. */
async function fuzz(
  share: number,
  originals: readonly Uint8Array[],
  judge: (data: Uint8Array) => Promise<void> | void,
): Promise<number> {
  const seed = Number(process.env.GOMODKIT_TEST_SEED ?? Date.now() % 2 ** 31);
  const random = randomOf(seed);
  let accepted = 0;
  for (let i = 0; i < cases * share; i++) {
    const data = damaged(originals[random(originals.length)] ?? bytes(''), random);
    try {
      await judge(data);
      accepted++;
    } catch (error) {
      const shown = `seed ${seed}, case ${i}: ${JSON.stringify(text(data))}`;
      if (!isGoModKitError(error)) throw new Error(shown, { cause: error });
    }
  }
  return accepted;
}

describe('what was damaged on the way', () => {
  it('is no note, unless the key signed that very text', { timeout }, async () => {
    const verifier = note.newVerifier(keys.verifierKey);
    const signer = await note.newSigner(keys.signerKey);
    const originals = await Promise.all(
      ['one\n', 'a\n\nb\n', '\u00e9\u{1f600}\n', 'go.sum database tree\n0\nx\n'].map((each) =>
        note.sign({ text: each }, signer),
      ),
    );
    const raw = Buffer.from(keys.verifierKey.split('+').slice(2).join('+'), 'base64').subarray(1);
    const der = Buffer.concat([Buffer.from('302a300506032b6570032100', 'hex'), raw]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    const accepted = await fuzz(0.2, originals.map(bytes), async (data) => {
      const opened = await note.open(data, note.verifierList(verifier));
      expect(text(data).startsWith(`${opened.text}\n`)).toBe(true);
      const signed = opened.sigs.some(({ base64 }) =>
        verify(null, bytes(opened.text), key, Buffer.from(base64, 'base64').subarray(4)),
      );
      if (!signed) throw new Error('accepted without a signature');
    });
    expect(accepted).toBeGreaterThan(0);
  });

  it('is no tree, unless it is spelled as one', { timeout }, async () => {
    const trees = [0n, 7n, 2n ** 63n - 1n].map((size) =>
      bytes(tlog.formatTree({ size, hash: new Uint8Array(32).fill(7) })),
    );
    const accepted = await fuzz(0.2, trees, (data) => {
      const tree = tlog.parseTree(data);
      const canonical = tlog.formatTree(tree);
      // The last digit of base64 may carry bits that are not looked at, as in Go.
      const [, size, hash = ''] = text(data).split('\n');
      if (size !== String(tree.size)) throw new Error(`size ${size} became ${tree.size}`);
      if (Buffer.from(hash, 'base64').toString('base64') !== canonical.split('\n')[2]) throw new Error(`hash ${hash}`);
    });
    expect(accepted).toBeGreaterThan(0);
  });

  it('is no record, unless it is spelled as one', { timeout }, async () => {
    const messages = ['0\na v1.0.0 h1:x\n\n', '5\na\nb\n\nrest\n\nmore', '9223372036854775807\n\u00e9\n\nx'].map(bytes);
    const accepted = await fuzz(0.25, messages, (data) => {
      const { number, text: record, rest } = tlog.parseRecord(data);
      const again = Buffer.concat([bytes(tlog.formatRecord({ number, text: record })), rest]);
      if (!again.equals(Buffer.from(data))) throw new Error(`became ${JSON.stringify(text(again))}`);
    });
    expect(accepted).toBeGreaterThan(0);
  });

  it('is no tile path, unless it is the one spelling', { timeout }, async () => {
    const paths = ['tile/8/0/000', 'tile/8/1/x001/234.p/5', 'tile/30/data/999', 'tile/3/4/x001/x234/067.p/1'].map(
      bytes,
    );
    const accepted = await fuzz(0.25, paths, (data) => {
      const spelled = text(data);
      if (tlog.tilePath(tlog.parseTilePath(spelled)) !== spelled) throw new Error('another spelling');
    });
    expect(accepted).toBeGreaterThan(0);
  });

  it('is no answer, of the client nor of the proxy, unless the log has it', { timeout }, async () => {
    const database = await TestDatabase.of(20, 2);
    const random = randomOf(20);
    const originals = Array.from({ length: 20 }, (_, i) => bytes(`example.com/m${i}`));
    let i = 0;
    const accepted = await fuzz(0.1, originals, async () => {
      const n = random(20);
      const victim = random(4);
      let asked = 0;
      const remote = async (path: string): Promise<Uint8Array> => {
        const honest = await database.answer(path);
        return asked++ === victim ? damaged(honest, random) : honest;
      };
      if (i++ % 2 === 0) {
        const client = createSumdbClient({ key: keys.verifierKey, remote, tileHeight: 2 });
        const record = await client.lookup(`example.com/m${n}`, 'v1.0.0');
        if (record.text !== database.records[n]) throw new Error(`accepted ${record.text}`);
        return;
      }
      const proxy = createSumdbProxy({ storage: memoryStorage(), databases: [{ key: keys.verifierKey, remote }] });
      const answer = await proxy.sumdb('sum.example/db', `lookup/example.com/m${n}@v1.0.0`);
      const parsed = tlog.parseRecord(answer);
      if (parsed.text !== database.records[n]) throw new Error(`answered ${text(answer)}`);
    });
    expect(accepted).toBeGreaterThan(0);
  });
});
