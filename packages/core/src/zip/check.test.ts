// The rules of spec §7, one by one, for clones without the vectors. Expectations were compared with golang.org/x/mod v0.42.0.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pack } from '../../test/pack.ts';
import { bytesSource, readAll } from '../bytes/source.ts';
import { hashZip } from '../dirhash/index.ts';
import { parseTxtar } from '../txtar/index.ts';
import { isClean } from './clean.ts';
import { createCollisionChecker, foldKey } from './collisions.ts';
import {
  checkedFilesError,
  checkFiles,
  checkZip,
  createZip,
  maxGoMod,
  maxZipFile,
  sourceFile,
  verifyZip,
  type ZipSourceFile,
} from './index.ts';

const module = { path: 'example.com/m', version: 'v1.0.0' };
const prefix = 'example.com/m@v1.0.0/';
const testdata = new URL('./testdata/', import.meta.url);

const file = (path: string, content = ''): ZipSourceFile => sourceFile(path, Buffer.from(content));

describe('goldens', () => {
  // The comment of each archive: `module PATH@VERSION`, then the wanted lists, then `h1:…` or the error of createZip.
  const names = readdirSync(testdata).filter((name) => name.endsWith('.txtar'));
  it('are there', () => expect(names.length).toBeGreaterThan(5));

  it.each(names)('%s', async (name) => {
    const { comment, files } = parseTxtar(readFileSync(new URL(name, testdata), 'utf8'));
    const wanted = comment.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    const sources = files.map(({ name: path, data }) => file(path, data));
    const checked = await checkFiles(sources);
    const lines = [
      ...checked.valid.map((path) => `valid ${path}`),
      ...checked.omitted.map(({ path, error }) => `omitted ${path}: ${error}`),
      ...checked.invalid.map(({ path, error }) => `invalid ${path}: ${error}`),
    ];
    if (checkedFilesError(checked) === undefined) {
      const zip = bytesSource(await readAll(createZip(module, sources)));
      lines.push(await hashZip(zip));
      expect((await verifyZip(module, zip)).files).toBe(checked.valid.length);
    } else {
      await expect(readAll(createZip(module, sources))).rejects.toMatchObject({ code: 'invalid_zip' });
    }
    expect(lines).toEqual(wanted);
  });
});

describe('clean paths', () => {
  it.each(['a', '.', '..', '../a', '../../a', '/', '/a', 'a/b.c', '...', 'a\\b'])('%j is clean', (path) => {
    expect(isClean(path)).toBe(true);
  });
  it.each(['', './a', 'a/', 'a//b', '//', '/..', 'a/..', 'a/../b', 'a/.', '/a/'])('%j is not', (path) => {
    expect(isClean(path)).toBe(false);
  });
});

describe('collisions (spec §7.7)', () => {
  it.each([
    ['K', '\u212a'],
    ['s', 'ſ'],
    ['Σ', 'ς'],
    ['ǅ', 'ǆ'],
    ['\u{10400}', '\u{10428}'],
  ])('%s and %s are one name', (a, b) => {
    expect(foldKey(a)).toBe(foldKey(b));
  });
  it.each([
    ['ß', 'ss'],
    ['é', 'e\u0301'],
    ['İ', 'i'],
    ['ı', 'i'],
  ])('%s and %s are two', (a, b) => {
    expect(foldKey(a)).not.toBe(foldKey(b));
  });

  it('holds a million names, not more', () => {
    const check = createCollisionChecker();
    const deep = 'a/'.repeat(2000);
    const fill = () => {
      for (let i = 0; i < 600; i++) check(`${i}/${deep}f`, false);
    };
    expect(fill).toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
  });

  it('tells the longest part that collides, and keeps telling', () => {
    const check = createCollisionChecker();
    expect(check('a/b/c', false)).toBeUndefined();
    expect(check('A/B/d', false)).toBe('case-insensitive file name collision: "a/b" and "A/B"');
    expect(check('A/B/d', false)).toBe('multiple entries for file "A/B/d"');
    expect(check('A/B/e', false)).toBe('case-insensitive file name collision: "a/b" and "A/B"');
    expect(check('a/b', false)).toBe('entry "a/b" is both a file and a directory');
    expect(check('a/b', true)).toBeUndefined();
  });
});

