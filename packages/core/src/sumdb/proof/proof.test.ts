// Proof files: what is written, read, verified, and refused.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { keys, recordText, TestDatabase } from '../client/testdata/database.ts';
import { createSumdbClient } from '../index.ts';
import * as note from '../note/index.ts';
import * as tlog from '../tlog/index.ts';
import { grow, storedIn } from '../tlog/testdata/log.ts';
import { formatCheckpoint } from '../witness/checkpoint.ts';
import { generateCosignerKey, newCosigner } from '../witness/cosignature.ts';
import { createProof } from './create-proof.ts';
import { formatProof, parseProof } from './proof-file.ts';
import { verifyProof } from './verify-proof.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const synthetic = (i: number): string => `example.com/m v1.0.${i} h1:x\nexample.com/m v1.0.${i}/go.mod h1:y\n`;

const logKeys = await note.generateKey('log.example/modules', seed(1));
const signer = await note.newSigner(logKeys.signerKey);
const witnesses = await Promise.all(
  [2, 3, 4].map(async (byte) => {
    const pair = await generateCosignerKey(`witness.example/w${byte}`, seed(byte));
    return { ...pair, cosigner: await newCosigner(pair.signerKey) };
  }),
);

/** The proof of record `index` of a tree of synthetic records, cosigned at second 1,700,000,000 by the first `cosigned` witnesses. */
async function proofOf(size: number, index: number, cosigned = 0, extra?: Uint8Array): Promise<string> {
  const stored = storedIn(await grow(Array.from({ length: size }, (_, i) => bytes(synthetic(i)))));
  const hash = await tlog.treeHash(BigInt(size), stored);
  const text = formatCheckpoint({ origin: 'log.example/modules', size: BigInt(size), hash });
  const fixed = witnesses.slice(0, cosigned).map(({ cosigner }) => ({
    ...cosigner,
    sign: (message: Uint8Array) => cosigner.sign(message, 1_700_000_000),
  }));
  const checkpoint = await note.sign({ text }, signer, ...fixed);
  return formatProof({
    index: BigInt(index),
    hashes: await tlog.proveRecord(BigInt(size), BigInt(index), stored),
    checkpoint,
    extra,
  });
}

// Tree, proof and root of formats.md §4.
const golden = `c2sp.org/tlog-proof@v1
extra bW9yZQ==
index 5
UgLep+vhbDh93QkDyhE4ZBYLL8uKClFSbS2MaSTRQzc=
XdOkmkuEqTxvy4dadFjg3aAXYk62jOnGxbbW/Rtvp9Y=
IcFA2/Pz0fqkpbCercvkhzalyQY7Pbv6oopJtGqHrnQ=

log.example/modules
7
TqkzFGUUKGCJo3xeHDcMFE51AjNB/MGulpc3nFGi0Dg=

— log.example/modules QcRD/lrTUzSObjzxVzwHF571yJE9/nqSjZzdBTK4gkG7uIV19AL6JEwAC9kS1k0zpjQDl37X+VnzKdaSf2uvjeavhQk=
— witness.example/w2 kuazfAAAAABlU/EAeDUwKOHPzPjHyi+Rvido3A81asC/2SnWfaVOI/0QYI/gHbx184f4nQkx1qk/lYX57X9Ngyz/Q2J6qVPzvefkDA==
`;

it('writes the golden file', async () => {
  expect(await proofOf(7, 5, 1, bytes('more'))).toBe(golden);
  expect(parseProof(bytes(golden))).toMatchObject({ index: 5n, extra: bytes('more') });
  const verified = await verifyProof(golden, synthetic(5), {
    key: logKeys.verifierKey,
    witnesses: { keys: witnesses.map(({ verifierKey }) => verifierKey), quorum: 1 },
  });
  expect(verified).toMatchObject({
    index: 5n,
    checkpoint: { origin: 'log.example/modules', size: 7n },
    cosignatures: [{ name: 'witness.example/w2', time: new Date(1_700_000_000_000) }],
  });
});

it('holds for every record of trees of many sizes, and for no other record', async () => {
  const full = process.env.GOMODKIT_TEST_SCALE === 'full';
  const sizes = full ? fc.integer({ min: 1, max: 2000 }) : fc.integer({ min: 1, max: 300 });
  const stored = storedIn(await grow(Array.from({ length: full ? 2000 : 300 }, (_, i) => bytes(synthetic(i)))));
  await fc.assert(
    fc.asyncProperty(sizes, fc.nat(1999), fc.nat(1999), async (size, first, second) => {
      const [index, other] = [first % size, second % size];
      const hash = await tlog.treeHash(BigInt(size), stored);
      const text = formatCheckpoint({ origin: 'log.example/modules', size: BigInt(size), hash });
      const file = formatProof({
        index: BigInt(index),
        hashes: await tlog.proveRecord(BigInt(size), BigInt(index), stored),
        checkpoint: await note.sign({ text }, signer),
      });
      const key = logKeys.verifierKey;
      expect((await verifyProof(file, synthetic(index), { key })).index).toBe(BigInt(index));
      if (other === index) return;
      await expect(verifyProof(file, synthetic(other), { key })).rejects.toMatchObject({ code: 'invalid_log' });
    }),
    { numRuns: full ? 500 : 50 },
  );
});

