import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type PackEntry, pack } from '../../test/pack.ts';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { unzip } from './index.ts';

const module = { path: 'example.com/m', version: 'v1.0.0' };
const prefix = 'example.com/m@v1.0.0/';

const good: PackEntry[] = [
  { name: `${prefix}go.mod`, content: 'module example.com/m\n' },
  { name: `${prefix}d/` },
  { name: `${prefix}d/e/a.go`, content: 'package e\n', attributes: 0xa1ff0000 },
  { name: `${prefix}large`, content: 'x'.repeat(2_000_000) },
];
const zipOf = (...entries: PackEntry[]): ByteSource => bytesSource(pack(entries));

describe('unzip (spec §7.11)', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'unzip-'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('writes files without the prefix, read-only, whatever modes say, and no empty directories', async () => {
    const target = join(root, 'x', 'y');
    await unzip(module, zipOf(...good, { name: `${prefix}empty/` }), target);
    expect(readdirSync(target).sort()).toEqual(['d', 'go.mod', 'large']);
    expect(readFileSync(join(target, 'd/e/a.go'), 'utf8')).toBe('package e\n');
    expect(statSync(join(target, 'd/e/a.go')).mode & 0o777).toBe(0o444);
    expect(statSync(join(target, 'large')).size).toBe(2_000_000);
  });

  it('takes an empty directory, refuses one that is not', async () => {
    await unzip(module, zipOf(...good), root);
    expect(existsSync(join(root, 'go.mod'))).toBe(true);
    await expect(unzip(module, zipOf(...good), root)).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(readdirSync(root).sort()).toEqual(['d', 'go.mod', 'large']);
  });

  it('refuses a target that holds so much as a dangling link', async () => {
    symlinkSync('/nowhere', join(root, 'go.mod'));
    await expect(unzip(module, zipOf(...good), root)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('writes nothing when a name is invalid', async () => {
    const target = join(root, 'x');
    const call = unzip(module, zipOf(...good, { name: `${prefix}../../evil`, content: 'x' }), target);
    await expect(call).rejects.toMatchObject({ code: 'invalid_zip' });
    expect(existsSync(target)).toBe(false);
  });

  it.each<[string, PackEntry]>([
    ['a bad CRC', { name: `${prefix}z`, content: 'abc', crc32: 9 }],
    ['content longer than declared', { name: `${prefix}d/z`, content: 'abc', size: 2 }],
    ['a bomb', { name: `${prefix}z`, content: 'x'.repeat(5_000_000), size: 1_000_000 }],
  ])('removes what it wrote on %s, and only that', async (_, bad) => {
    const target = join(root, 'deep', 'x');
    await expect(unzip(module, zipOf(...good, bad), target)).rejects.toMatchObject({ code: 'invalid_zip' });
    expect(readdirSync(root)).toEqual([]);
    const present = join(root, 'present');
    mkdirSync(present);
    await expect(unzip(module, zipOf(...good, bad), present)).rejects.toMatchObject({ code: 'invalid_zip' });
    expect(readdirSync(present)).toEqual([]);
  });

  it('never uses a directory or file that appears while it works', async () => {
    const outside = join(root, 'outside');
    const target = join(root, 'target');
    mkdirSync(outside);
    // Somebody plants a link into the target just before the first file is read.
    const bytes = pack([
      { name: `${prefix}a`, content: 'x' },
      { name: `${prefix}d/evil`, content: 'y'.repeat(600_000) },
    ]);
    const planted = (source: ByteSource): ByteSource => ({
      size: source.size,
      stream: () => source.stream(),
      slice(start, end) {
        if (existsSync(join(target, 'a')) && !existsSync(join(target, 'd'))) symlinkSync(outside, join(target, 'd'));
        return planted(source.slice?.(start, end) ?? source);
      },
    });
    const padded = new Uint8Array(Buffer.concat([bytes]));
    await unzip(module, planted(bytesSource(padded)), target).catch(() => {});
    expect(readdirSync(outside)).toEqual([]);
  });

  it('leaves alone what others put into the target meanwhile', async () => {
    const target = join(root, 'target');
    mkdirSync(target);
    let reads = 0;
    const bytes = pack([
      { name: `${prefix}a`, content: 'x' },
      { name: `${prefix}z`, content: 'abc', crc32: 5 },
    ]);
    const source = bytesSource(bytes);
    const watched: ByteSource = {
      size: source.size,
      stream: () => source.stream(),
      slice(start, end) {
        if (++reads === 2) writeFileSync(join(target, 'theirs'), 'x');
        return source.slice?.(start, end) ?? source;
      },
    };
    await unzip(module, watched, target).catch(() => {});
    expect(readdirSync(target).filter((name) => name !== 'theirs')).toEqual([]);
  });

  it('rejects with the reason of an abort and removes what it wrote', async () => {
    const reason = new Error('stop');
    const controller = new AbortController();
    const entries = Array.from({ length: 500 }, (_, i) => ({ name: `${prefix}f${i}`, content: 'x'.repeat(1000) }));
    const target = join(root, 'x');
    const call = unzip(module, zipOf(...entries), target, { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 10);
    await expect(call).rejects.toBe(reason);
    expect(existsSync(target)).toBe(false);
  });
});
