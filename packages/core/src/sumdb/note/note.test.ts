import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isGoModKitError } from '../../errors/error.ts';
import * as note from './index.ts';

const pairs = await Promise.all(
  ['a.example/x', 'b.example', 'c.example'].map((name, i) => note.generateKey(name, new Uint8Array(32).fill(i + 1))),
);
const signers = await Promise.all(pairs.map(({ signerKey }) => note.newSigner(signerKey)));
const verifiers = pairs.map(({ verifierKey }) => note.newVerifier(verifierKey));
const [alice, bob, carol] = signers as [note.Signer, note.Signer, note.Signer];
const [knowAlice, knowBob] = verifiers as [note.Verifier, note.Verifier, note.Verifier];
const keyOf = (index: number): string => pairs[index]?.verifierKey ?? '';

/** Why a note is refused. */
async function reasonFor(message: Uint8Array | string, ...known: readonly note.Verifier[]): Promise<unknown> {
  const error = await note.open(message, note.verifierList(...known)).catch((reason: unknown) => reason);
  return isGoModKitError(error, 'invalid_note') ? error.data.reason : error;
}

describe('keys', () => {
  it('are those of the C2SP example', async () => {
    const known = note.newVerifier('example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k');
    const message =
      'This is an example message.\n\n\u2014 example.com/foo ' +
      'Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n';
    expect((await note.open(message, note.verifierList(known))).text).toBe('This is an example message.\n');
  });

  it('are split at the first two plus signs, the base64 may have more', () => {
    const key = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';
    expect(note.newVerifier(key)).toMatchObject({ name: 'sum.golang.org', keyHash: 0x033de0ae });
    expect(note.newVerifier(key.replace('033de0ae', '033DE0AE')).keyHash).toBe(0x033de0ae);
  });

  it.each([
    ['', /malformed/],
    ['name', /malformed/],
    ['+033de0ae+AAAA', /malformed/],
    ['a b+033de0ae+AAAA', /malformed/],
    ['a+33de0ae+AAAA', /malformed/],
    ['a+0x3de0ae+AAAA', /malformed/],
    ['a+033de0ae+', /malformed/],
    ['a+033de0ae+AAA', /malformed/],
    ['a+033de0ae+AAAA', /invalid verifier hash/],
    [keyOf(0).replace('a.example', 'e.example'), /invalid verifier hash/],
  ])('refuses verifier key %j', (key, why) => {
    expect(() => note.newVerifier(key)).toThrow(why);
  });

  it('say which algorithm they are for', async () => {
    const { hashKey, formatKeyHash } = await import('./names.ts');
    const { encodeBase64 } = await import('../base64.ts');
    const keyWith = (bytes: Uint8Array) => `n+${formatKeyHash(hashKey('n', bytes))}+${encodeBase64(bytes)}`;
    expect(() => note.newVerifier(keyWith(new Uint8Array(33).fill(4)))).toThrow(/unknown verifier algorithm/);
    expect(() => note.newVerifier(keyWith(new Uint8Array(32).fill(1)))).toThrow(/32 bytes/);
    await expect(note.newSigner('PRIVATE+KEY+n+00000000+BAAA')).rejects.toThrow(/unknown algorithm/);
    await expect(note.newSigner('PRIVATE+KEY+n+00000000+AQAA')).rejects.toThrow(/32 bytes/);
  });

  it('never show a private key in an error', async () => {
    const secret = pairs[0]?.signerKey ?? '';
    const damaged = [secret.replace('+a.', '+b.'), `X${secret}`, secret.slice(0, -4), `${secret}=`];
    for (const key of damaged) {
      const error = await note.newSigner(key).catch((reason: unknown) => reason);
      if (!isGoModKitError(error, 'invalid_argument')) throw error;
      expect(JSON.stringify([error.message, error.data])).not.toContain(secret.slice(-44, -8));
    }
  });

  it('are random unless a seed is given', async () => {
    const [one, two] = [await note.generateKey('n'), await note.generateKey('n')];
    expect(one.signerKey).not.toBe(two.signerKey);
    await expect(note.generateKey('a+b')).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(note.generateKey('n', new Uint8Array(31))).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe('opening', () => {
  const text = 'one\n\ntwo\n';

  it('splits at the last empty line', async () => {
    const message = await note.sign({ text }, alice, bob);
    const { sigs, unverifiedSigs, ...opened } = await note.open(message, note.verifierList(knowAlice));
    expect(opened.text).toBe(text);
    expect([...sigs, ...unverifiedSigs].map(({ name }) => name)).toEqual([alice.name, bob.name]);
  });

  it.each<[string, (message: string) => string | Uint8Array]>([
    ['nothing', () => ''],
    ['text without signatures', () => 'text\n'],
    ['an empty signature part', () => 'text\n\n'],
    ['no line feed at the end', (message) => message.slice(0, -1)],
    ['an unexpected line', (message) => `${message}x\n`],
    ['a hyphen for the dash', (message) => message.replace('\u2014', '-')],
    ['two spaces', (message) => message.replace('\u2014 ', '\u2014  ')],
    ['no base64', (message) => message.replace(/ \S+\n$/, ' \n')],
    ['no space before the base64', (message) => message.replace(/ (\S+)\n$/, '$1\n')],
    ['text after the base64', (message) => message.replace(/\n$/, ' x\n')],
    ['a key hash without signature', (message) => message.replace(/ \S+\n$/, ' AAAAAA==\n')],
    ['no padding', (message) => message.replace(/=\n$/, '\n')],
    ['URL base64', (message) => message.replace(/ \S+\n$/, ' AAAA_-==\n')],
    ['a plus in the name', (message) => message.replace('a.example/x', 'a+b')],
    ['a Unicode space in the name', (message) => message.replace('a.example/x', 'a\u3000b')],
    ['an empty name', (message) => message.replace('a.example/x', '')],
    ['a control character', (message) => `\u0001${message}`],
    ['a tab', (message) => message.replace('one', 'o\tne')],
    ['CRLF', (message) => message.replaceAll('\n', '\r\n')],
    ['bytes that are no UTF-8', (message) => Uint8Array.of(0xff, ...Buffer.from(message))],
    ['half a character', (message) => `\ud800${message}`],
  ])('refuses %s', async (_, damage) => {
    const message = damage(await note.sign({ text }, alice));
    expect(await reasonFor(message, knowAlice)).toBe('malformed');
  });

  it('takes 100 signatures and no more', async () => {
    const message = await note.sign({ text }, alice);
    const line = message.slice(text.length + 1);
    const unknown = (count: number) =>
      Array.from({ length: count }, (_, i) => line.replace('a.example/x', `n${i}`)).join('');
    expect((await note.open(message + unknown(99), note.verifierList(knowAlice))).unverifiedSigs).toHaveLength(99);
    expect(await reasonFor(message + unknown(100), knowAlice)).toBe('malformed');
  });

  it('drops exact duplicates, and looks at the first signature of a known key only', async () => {
    const message = await note.sign({ text }, alice, bob);
    const other = (await note.sign({ text: 'other\n' }, alice)).slice('other\n\n'.length);
    const lines = message.slice(text.length + 1);
    const { sigs, unverifiedSigs } = await note.open(message + lines + other, note.verifierList(knowAlice));
    expect([sigs.length, unverifiedSigs.length]).toEqual([1, 1]);
    // In front, the wrong one counts.
    expect(await reasonFor(`${text}\n${other}${lines}`, knowAlice)).toBe('bad_signature');
  });

  it('wants a known key', async () => {
    const message = await note.sign({ text }, bob, carol);
    expect(await reasonFor(message, knowAlice)).toBe('unverified');
    expect(await reasonFor(message)).toBe('unverified');
    expect(await reasonFor(message, knowBob, knowBob)).toBe('ambiguous_key');
    const error = await note.open(message, () => knowAlice).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'invalid_note', data: { reason: 'mismatched_verifier' } });
  });

  it('opens what was signed, and nothing that differs in the text', async () => {
    const line = fc
      .string({ unit: fc.constantFrom('a', 'é', '\u{1f600}', ' ', '+', '\u2014', '\n') })
      .map((each) => `${each}\n`);
    await fc.assert(
      fc.asyncProperty(line, line, async (signed, shown) => {
        const message = await note.sign({ text: signed }, alice);
        expect((await note.open(message, note.verifierList(knowAlice))).text).toBe(signed);
        if (shown === signed) return;
        expect(
          await reasonFor(
            message.replace(signed, () => shown),
            knowAlice,
          ),
        ).not.toBeUndefined();
      }),
    );
  });

  it('never fails otherwise than as invalid_note, and never opens to another text, whatever is done to the bytes', async () => {
    const message = Buffer.from(await note.sign({ text }, alice, bob));
    const edits = fc.array(fc.tuple(fc.nat(message.length), fc.nat(3), fc.uint8Array({ maxLength: 3 })), {
      maxLength: 3,
    });
    await fc.assert(
      fc.asyncProperty(edits, async (list) => {
        let bytes: Uint8Array = Uint8Array.from(message);
        for (const [at, cut, put] of list)
          bytes = Uint8Array.of(...bytes.slice(0, at), ...put, ...bytes.slice(at + cut));
        try {
          expect((await note.open(bytes, note.verifierList(knowAlice))).text).toBe(text);
        } catch (error) {
          expect(isGoModKitError(error, 'invalid_note'), String(error)).toBe(true);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('signing', () => {
  const text = 'text\n';

  it('keeps other signatures in front, and replaces those of the same key', async () => {
    const opened = await note.open(await note.sign({ text }, alice, bob), note.verifierList(knowAlice));
    const both = await note.open(await note.sign(opened, carol, alice), note.verifierList(...verifiers));
    expect(both.sigs.map(({ name }) => name)).toEqual([bob.name, carol.name, alice.name]);
    const only = await note.sign(
      { text, unverifiedSigs: [{ name: alice.name, keyHash: alice.keyHash, base64: '!' }] },
      alice,
    );
    expect(only).toBe(await note.sign({ text }, alice));
  });

  it.each<[string, note.UnsignedNote]>([
    ['text without line feed', { text: 'abc' }],
    ['empty text', { text: '' }],
    ['a control character', { text: 'a\tb\n' }],
    ['half a character', { text: '\udc00\n' }],
    ['a signature of another hash', { text, sigs: [{ name: 'n', keyHash: 1, base64: 'AAAAAAA=' }] }],
    ['a signature without bytes', { text, sigs: [{ name: 'n', keyHash: 0, base64: 'AAAAAA==' }] }],
    ['a signature under no name', { text, sigs: [{ name: 'a+b', keyHash: 0, base64: 'AAAAAAA=' }] }],
    ['a signature of two lines', { text, sigs: [{ name: 'n', keyHash: 0, base64: 'AAAA\nAAA=' }] }],
    ['a control character in a name', { text, sigs: [{ name: 'n\u0001', keyHash: 0, base64: 'AAAAAAA=' }] }],
    [
      '101 signatures',
      { text, sigs: Array.from({ length: 100 }, (_, i) => ({ name: `n${i}`, keyHash: 0, base64: 'AAAAAAA=' })) },
    ],
  ])('refuses %s', async (_, unsigned) => {
    await expect(note.sign(unsigned, alice)).rejects.toMatchObject({ code: 'invalid_note', message: 'malformed note' });
  });

  it('works with a key that is elsewhere', async () => {
    const { ed25519 } = await import('#ed25519');
    const seed = new Uint8Array(32).fill(1);
    const publicKey = await ed25519.publicKey(seed);
    const remote = note.newEd25519Signer('a.example/x', publicKey, (message) => ed25519.sign(seed, message));
    expect(await note.sign({ text }, remote)).toBe(await note.sign({ text }, alice));
    expect(note.newEd25519VerifierKey('a.example/x', publicKey)).toBe(keyOf(0));
    const wrong = note.newEd25519Signer('a.example/x', publicKey, (message) =>
      ed25519.sign(new Uint8Array(32), message),
    );
    await expect(note.sign({ text }, wrong)).rejects.toThrow(/no signature of its public key/);
    const broken = note.newEd25519Signer('a.example/x', publicKey, () => Promise.reject(new Error('KMS is down')));
    await expect(note.sign({ text }, broken)).rejects.toThrow('KMS is down');
    expect(() => note.newEd25519Signer('a b', publicKey, remote.sign)).toThrow(/name/);
    await expect(note.sign({ text }, { ...remote, name: 'a b' })).rejects.toThrow(/invalid signer/);
  });
});