it('is refused with any byte changed, removed or added', async () => {
  const file = bytes(await proofOf(11, 3, 2));
  const options = {
    key: logKeys.verifierKey,
    witnesses: { keys: witnesses.slice(0, 2).map(({ verifierKey }) => verifierKey), quorum: 2 },
  };
  await verifyProof(file, synthetic(3), options);
  const refused = expect.objectContaining({ code: expect.stringMatching(/^(invalid_log|invalid_note|denied)$/) });
  await fc.assert(
    fc.asyncProperty(fc.nat(file.length - 1), fc.integer({ min: 1, max: 255 }), async (at, mask) => {
      const changed = file.slice();
      changed[at] = (changed[at] ?? 0) ^ mask;
      const shorter = Uint8Array.of(...file.subarray(0, at), ...file.subarray(at + 1));
      const longer = Uint8Array.of(...file.subarray(0, at), mask, ...file.subarray(at));
      for (const bad of [changed, shorter])
        await expect(verifyProof(bad, synthetic(3), options)).rejects.toEqual(refused);
      // A byte more is another file, unless it doubles its neighbour in what `shorter` would make of it.
      if (mask !== file[at]) await expect(verifyProof(longer, synthetic(3), options)).rejects.toEqual(refused);
    }),
    { numRuns: 300 },
  );
});

describe('verification wants', () => {
  it('the log that was meant', async () => {
    const file = await proofOf(7, 5);
    const other = await note.generateKey('log.example/modules', seed(9));
    await expect(verifyProof(file, synthetic(5), { key: other.verifierKey })).rejects.toMatchObject({
      code: 'invalid_note',
    });
    await expect(
      verifyProof(file, synthetic(5), { key: logKeys.verifierKey, origin: 'log.example/other' }),
    ).rejects.toMatchObject({ code: 'invalid_log', message: expect.stringContaining('log.example/modules') });
    // A key that signs checkpoints of another name.
    const alien = await note.generateKey('alien.example', seed(1));
    const { checkpoint, ...proof } = parseProof(file);
    const { text } = await note.open(checkpoint, note.verifierList(note.newVerifier(logKeys.verifierKey)));
    const signed = await note.sign({ text }, await note.newSigner(alien.signerKey));
    const moved = formatProof({ ...proof, checkpoint: signed });
    await expect(verifyProof(moved, synthetic(5), { key: alien.verifierKey })).rejects.toMatchObject({
      code: 'invalid_log',
    });
    await verifyProof(moved, synthetic(5), { key: alien.verifierKey, origin: 'log.example/modules' });
  });

  it('as many witnesses as the policy says, each once', async () => {
    const keysOf = witnesses.map(({ verifierKey }) => verifierKey);
    for (const cosigned of [0, 1, 2, 3]) {
      const file = await proofOf(7, 5, cosigned);
      for (const quorum of [0, 1, 2, 3]) {
        const result = verifyProof(file, synthetic(5), {
          key: logKeys.verifierKey,
          witnesses: { keys: keysOf, quorum },
        });
        if (cosigned >= quorum) expect((await result).cosignatures).toHaveLength(cosigned);
        else await expect(result).rejects.toMatchObject({ code: 'denied', data: { policy: 'witnesses', quorum } });
      }
    }
    const [key = ''] = keysOf;
    for (const policy of [
      { keys: [key], quorum: 2 },
      { keys: [key, key], quorum: 2 },
      { keys: [key], quorum: 0.5 },
      { keys: [logKeys.verifierKey], quorum: 1 },
    ]) {
      await expect(
        verifyProof(golden, synthetic(5), { key: logKeys.verifierKey, witnesses: policy }),
      ).rejects.toMatchObject({ code: 'invalid_argument' });
    }
  });

  it('a record text that can be one', async () => {
    for (const text of ['', '\n', 'a\n\nb\n', 'no end'])
      await expect(verifyProof(golden, text, { key: logKeys.verifierKey })).rejects.toMatchObject({
        code: 'invalid_argument',
      });
  });
});

