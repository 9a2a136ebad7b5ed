// Notes, transparency logs and the checksum database's client: core accepts what golang.org/x/mod accepts, with the same meaning, and
// its client trusts the same answers of x/mod's own server.

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { GoModKitError } from '@gomodkit/core/errors';
import { memoryStorage } from '@gomodkit/core/storage';
import { createSumdbClient, note, storageCache, storageHeads, tlog } from '@gomodkit/core/sumdb';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Comparison, expectAgreement, scale } from './agreement.ts';
import { goIsPresent, type Oracle, type Question, startOracle } from './go-oracle.ts';

/** A question; what core says; and whether core may refuse what Go takes. */
interface Pair {
  readonly question: Question;
  readonly ours: () => unknown;
  readonly stricter?: boolean | undefined;
}

/** Compares verdicts and values. The words of errors are core's own here. */
function verdicts<Case>(pairs: (value: Case) => readonly Pair[] | Promise<readonly Pair[]>): Comparison<Case> {
  return {
    questions: async (value) => (await pairs(value)).map(({ question }) => question),
    async judge(value, answers) {
      for (const [i, { question, ours, stricter }] of (await pairs(value)).entries()) {
        const go = answers[i]?.error === undefined ? { value: answers[i]?.value ?? null } : 'refused';
        const core = await outcomeOf(ours);
        if (core === 'refused' && go !== 'refused' && stricter) continue;
        assert.deepStrictEqual({ core, question }, { core: go, question });
      }
    },
  };
}

async function outcomeOf(ours: () => unknown): Promise<unknown> {
  try {
    return { value: await ours() };
  } catch (error) {
    if (error instanceof GoModKitError) return 'refused';
    throw error;
  }
}

const text = (value: string): Uint8Array => new TextEncoder().encode(value);

/** Bytes that were right once. */
const damaged = (originals: fc.Arbitrary<string>): fc.Arbitrary<Uint8Array> => {
  const put = fc.oneof(
    fc
      .constantFrom('\n', '\n\n', '\r', ' ', '+', '-', '0', '1', '=', '/', 'x', '\u2014 ', '\u0085', '\u00a0', '\ufeff')
      .map(text),
    fc.uint8Array({ maxLength: 3 }),
  );
  const edit = fc.record({ at: fc.nat(400), cut: fc.nat(4), put });
  return fc.tuple(originals, fc.array(edit, { maxLength: 3 })).map(([original, edits]) =>
    edits.reduce((bytes, { at, cut, put: more }) => {
      const start = at % (bytes.length + 1);
      return Uint8Array.of(...bytes.subarray(0, start), ...more, ...bytes.subarray(start + cut));
    }, text(original)),
  );
};

const isText = (bytes: Uint8Array): boolean => Buffer.from(Buffer.from(bytes).toString()).equals(bytes);

const pairsOfKeys = await Promise.all(
  ['a.example/x', 'b.example', 'c.example'].map((name, i) => note.generateKey(name, new Uint8Array(32).fill(i + 1))),
);
const verifierKeys = pairsOfKeys.map(({ verifierKey }) => verifierKey);
const signers = await Promise.all(pairsOfKeys.map(({ signerKey }) => note.newSigner(signerKey)));

const treeTexts = fc
  .record({ size: fc.bigInt(0n, 2n ** 63n - 1n), hash: fc.uint8Array({ minLength: 32, maxLength: 32 }) })
  .map(tlog.formatTree);
const recordMessages = fc
  .tuple(
    fc.constantFrom('0', '5', '9223372036854775807', '9223372036854775808', '+5', '007', '-1'),
    fc.constantFrom('a v1.0.0 h1:x\n', 'a\nb\n', '\na\n', 'é\n'),
    fc.constantFrom('', 'rest', 'x\n\ny'),
  )
  .map(([number, record, rest]) => `${number}\n${record}\n${rest}`);
const messages = await Promise.all(
  ['one\n', 'a\n\nb\n', 'é\u{1f600}\n', tlog.formatTree({ size: 7n, hash: new Uint8Array(32) })].flatMap((value) =>
    [signers, signers.slice(1), signers.slice(0, 1), []].map((some) => note.sign({ text: value }, ...some)),
  ),
);

const leaves: Uint8Array[] = [];
const reader: tlog.HashReader = {
  readHashes: async (indexes) => indexes.map((index) => leaves[Number(index)] as Uint8Array),
};

