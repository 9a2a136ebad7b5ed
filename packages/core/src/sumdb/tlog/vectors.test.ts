// Vector files `tlog-*`.

import { expect, it } from 'vitest';
import { bytesOf, describeVectors, type VectorText } from '../../../test/vectors.ts';
import * as tlog from './index.ts';
import { grow, leaves, storedIn } from './testdata/log.ts';

interface HashCase {
  readonly op: string;
  readonly data_hex?: string;
  readonly leaves?: string;
  readonly size?: number;
  readonly hash: string;
}

describeVectors<HashCase>('tlog-hashes', ({ cases }) => {
  const samples = cases.flatMap((row) => (row.op === 'recordHash' ? [Buffer.from(row.data_hex ?? '', 'hex')] : []));

  it.each(cases.map((row, i) => [`${i} ${row.op} ${row.size ?? ''}`, row] as const))('%s', async (_, row) => {
    if (row.op === 'recordHash') {
      expect(tlog.formatHash(tlog.recordHash(Uint8Array.from(Buffer.from(row.data_hex ?? '', 'hex'))))).toBe(row.hash);
      return;
    }
    const size = row.size ?? 0;
    const stored = await grow(row.leaves === 'rfc6962-sample' ? samples.slice(0, size) : leaves(size));
    expect(tlog.formatHash(await tlog.treeHash(BigInt(size), storedIn(stored)))).toBe(row.hash);
  });
});

interface IndexCase {
  readonly op: string;
  readonly level: number;
  readonly n: number;
  readonly index: number;
  readonly records: number;
  readonly count: number;
}

describeVectors<IndexCase>('tlog-stored-index', ({ cases }) => {
  it('has every row', () => {
    for (const row of cases) {
      if (row.op === 'storedHashCount') {
        expect(tlog.storedHashCount(BigInt(row.records))).toBe(BigInt(row.count));
        continue;
      }
      expect(tlog.storedHashIndex(row.level, BigInt(row.n))).toBe(BigInt(row.index));
      expect(tlog.splitStoredHashIndex(BigInt(row.index))).toEqual({ level: row.level, n: BigInt(row.n) });
    }
  });
});

interface ProofCase {
  readonly op: 'record' | 'tree';
  readonly ok: boolean;
  readonly treeSize: number;
  readonly treeHash: string;
  readonly index: number;
  readonly leafHash: string;
  readonly oldSize: number;
  readonly oldHash: string;
  readonly proof: readonly string[];
  readonly invalidInputs?: boolean;
  readonly why?: string;
}

function checkProof(row: ProofCase, proof: readonly Uint8Array[]): void {
  const treeSize = BigInt(row.treeSize);
  const hash = (text: string | undefined): Uint8Array =>
    text === undefined ? new Uint8Array(32) : tlog.parseHash(text);
  const treeHash = hash(row.treeHash);
  if (row.op === 'tree') {
    tlog.checkTree(proof, { treeSize, treeHash, oldSize: BigInt(row.oldSize), oldHash: hash(row.oldHash) });
  } else {
    tlog.checkRecord(proof, { treeSize, treeHash, number: BigInt(row.index), recordHash: hash(row.leafHash) });
  }
}

describeVectors<ProofCase>('tlog-proofs', ({ cases, ctProofs }) => {
  const rows = [...cases, ...(ctProofs as readonly ProofCase[])];
  it.each(rows.map((row, i) => [`${i} ${row.op} in ${row.treeSize} ${row.why ?? ''}`, row] as const))(
    '%s',
    (_, row) => {
      const proof = (row.proof ?? []).map(tlog.parseHash);
      if (!row.ok) {
        expect(() => checkProof(row, proof)).toThrow(expect.objectContaining({ code: 'invalid_log' }));
        return;
      }
      checkProof(row, proof);
      for (const [i, hash] of proof.entries()) {
        const corrupt = proof.with(i, hash.with(7, (hash[7] ?? 0) ^ 1));
        expect(() => checkProof(row, corrupt), `hash ${i} corrupted`).toThrow(
          expect.objectContaining({ code: 'invalid_log' }),
        );
      }
    },
  );

  it('makes the proofs that it checks', async () => {
    const reader = storedIn(await grow(leaves(100)));
    for (const row of cases) {
      const [size, other] = [BigInt(row.treeSize), BigInt(row.op === 'tree' ? row.oldSize : row.index)];
      const proof = row.op === 'tree' ? tlog.proveTree(size, other, reader) : tlog.proveRecord(size, other, reader);
      if (row.ok) expect((await proof).map(tlog.formatHash)).toEqual(row.proof);
      else if (row.invalidInputs) await expect(proof).rejects.toMatchObject({ code: 'invalid_argument' });
      else await proof;
    }
  });
});