describe('a file is refused that', () => {
  const [title = '', , index = '', first = '', ...rest] = golden.split('\n');
  const file = (...lines: string[]): string => [...lines, ...rest].join('\n');
  const good = file(title, index, first);
  it('is good, for comparison', () => {
    expect(parseProof(good).hashes).toHaveLength(3);
  });

  it.each([
    ['is empty', ''],
    ['has another title', good.replace('@v1', '@v2')],
    ['has no index', file(title, first)],
    ['has a padded index', file(title, 'index 05', first)],
    ['has a negative index', file(title, 'index -5', first)],
    ['has an index of more than 63 bits', file(title, 'index 9223372036854775808', first)],
    ['has carriage returns', good.replaceAll('\n', '\r\n')],
    ['has extra data after the index', file(title, index, 'extra bW9yZQ==', first)],
    ['has empty extra data', file(title, 'extra ', index, first)],
    ['has extra data that is no base64', file(title, 'extra !', index, first)],
    ['has a hash of 31 bytes', file(title, index, first.slice(4))],
    [
      'has a hash in another spelling',
      file(
        title,
        index,
        first.replace(/.=$/, (end) => (end === 'A=' ? 'B=' : `${String.fromCharCode(end.charCodeAt(0) + 1)}=`)),
      ),
    ],
    ['has 64 hashes', file(title, index, ...Array.from({ length: 62 }, () => first))],
    ['has no checkpoint', `${[title, index, first].join('\n')}\n\n`],
    ['has an unsigned checkpoint', good.slice(0, good.indexOf('\u2014'))],
    ['ends early', good.slice(0, -1)],
    ['goes on', `${good}\n`],
    ['is huge', `${title}\nextra ${'A'.repeat(1_000_000)}\n${index}\n`],
  ])('%s', (_, bad) => {
    expect(() => parseProof(bad)).toThrow(expect.objectContaining({ code: 'invalid_log' }));
    expect(() => parseProof(bytes(bad))).toThrow(expect.objectContaining({ code: 'invalid_log' }));
  });

  it('is no text', () => {
    expect(() => parseProof(Uint8Array.of(0xff))).toThrow(expect.objectContaining({ code: 'invalid_log' }));
    expect(() => formatProof({ index: -1n, hashes: [], checkpoint: good })).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });
});

describe('a go.sum database', () => {
  it('is proved by its tree note, at any size', async () => {
    const database = await TestDatabase.of(0, 2);
    for (let size = 1; size <= 40; size++) {
      await database.grow(size);
      const path = `example.com/m${(size * 7) % size}`;
      const { file, record } = await createProof({
        key: keys.verifierKey,
        remote: database.remote,
        path,
        version: 'v1.0.0',
        tileHeight: 2,
      });
      expect(record.text).toBe(recordText(path, 'v1.0.0'));
      const { checkpoint } = await verifyProof(file, recordText(path, 'v1.0.0'), { key: keys.verifierKey });
      expect(checkpoint).toMatchObject({ origin: 'go.sum database tree', size: BigInt(size) });
    }
  });

  it("is proved by a checkpoint of one's choice, which must be its own and have the record", async () => {
    const database = await TestDatabase.of(300);
    const options = { key: keys.verifierKey, remote: database.remote, path: 'example.com/m5', version: 'v1.0.0' };
    const client = createSumdbClient({ key: keys.verifierKey, remote: database.remote });
    const { file } = await createProof({ ...options, client, checkpoint: await database.head(100), extra: bytes('x') });
    expect(parseProof(file).extra).toEqual(bytes('x'));
    expect(
      (await verifyProof(file, recordText('example.com/m5', 'v1.0.0'), { key: keys.verifierKey })).checkpoint.size,
    ).toBe(100n);
    await expect(createProof({ ...options, checkpoint: await database.head(5) })).rejects.toMatchObject({
      code: 'invalid_log',
      message: expect.stringContaining('is record 5'),
    });
    const fork = await TestDatabase.of(5);
    await fork.grow(300, 'other');
    await expect(
      createProof({ ...options, client, remote: fork.remote, checkpoint: await fork.head() }),
    ).rejects.toMatchObject({ code: 'invalid_log' });
    const text = (await database.head()).split('\n\n')[0] ?? '';
    const forged = await note.sign({ text: `${text}\n` }, signer);
    await expect(createProof({ ...options, checkpoint: forged })).rejects.toMatchObject({ code: 'invalid_note' });
    await expect(createProof({ ...options, path: 'example.com/absent' })).rejects.toMatchObject({ code: 'not_found' });
    const stop = AbortSignal.abort(new Error('enough'));
    await expect(createProof({ ...options, signal: stop })).rejects.toThrow('enough');
  });
});