describe('sizes (spec §7.4, §7.10)', () => {
  const sized = (path: string, size: number): ZipSourceFile => ({ ...file(path), size });

  it('counts a file that does not fit only once, and goes on without it', async () => {
    const checked = await checkFiles([sized('a', maxZipFile - 1), sized('b', 2), sized('c', 1), sized('d', 1)]);
    expect(checked.sizeError).toBe(`module source tree too large (max size is ${maxZipFile} bytes)`);
    expect(checked.valid).toEqual(['a', 'b', 'c', 'd']);
    expect((await checkFiles([sized('a', maxZipFile)])).sizeError).toBeUndefined();
  });

  it('takes sizes that are no sizes for too large', async () => {
    for (const size of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
      expect((await checkFiles([sized('a', size)])).sizeError).toBeDefined();
    }
  });

  it('limits go.mod and LICENSE at the root only', async () => {
    const large = maxGoMod + 1;
    const checked = await checkFiles([sized('go.mod', large), sized('LICENSE', large), sized('d/LICENSE', large)]);
    expect(checked.invalid.map(({ path }) => path)).toEqual(['go.mod', 'LICENSE']);
    expect(checked.valid).toEqual(['d/LICENSE']);
  });

  it('puts the size first when both are wrong', async () => {
    const checked = await checkFiles([sized('a', maxZipFile + 1), file("b'")]);
    expect(checkedFilesError(checked)?.message).toContain('module source tree too large');
  });
});

describe('a finished zip (spec §7.10)', () => {
  const check = (...names: string[]) => checkZip(module, bytesSource(pack(names.map((name) => ({ name })))));

  it('ignores the prefix itself and directories, and accepts what was never meant to be there', async () => {
    const checked = await check(prefix, `${prefix}d/`, `${prefix}d/`, `${prefix}d/a`, `${prefix}vendor/x/y.go`);
    expect(checked).toEqual({
      valid: [`${prefix}d/a`, `${prefix}vendor/x/y.go`],
      omitted: [],
      invalid: [],
      sizeError: undefined,
    });
  });

  it.each([
    ['other/a', `path does not have prefix "${prefix}"`],
    ['example.com/m@v1.0.0', `path does not have prefix "${prefix}"`],
    [`${prefix}../../a`, 'malformed file path "../../a": invalid path element ".."'],
    [`${prefix}a/../../b`, 'file path is not clean'],
    [`${prefix}a//`, 'file path is not clean'],
    [`${prefix}/etc/passwd`, 'malformed file path "/etc/passwd": empty path element'],
    [`${prefix}C:\\x`, 'malformed file path "C:\\\\x": invalid char \':\''],
    [`${prefix}a\u0000b`, 'malformed file path "a\\x00b": invalid char \'\\x00\''],
    [`${prefix}con.txt`, 'malformed file path "con.txt": "con" disallowed as path element component on Windows'],
    [`${prefix}d/go.mod`, 'go.mod file not in module root directory'],
    [`${prefix}d/Go.Mod`, 'go.mod file not in module root directory'],
    [`${prefix}GO.MOD`, 'go.mod files must have lowercase names'],
    [`${prefix}${'a/'.repeat(2100)}b`, 'file path is longer than 4096 characters'],
  ])('refuses %j', async (name, error) => {
    expect((await check(name)).invalid).toEqual([{ path: name, error }]);
    const call = verifyZip(module, bytesSource(pack([{ name }])));
    await expect(call).rejects.toMatchObject({ code: 'invalid_zip' });
    const message = await call.catch((error: Error) => error.message);
    expect(message).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
    expect(String(message).length).toBeLessThan(600);
  });

  it.each<[bigint, invalid: number]>([
    [2n ** 63n - 1n, 1],
    [2n ** 63n, 0],
    [2n ** 64n - 1n, 0],
  ])('takes a go.mod of %d bytes for too large only where the size is not negative in Go', async (size, invalid) => {
    const extra = Buffer.from('01000800'.padEnd(24, '0'), 'hex');
    extra.writeBigUInt64LE(size, 4);
    const zip = bytesSource(pack([{ name: `${prefix}go.mod`, size: 0xffffffff, extra }]));
    const checked = await checkZip(module, zip);
    expect(checked.sizeError).toMatch(/^total uncompressed size of module contents too large/);
    expect(checked.invalid).toHaveLength(invalid);
    expect(checked.valid).toHaveLength(1 - invalid);
  });

  it.each([
    ['example.com/m', 'v1.0', 'invalid_version'],
    ['example.com/m', 'v1.0.0+meta', 'invalid_version'],
    ['example.com/m', 'v2.0.0', 'invalid_version'],
    ['nodot', 'v1.0.0', 'invalid_path'],
  ])('has no zip for %s@%s', async (path, version, code) => {
    await expect(checkZip({ path, version }, bytesSource(pack([])))).rejects.toMatchObject({ code });
    await expect(verifyZip({ path, version }, bytesSource(pack([])))).rejects.toMatchObject({ code });
  });

  it('keeps +incompatible in the prefix', async () => {
    const zip = bytesSource(pack([{ name: 'example.com/m@v2.0.0+incompatible/a.go', content: 'package a\n' }]));
    expect((await verifyZip({ path: 'example.com/m', version: 'v2.0.0+incompatible' }, zip)).files).toBe(1);
  });
});

