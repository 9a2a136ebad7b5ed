// Vector file `note`: every row that golang.org/x/mod has for keys and notes.

import { expect, it } from 'vitest';
import { bytesOf, describeVectors, type VectorText } from '../../../test/vectors.ts';
import { isGoModKitError } from '../../errors/error.ts';
import * as note from './index.ts';
import { formatKeyHash } from './names.ts';

interface VectorSignature {
  readonly name: string;
  readonly hash: string;
  readonly base64: string;
}

interface Case {
  readonly op: string;
  readonly ok: boolean;
  readonly mangle?: string;
  readonly why?: string;
  readonly key?: string;
  readonly keys?: readonly string[];
  readonly name?: string;
  readonly hash?: string;
  readonly verifierKey?: string;
  readonly signerKey?: string;
  readonly seed_hex?: string;
  readonly text?: string;
  readonly sigs?: readonly VectorSignature[];
  readonly unverified?: readonly VectorSignature[];
  readonly unverifiedNote?: Pick<Case, 'text' | 'sigs' | 'unverified'>;
  readonly signers?: readonly string[];
  readonly output?: string;
  readonly message?: VectorText;
  readonly verifiers?: readonly string[];
  readonly fixedVerifier?: boolean;
  readonly error?: string | null;
  readonly variants?: number;
}

const asVector = ({ name, keyHash, base64 }: note.Signature): VectorSignature => ({
  name,
  hash: formatKeyHash(keyHash),
  base64,
});
const asSignature = ({ name, hash, base64 }: VectorSignature): note.Signature => ({
  name,
  keyHash: Number.parseInt(hash, 16),
  base64,
});

/** The keys that a row stands for. */
function keysOf({ key = '', mangle }: Case): string[] {
  if (mangle === undefined) return [key];
  if (mangle.startsWith('each byte')) {
    return Array.from(key, (_, i) => key.slice(0, i) + String.fromCharCode(key.charCodeAt(i) + 1) + key.slice(i + 1));
  }
  const parts = new Set<string>();
  for (let i = 0; i < key.length; i++) {
    for (let j = i; j <= key.length; j++) if (j - i < key.length) parts.add(key.slice(i, j));
  }
  return [...parts];
}

const judges: Readonly<Record<string, (row: Case) => Promise<void>>> = {
  async newVerifier(row) {
    for (const key of keysOf(row)) {
      if (!row.ok) expect(() => note.newVerifier(key), key).toThrow(/verifier/);
      else expect(asVectorKey(note.newVerifier(key))).toEqual({ name: row.name, hash: row.hash });
    }
  },
  async newSigner(row) {
    for (const key of keysOf(row)) {
      if (!row.ok) {
        await expect(note.newSigner(key), key).rejects.toMatchObject({ code: 'invalid_argument' });
        continue;
      }
      const signer = await note.newSigner(key);
      expect(asVectorKey(signer)).toEqual({ name: row.name, hash: row.hash });
      const known = note.verifierList(note.newVerifier(row.verifierKey ?? ''));
      expect((await note.open(await note.sign({ text: 'x\n' }, signer), known)).sigs).toHaveLength(1);
    }
  },
  async generateKey(row) {
    const seed = Uint8Array.from(Buffer.from(row.seed_hex ?? '', 'hex'));
    const { signerKey, verifierKey } = await note.generateKey(row.name ?? '', seed);
    expect({ signerKey, verifierKey }).toEqual({ signerKey: row.signerKey, verifierKey: row.verifierKey });
  },
  async verifierList(row) {
    const known = note.verifierList(...(row.keys ?? []).map(note.newVerifier));
    const find = () => known(row.name ?? '', Number.parseInt(row.hash ?? '', 16));
    if (row.error?.startsWith('ambiguous')) expect(find).toThrow(row.error);
    else expect(find()?.name).toBe(row.ok ? row.name : undefined);
  },
  async sign(row) {
    const signers = await Promise.all((row.signers ?? []).map(signerOf));
    const result = note.sign({ text: row.text ?? '', sigs: row.sigs?.map(asSignature) }, ...signers);
    if (row.ok) expect(await result).toBe(row.output);
    else await expect(result).rejects.toThrow(row.error ?? '');
  },
  async open(row) {
    const verifiers = (row.verifiers ?? []).map(note.newVerifier);
    const known: note.Verifiers = row.fixedVerifier ? () => verifiers[0] : note.verifierList(...verifiers);
    const result = note.open(bytesOf(row.message ?? ''), known);
    if (row.ok) {
      expect(asVectorNote(await result)).toEqual({ text: row.text, sigs: row.sigs, unverified: row.unverified ?? [] });
      return;
    }
    const error = await result.catch((reason: unknown) => reason);
    if (!isGoModKitError(error, 'invalid_note')) throw error;
    expect(error.message).toContain(row.error ?? '');
    if (row.unverifiedNote) expect(asVectorNote(error.data.note as note.Note)).toEqual(row.unverifiedNote);
  },
};

function asVectorKey({ name, keyHash }: note.Verifier | note.Signer) {
  return { name, hash: formatKeyHash(keyHash) };
}

function asVectorNote({ text, sigs, unverifiedSigs }: note.Note) {
  return { text, sigs: sigs.map(asVector), unverified: unverifiedSigs.map(asVector) };
}

async function signerOf(key: string): Promise<note.Signer> {
  if (key.startsWith('PRIVATE')) return note.newSigner(key);
  return { name: 'bad name', keyHash: 0, sign: async () => new Uint8Array(64) };
}

describeVectors<Case>('note', ({ cases }) => {
  it.each(cases.map((row, i) => [`${i} ${row.op} ${row.mangle ?? row.why ?? row.error ?? ''}`, row] as const))(
    '%s',
    async (_, row) => {
      const judge = judges[row.op];
      if (judge === undefined) throw new Error(`unknown operation ${row.op}`);
      await judge(row);
    },
  );
});