interface TextCase {
  readonly op: string;
  readonly ok?: boolean;
  readonly size: number;
  readonly hash: string;
  readonly id: number;
  readonly text: VectorText;
  readonly input: VectorText;
  readonly output: string;
  readonly rest: VectorText;
}

/** What Go takes and the specification recommends to refuse (spec §12.7): numbers that are no canonical decimals, an empty first line. */
const stricter: readonly string[] = ['-1\nx\n\n', '007\nx\n\n', '5\n\nx\n\n', '\nx\n'];

describeVectors<TextCase>('tlog-text', ({ cases }) => {
  it('names only rows that exist as stricter than Go', () => {
    const accepted = cases.filter(({ ok }) => ok).flatMap(({ text, input }) => [text, input]);
    for (const text of stricter) expect(accepted).toContain(text);
  });

  it.each(
    cases.map((row, i) => [`${i} ${row.op} ${JSON.stringify(row.input ?? row.text).slice(0, 60)}`, row] as const),
  )('%s', (_, row) => {
    const text = Buffer.from(bytesOf(row.text ?? '')).toString();
    const ok = row.ok !== false && !stricter.includes(row.input as string) && !stricter.includes(text);
    const act = {
      formatTree: () => ({ text: tlog.formatTree({ size: BigInt(row.size), hash: tlog.parseHash(row.hash) }) }),
      parseTree: () => {
        const { size, hash } = tlog.parseTree(bytesOf(row.text));
        expect(tlog.parseTree(text)).toEqual({ size, hash });
        return { size: Number(size), hash: tlog.formatHash(hash) };
      },
      formatRecord: () => ({ output: tlog.formatRecord({ number: BigInt(row.id), text }) }),
      parseRecord: () => {
        const { number, text: record, rest } = tlog.parseRecord(bytesOf(row.input));
        expect(rest).toEqual(bytesOf(row.rest));
        return { id: Number(number), text: record };
      },
    }[row.op];
    if (act === undefined) throw new Error(`unknown operation ${row.op}`);
    if (ok) expect(row).toMatchObject(act());
    else expect(act).toThrow(expect.objectContaining({ code: 'invalid_log' }));
  });
});

interface TileCase {
  readonly op: string;
  readonly path: string;
  readonly ok: boolean;
  readonly tile: { readonly H: number; readonly L: number; readonly N: number; readonly W: number };
  readonly height: number;
  readonly oldSize: number;
  readonly newSize: number;
  readonly count: number;
  readonly paths: readonly string[];
  readonly treeSize: number;
  readonly data: string;
}

describeVectors<TileCase>('tlog-tiles', ({ cases }) => {
  it.each(cases.map((row, i) => [`${i} ${row.op} ${row.path ?? `${row.oldSize} to ${row.newSize}`}`, row] as const))(
    '%s',
    async (_, row) => {
      const tile = row.tile && { h: row.tile.H, l: row.tile.L, n: BigInt(row.tile.N), w: row.tile.W };
      if (row.op === 'newTiles') {
        const tiles = [...tlog.newTiles(row.height, BigInt(row.oldSize), BigInt(row.newSize))];
        expect(tiles.length).toBe(row.count);
        expect(tiles.map(tlog.tilePath)).toEqual(row.paths);
      } else if (!row.ok && row.op === 'path') {
        expect(() => tlog.parseTilePath(row.path)).toThrow(expect.objectContaining({ code: 'invalid_log' }));
      } else {
        expect(tlog.parseTilePath(row.path)).toEqual(tile);
        expect(tlog.tilePath(tile)).toBe(row.path);
        if (row.op !== 'tileData') return;
        const data = await tlog.readTileData(tile, storedIn(await grow(leaves(row.treeSize))));
        expect(Buffer.from(data).toString('base64')).toBe(row.data);
      }
    },
  );
});
