// The rules of spec §8, for clones without the vectors. Expectations were compared with golang.org/x/mod v0.42.0.

import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack } from '../../test/pack.ts';
import { bytesSource, streamOf } from '../bytes/source.ts';
import { goSumLines, type HashFile, hash1, hashDirectory, hashGoMod, hashZip } from './index.ts';

const file = (name: string, content: string): HashFile => ({ name, open: () => streamOf(Buffer.from(content)) });

/** Spec §8.1 word for word. */
function byTheBook(files: readonly (readonly [Buffer, string])[]): string {
  const lines = [...files]
    .sort(([a], [b]) => Buffer.compare(a, b))
    .map(([name, content]) => [createHash('sha256').update(content).digest('hex'), '  ', name, '\n']);
  const summary = createHash('sha256');
  for (const part of lines.flat()) summary.update(part);
  return `h1:${summary.digest('base64')}`;
}

describe('h1 (spec §8.1)', () => {
  it('of nothing', async () => {
    expect(await hash1([])).toBe('h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
    expect(await hashZip(bytesSource(pack([])))).toBe('h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=');
  });

  it('of files in any order', async () => {
    const h1 = 'h1:EP6WfDoQTSk9klnxcjriWJOGztueJUywHNmWeq+efB8=';
    expect(await hash1([file('xyz', 'data for xyz'), file('abc', 'data for abc')])).toBe(h1);
    expect(await hash1([file('abc', 'data for abc'), file('xyz', 'data for xyz')])).toBe(h1);
  });

  it('sorts by the bytes of names, not by UTF-16 units', async () => {
    const files = [
      { name: 'm@v1.0.0/😀', content: 'b' },
      { name: 'm@v1.0.0/Ａ', content: 'a' },
    ];
    expect(await hashZip(bytesSource(pack(files)))).toBe('h1:DBOazUuQRwWT09XmE/M86au91fNMquS7k/qRdex36Ek=');
  });

  it('is what the rule says, for all names', async () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 5 }).filter((text) => !text.includes('\n'));
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.tuple(name, fc.string()), { selector: ([n]) => n }), async (files) => {
        const expected = byTheBook(files.map(([path, content]) => [Buffer.from(path), content]));
        expect(await hash1(files.map(([path, content]) => file(path, content)))).toBe(expected);
      }),
    );
  });

  it('hashes names that are not UTF-8 as their bytes', async () => {
    const names = [Buffer.of(0x61, 0xff), Buffer.from('aé'), Buffer.from('a\uffff'), Buffer.of(0x61, 0x80)];
    const zip = pack(names.map((name, index) => ({ name, content: String(index) })));
    expect(await hashZip(bytesSource(zip))).toBe(byTheBook(names.map((name, index) => [name, String(index)])));
  });

  it('refuses a name with a line feed', async () => {
    const error = { code: 'invalid_argument', message: 'dirhash: filenames with newlines are not supported' };
    await expect(hash1([file('a\nb', '')])).rejects.toMatchObject(error);
    await expect(hashZip(bytesSource(pack([{ name: 'a\nb' }])))).rejects.toMatchObject(error);
  });

  it('of a zip counts directories as empty files, and the last of one name for all', async () => {
    const directory = pack([{ name: 'm@v1.0.0/d/' }, { name: 'm@v1.0.0/d/f', content: 'x' }]);
    expect(await hashZip(bytesSource(directory))).toBe('h1:KirFH/Q5x4xt0mx4ug0SprAetK6zvWD5ou6biUzESC4=');
    const twice = pack([
      { name: 'm@v1.0.0/a', content: 'first' },
      { name: 'm@v1.0.0/a', content: 'last' },
    ]);
    expect(await hashZip(bytesSource(twice))).toBe('h1:GA50NeU7nclZvxGBrZc351cZzw4JVZgWs4eBKd9kk0o=');
  });

  it('refuses to hash more than a module can hold', async () => {
    const zip = bytesSource(pack([{ name: 'a', size: 600 * 1024 * 1024 }]));
    await expect(hashZip(zip)).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  it('of an empty go.mod is the one that go.sum readers drop (spec §8.5)', () => {
    expect(hashGoMod(new Uint8Array())).toBe('h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=');
  });

  it('stops when aborted', async () => {
    const reason = new Error('stop');
    await expect(hash1([file('a', 'x')], { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });
});

describe('h1 of a directory', () => {
  it('takes every file under the prefix, and follows links to files', async () => {
    const root = mkdtempSync(join(tmpdir(), 'dirhash-'));
    try {
      mkdirSync(join(root, 'a'));
      mkdirSync(join(root, '.git'));
      writeFileSync(join(root, 'a', 'b'), 'b');
      writeFileSync(join(root, '.git', 'c'), 'c');
      symlinkSync('a/b', join(root, 'link'));
      const expected = byTheBook([
        [Buffer.from('m@v1/a/b'), 'b'],
        [Buffer.from('m@v1/.git/c'), 'c'],
        [Buffer.from('m@v1/link'), 'b'],
      ]);
      expect(await hashDirectory(root, 'm@v1')).toBe(expected);
      expect(await hashDirectory(root, 'm@v1/')).toBe(expected);
      symlinkSync('a', join(root, 'directory'));
      await expect(hashDirectory(root, 'm@v1')).rejects.toThrow('not a regular file');
    } finally {
      rmSync(root, { recursive: true });
    }
  });
});

describe('go.sum lines (spec §8.4)', () => {
  const module = { path: 'example.com/M', version: 'v2.0.0+incompatible' };
  it('are unescaped, the zip first', () => {
    expect(goSumLines(module, { goMod: 'h1:b', zip: 'h1:a' })).toBe(
      'example.com/M v2.0.0+incompatible h1:a\nexample.com/M v2.0.0+incompatible/go.mod h1:b\n',
    );
    expect(goSumLines(module, { goMod: 'h1:b' })).toBe('example.com/M v2.0.0+incompatible/go.mod h1:b\n');
    expect(goSumLines(module, {})).toBe('');
  });
});