const maxLeaves = 600;
const places = fc.record({ size: fc.integer({ min: 1, max: maxLeaves }), n: fc.nat(maxLeaves + 1) });
const base64 = (hashes: readonly Uint8Array[]): string[] => hashes.map(tlog.formatHash);

/** A share of 20,000 cases, of a million with GOMODKIT_TEST_SCALE=full. */
const cases = (share: number): number => (share * (scale === 1 ? 20_000 : 1_000_000)) / scale;

describe.skipIf(!goIsPresent)('the checksum database, compared with Go', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
    for (let n = 0; n < maxLeaves; n++) leaves.push(...(await tlog.storedHashes(BigInt(n), `leaf ${n}`, reader)));
  });
  afterAll(() => oracle?.close());

  it('verifier keys', () =>
    expectAgreement(
      oracle,
      damaged(fc.constantFrom(...verifierKeys)).filter(isText),
      cases(0.1),
      verdicts((key) => [
        {
          question: { op: 'noteVerifier', args: [key] },
          ours: () => {
            const { name, keyHash } = note.newVerifier(Buffer.from(key).toString());
            return [name, keyHash];
          },
        },
      ]),
    ));

  it('signed notes', () =>
    expectAgreement(
      oracle,
      fc.tuple(damaged(fc.constantFrom(...messages)), fc.array(fc.constantFrom(...verifierKeys), { maxLength: 3 })),
      cases(0.3),
      verdicts(([message, known]) => [
        {
          question: { op: 'noteOpen', args: [message, ...known] },
          ours: async () => {
            const lines = (list: readonly note.Signature[]) =>
              list.map(({ name, keyHash, base64 }) => [name, keyHash, base64]);
            const opened = await note.open(message, note.verifierList(...known.map(note.newVerifier)));
            return [opened.text, lines(opened.sigs), lines(opened.unverifiedSigs)];
          },
        },
      ]),
    ));

  it('tree texts', () =>
    expectAgreement(
      oracle,
      damaged(treeTexts),
      cases(0.2),
      verdicts((bytes) => [
        {
          question: { op: 'treeText', args: [bytes] },
          ours: () => {
            const { size, hash } = tlog.parseTree(bytes);
            return [String(size), tlog.formatHash(hash)];
          },
        },
      ]),
    ));

  it('records', () =>
    expectAgreement(
      oracle,
      damaged(recordMessages),
      cases(0.3),
      verdicts((bytes) => [
        {
          question: { op: 'recordText', args: [bytes] },
          ours: () => {
            const { number, text: record, rest } = tlog.parseRecord(bytes);
            return [String(number), record, Buffer.from(rest).toString('base64')];
          },
          // Go takes any spelling of a number, negative ones too, and an empty line in front (spec §12.7).
          stricter: !/^(?:0|[1-9]\d*)\n[^\n]/.test(Buffer.from(bytes).toString()),
        },
      ]),
    ));

  it('tiles', () =>
    expectAgreement(
      oracle,
      fc.tuple(
        damaged(
          fc.constantFrom('tile/8/0/000', 'tile/8/1/x001/234.p/5', 'tile/30/data/999', 'tile/3/4/x001/x234/067.p/1'),
        ).filter(isText),
        fc.integer({ min: 1, max: 10 }),
        fc.nat(9999),
        fc.nat(9999),
      ),
      cases(0.1),
      verdicts(([path, h, from, to]) => [
        {
          question: { op: 'tilePath', args: [path] },
          ours: () => {
            const tile = tlog.parseTilePath(Buffer.from(path).toString());
            return [tile.h, tile.l, String(tile.n), tile.w];
          },
        },
        {
          question: { op: 'newTiles', args: [String(h), String(from), String(to)] },
          ours: () => [...tlog.newTiles(h, BigInt(from), BigInt(to))].map(tlog.tilePath),
        },
      ]),
    ));

  it('proofs', () =>
    expectAgreement(
      oracle,
      places,
      500,
      verdicts(({ size, n }) => [
        {
          question: { op: 'proofs', args: [String(size), String(n)] },
          ours: async () => {
            const [treeSize, number] = [BigInt(size), BigInt(n)];
            const hash = tlog.formatHash(await tlog.treeHash(treeSize, reader));
            const record = n < size ? base64(await tlog.proveRecord(treeSize, number, reader)) : null;
            const tree = n > 0 && n <= size ? base64(await tlog.proveTree(treeSize, number, reader)) : null;
            return [hash, record, tree];
          },
        },
      ]),
    ));

  it('damaged proofs', () =>
    expectAgreement(
      oracle,
      fc.record({
        place: places.filter(({ size, n }) => n > 0 && n < size),
        kind: fc.constantFrom('tree' as const, 'record' as const),
        how: fc.constantFrom('none', 'flip', 'drop', 'add', 'swap'),
        at: fc.nat(20),
        shift: fc.tuple(fc.integer({ min: -1, max: 1 }), fc.integer({ min: -1, max: 1 })),
      }),
      500,
      verdicts(async ({ place, kind, how, at, shift }) => {
        const [size, n] = [BigInt(place.size), BigInt(place.n)];
        const honest = await (kind === 'tree' ? tlog.proveTree(size, n, reader) : tlog.proveRecord(size, n, reader));
        const proof = damageProof(honest, how, at);
        const treeHash = await tlog.treeHash(size, reader);
        const hash = kind === 'tree' ? await tlog.treeHash(n, reader) : tlog.recordHash(`leaf ${n}`);
        const [treeSize, number] = [size + BigInt(shift[0]), n + BigInt(shift[1])];
        return [
          {
            question: { op: 'checkProof', args: [kind, String(treeSize), String(number), treeHash, hash, ...proof] },
            ours: () => {
              if (kind === 'tree') tlog.checkTree(proof, { treeSize, treeHash, oldSize: number, oldHash: hash });
              else tlog.checkRecord(proof, { treeSize, treeHash, number, recordHash: hash });
              return true;
            },
          },
        ];
      }),
    ));

  it('the client believes the server of x/mod, at every size', async () => {
    const keys = await note.generateKey('sum.example/go');
    const remote = async (path: string): Promise<Uint8Array> => {
      const [answer] = await oracle.ask([{ op: 'sumdbGet', args: [keys.signerKey, path] }]);
      const [status, body] = (answer?.value ?? [500, null]) as [number, string | null];
      const bytes = Uint8Array.from(Buffer.from(body ?? '', 'base64'));
      if (status === 200) return bytes;
      throw new GoModKitError(status === 404 ? 'not_found' : 'upstream_unavailable', Buffer.from(bytes).toString());
    };
    const storage = memoryStorage();
    const open = () =>
      createSumdbClient({
        key: keys.verifierKey,
        remote,
        heads: storageHeads(storage, 'sum.example/go'),
        cache: storageCache(storage, 'sum.example/go'),
      });
    let client = open();
    const total = 400 * scale;
    for (let size = 0, step = 1; size < total; size += step, step = (step * 7) % 61) {
      const modules = Array.from({ length: step }, (_, i) => [`example.com/Mod${size + i}`, `v1.${i}.0`] as const);
      // Half of them come into the log by others.
      for (const [path, version] of modules.filter((_, i) => i % 2 === 1)) {
        await remote(`lookup/${path.replace('M', '!m')}@${version}`);
      }
      await Promise.all(modules.map(([path, version]) => client.verify(path, version, sumOf(path, version))));
      expect((await client.update())?.size).toBe(BigInt(size + step));
      // A restart finds the head and the tiles again.
      client = open();
      for (const [path, version] of modules.slice(0, 1)) {
        await client.verify(path, `${version}/go.mod`, sumOf(path, version).replace('h1:', 'h1:mod-'));
        await expect(client.verify(path, version, 'h1:other=')).rejects.toMatchObject({ code: 'checksum_mismatch' });
      }
      await expect(client.lookup('example.com/absent', 'v1.0.0')).rejects.toMatchObject({ code: 'not_found' });
    }
  });
});

/** What tools/godiff makes up. */
function sumOf(path: string, version: string): string {
  return `h1:${createHash('sha256').update(`${path}@${version}`).digest('hex').slice(0, 16)}=`;
}

function damageProof(proof: readonly Uint8Array[], how: string, at: number): readonly Uint8Array[] {
  const i = at % Math.max(proof.length, 1);
  const hash = proof[i] ?? new Uint8Array(32);
  if (how === 'flip') return proof.toSpliced(i, 1, hash.with(at, (hash[at] ?? 0) ^ 1));
  if (how === 'drop') return proof.toSpliced(i, 1);
  if (how === 'add') return proof.toSpliced(i, 0, hash);
  return how === 'swap' ? proof.toReversed() : proof;
}