describe('verifyZip', () => {
  it('gives h1, go.mod, and what it counted', async () => {
    const goMod = 'module example.com/m\n';
    const entries = [
      { name: `${prefix}a.go`, content: 'package a\n' },
      { name: `${prefix}go.mod`, content: goMod },
      { name: `${prefix}d/` },
    ];
    const verified = await verifyZip(module, bytesSource(pack(entries)));
    expect(verified).toMatchObject({ files: 2, uncompressedSize: 10 + goMod.length });
    expect(Buffer.from(verified.goMod ?? []).toString()).toBe(goMod);
    // Directories count in h1, as empty files (spec §7.12).
    const { h1 } = await verifyZip(module, bytesSource(pack(entries.slice(0, 2))));
    expect(verified.h1).not.toBe(h1);
    expect(verified.h1).toBe(await hashZip(bytesSource(pack(entries.toReversed()))));
  });

  it('tells an absent go.mod from an empty one', async () => {
    expect((await verifyZip(module, bytesSource(pack([])))).goMod).toBeUndefined();
    const empty = await verifyZip(module, bytesSource(pack([{ name: `${prefix}go.mod` }])));
    expect(empty.goMod).toEqual(new Uint8Array());
  });

  it('refuses a damaged entry by name', async () => {
    const zip = bytesSource(pack([{ name: `${prefix}a.go`, content: 'package a\n', crc32: 5 }]));
    await expect(verifyZip(module, zip)).rejects.toMatchObject({
      code: 'invalid_zip',
      message: `${prefix}a.go: zip: checksum error`,
    });
  });

  it('stops when aborted, with the reason', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    const entries = Array.from({ length: 3000 }, (_, i) => ({ name: `${prefix}f${i}`, content: 'x'.repeat(20_000) }));
    const call = verifyZip(module, bytesSource(pack(entries)), { signal: controller.signal });
    setTimeout(() => controller.abort(reason), 1);
    await expect(call).rejects.toBe(reason);
  });

  it('lets the event loop turn while it works', async () => {
    const entries = Array.from({ length: 3000 }, (_, i) => ({ name: `${prefix}f${i}`, content: 'x'.repeat(20_000) }));
    const zip = bytesSource(pack(entries));
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await verifyZip(module, zip);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
  });
});
