// Cosignatures beside notes: what they sign, and what is none.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGoModKitError } from '../../errors/error.ts';
import * as note from '../note/index.ts';
import { formatCheckpoint, parseCheckpoint } from './checkpoint.ts';
import {
  cosignatureTime,
  generateCosignerKey,
  newCosignatureVerifier,
  newCosigner,
  newEd25519Cosigner,
} from './cosignature.ts';

const seed = (byte: number): Uint8Array => new Uint8Array(32).fill(byte);
const checkpoint = 'example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n';
const text = new TextEncoder().encode(checkpoint);
const keys = await generateCosignerKey('witness.example/w1', seed(3));
const cosigner = await newCosigner(keys.signerKey);
const verifier = newCosignatureVerifier(keys.verifierKey);

it('has the golden key and signature', async () => {
  expect(keys.verifierKey).toBe('witness.example/w1+d9ed62c5+BO1JKMYo0cLG6ukDOJBZlWEpWSc6XGP5NjbBRhSshzfR');
  const signature = await cosigner.sign(text, 1_679_315_147);
  expect(Buffer.from(signature).toString('base64')).toBe(
    'AAAAAGQYUMsw2A9pSQ1okbOS79Q6/0njF76ww04TeiOaAyOnttQwt1EPdVO02J6xVgUNWWmITNMbcaDPJIDPNMVNZqHkfd8F',
  );
  // By the definition, with nothing of ours but the key.
  const plain = await note.newSigner((await note.generateKey('plain', seed(3))).signerKey);
  const message = new TextEncoder().encode(`cosignature/v1\ntime 1679315147\n${checkpoint}`);
  expect(signature.subarray(8)).toEqual(await plain.sign(message));
});

it('lives in a note beside the signature of the log, and says its time', async () => {
  const log = await note.generateKey('example.com/behind-the-sofa', seed(1));
  const signed = await note.sign({ text: checkpoint }, await note.newSigner(log.signerKey), cosigner);
  const opened = await note.open(signed, note.verifierList(note.newVerifier(log.verifierKey), verifier));
  expect(opened.sigs.map(({ name }) => name)).toEqual(['example.com/behind-the-sofa', 'witness.example/w1']);
  const [own, theirs] = opened.sigs;
  expect(own && cosignatureTime(own)).toBeUndefined();
  expect(Math.abs(Date.now() - Number(theirs && cosignatureTime(theirs)))).toBeLessThan(60_000);
});

it('is refused with any other bit, time or text', async () => {
  const signature = await cosigner.sign(text, 1_679_315_147);
  expect(await verifier.verify(text, signature)).toBe(true);
  await fc.assert(
    fc.asyncProperty(fc.nat(72 * 8 - 1), async (bit) => {
      const other = signature.slice();
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(await verifier.verify(text, other)).toBe(false);
    }),
  );
  expect(await verifier.verify(text.subarray(1), signature)).toBe(false);
  for (const bytes of [signature.subarray(1), new Uint8Array(0), new Uint8Array(72), Uint8Array.of(...signature, 0)])
    expect(await verifier.verify(text, bytes)).toBe(false);
});

it('is no signature of a log, and the other way round, though the key is the same', async () => {
  const log = await note.generateKey('witness.example/w1', seed(3));
  const plain = note.newVerifier(log.verifierKey);
  expect(plain.keyHash).not.toBe(verifier.keyHash);
  const signature = await cosigner.sign(text, 1);
  expect(await plain.verify(text, signature)).toBe(false);
  expect(await plain.verify(text, signature.subarray(8))).toBe(false);
  expect(() => note.newVerifier(keys.verifierKey)).toThrow(/unknown verifier algorithm/);
  expect(() => newCosignatureVerifier(log.verifierKey)).toThrow(/no key of a witness/);
  await expect(note.newSigner(keys.signerKey)).rejects.toThrow(/unknown algorithm/);
  await expect(newCosigner(log.signerKey)).rejects.toThrow(/no key of a witness/);
});

describe('a malformed key', () => {
  const [, hash = '', base64 = ''] = /\+(.*?)\+(.*)$/.exec(keys.verifierKey) ?? [];
  it.each([
    '',
    'x',
    `+${hash}+${base64}`,
    `w+${hash}+${base64}`,
    `witness.example/w1+00000000+${base64}`,
    `a b+${hash}+${base64}`,
    `witness.example/w1+${hash}+BAAA`,
    `witness.example/w1+${hash}+!!!!`,
  ])('%s is refused without showing it', async (key) => {
    expect(() => newCosignatureVerifier(key)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
    const error = await newCosigner(`PRIVATE+KEY+${key}`).catch((cause: unknown) => cause);
    expect(isGoModKitError(error, 'invalid_argument')).toBe(true);
    if (base64 !== '') expect(String(error)).not.toContain(base64.slice(0, 8));
  });

  it('of another length, or a name that is none, is not made', async () => {
    await expect(generateCosignerKey('a b')).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(generateCosignerKey('a', seed(1).subarray(1))).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(() => newEd25519Cosigner('a', new Uint8Array(31), async () => text)).toThrow(/32 bytes/);
  });
});

it('of a signer elsewhere is checked before it leaves', async () => {
  const { publicKey, sign } = await kms(5);
  const good = newEd25519Cosigner('kms', publicKey, sign);
  expect(await good.sign(text)).toHaveLength(72);
  const wrong = newEd25519Cosigner('kms', publicKey, (await kms(6)).sign);
  await expect(wrong.sign(text)).rejects.toMatchObject({ code: 'invalid_note' });
  for (const time of [0, -1, 0.5, Number.NaN])
    await expect(good.sign(text, time)).rejects.toMatchObject({ code: 'invalid_argument' });
});

async function kms(byte: number): Promise<{ publicKey: Uint8Array; sign: note.Signer['sign'] }> {
  const pair = await note.generateKey('kms', seed(byte));
  const signer = await note.newSigner(pair.signerKey);
  const base64 = /\+([^+]*)\+(.*)$/.exec(pair.verifierKey)?.[2] ?? '';
  return { publicKey: Uint8Array.from(Buffer.from(base64, 'base64').subarray(1)), sign: signer.sign };
}

describe('a checkpoint', () => {
  it('has origin, size, hash and extensions', () => {
    expect(parseCheckpoint(`${checkpoint}one\ntwo\n`)).toMatchObject({
      origin: 'example.com/behind-the-sofa',
      size: 20852163n,
      extensions: ['one', 'two'],
    });
    const parsed = parseCheckpoint(checkpoint);
    expect(formatCheckpoint(parsed)).toBe(checkpoint);
    expect(() => formatCheckpoint({ ...parsed, origin: '' })).toThrow(/origin/);
    expect(() => formatCheckpoint({ ...parsed, hash: new Uint8Array(31) })).toThrow(/32 bytes/);
  });

  const hash = 'CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=';
  it.each([
    '',
    'origin\n',
    `origin\n1\n${hash}`,
    `\n1\n${hash}\n`,
    `origin\n01\n${hash}\n`,
    `origin\n-1\n${hash}\n`,
    `origin\n9223372036854775808\n${hash}\n`,
    `origin\n1\n${hash.slice(4)}\n`,
    `origin\n1\n${hash.replace('2I=', '2J=')}\n`,
    `origin\n1\n${hash}\n\n`,
    `origin\n1\n${hash}\n\nextension\n`,
  ])('%j is refused', (bad) => {
    expect(() => parseCheckpoint(bad)).toThrow(expect.objectContaining({ code: 'invalid_log' }));
  });
});
