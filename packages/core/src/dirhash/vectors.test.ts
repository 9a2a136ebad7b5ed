// The vector files of spec §8, row by row.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { pack } from '../../test/pack.ts';
import { bytesOf, describeVectors, type VectorText } from '../../test/vectors.ts';
import { bytesSource, streamOf } from '../bytes/source.ts';
import { verifyZip } from '../zip/index.ts';
import { hash1, hashDirectory, hashGoMod, hashZip } from './index.ts';

interface File {
  readonly name: string;
  readonly data: VectorText;
}
interface Row {
  readonly op: 'Hash1' | 'HashDir' | 'HashZip';
  readonly prefix?: string;
  readonly files: readonly File[];
  readonly h1?: string;
  readonly error?: string;
}

async function compute(row: Row): Promise<string> {
  const files = row.files.map(({ name, data }) => ({ name, content: bytesOf(data) }));
  if (row.op === 'Hash1') return hash1(files.map(({ name, content }) => ({ name, open: () => streamOf(content) })));
  if (row.op === 'HashZip') return hashZip(bytesSource(pack(files)));
  const root = mkdtempSync(join(tmpdir(), 'dirhash-'));
  try {
    for (const { name, content } of files) {
      mkdirSync(dirname(join(root, name)), { recursive: true });
      writeFileSync(join(root, name), content);
    }
    return await hashDirectory(root, row.prefix ?? '');
  } finally {
    rmSync(root, { recursive: true });
  }
}

describeVectors<Row>('dirhash', ({ cases }) => {
  it.each(cases.map((row, index) => ({ ...row, index })))('$index $op', async (row) => {
    if (row.error !== undefined) await expect(compute(row)).rejects.toThrow(row.error);
    else expect(await compute(row)).toBe(row.h1);
  });
});

// Each row has the hashes that a go.sum line of the go command confirms: of go.mod, of the zip, or both.
interface ModuleRow {
  readonly path: string;
  readonly version: string;
  readonly goMod?: VectorText;
  readonly goModH1?: string;
  readonly files?: readonly File[];
  readonly h1?: string;
}

describeVectors<ModuleRow>('dirhash-modules', ({ cases }) => {
  it.each(cases.filter((row) => row.goModH1))('go.mod of $path $version', ({ goMod, goModH1 }) => {
    expect(hashGoMod(bytesOf(goMod ?? ''))).toBe(goModH1);
  });
  it.each(cases.filter((row) => row.h1))('zip of $path $version', async ({ files = [], h1, path, version }) => {
    const zip = bytesSource(pack(files.map(({ name, data }) => ({ name, content: bytesOf(data) }))));
    expect(await hashZip(zip)).toBe(h1);
    expect((await verifyZip({ path, version }, zip)).h1).toBe(h1);
  });
  it('has hashes of both kinds', () => {
    expect(cases.filter((row) => row.h1).length).toBeGreaterThan(20);
    expect(cases.filter((row) => row.goModH1).length).toBeGreaterThan(20);
  });
});
