import { execFileSync } from 'node:child_process';
import { crc32, deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { type PackEntry, type PackOptions, pack } from '../../test/pack.ts';
import { bytesSource, concatBytes, streamOf } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { openZip, type ZipReader } from './index.ts';

const abc: PackEntry = { name: 'm/a', content: 'abc'.repeat(100) };
const xyz: PackEntry = { name: 'm/x', content: 'xyz' };

function open(entries: readonly PackEntry[], options?: PackOptions): Promise<ZipReader> {
  return openZip(bytesSource(pack(entries, options)));
}

async function contentsOf(reader: ZipReader): Promise<Record<string, string>> {
  const contents: Record<string, string> = {};
  for (const entry of reader.entries) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader.contents(entry)) chunks.push(chunk.slice());
    const size = chunks.reduce((sum, { length }) => sum + length, 0);
    contents[entry.name] = new TextDecoder().decode(concatBytes(chunks, size));
  }
  return contents;
}

async function readFirst(entry: PackEntry, options?: PackOptions): Promise<string> {
  const contents = await contentsOf(await open([entry], options));
  return Object.values(contents)[0] ?? '';
}

/** A zip64 extra field with these numbers. */
function zip64(...numbers: bigint[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(4 + 8 * numbers.length));
  bytes.setUint16(0, 1, true);
  bytes.setUint16(2, 8 * numbers.length, true);
  numbers.forEach((number, index) => {
    bytes.setBigUint64(4 + 8 * index, number, true);
  });
  return new Uint8Array(bytes.buffer);
}

function descriptor(crc: number, signature = true): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setUint32(0, 0x08074b50, true);
  bytes.setUint32(4, crc, true);
  return new Uint8Array(bytes.buffer).subarray(signature ? 0 : 4);
}

describe('the central directory alone is read (spec §7.13)', () => {
  const both = { 'm/a': 'abc'.repeat(100), 'm/x': 'xyz' };
  it.each<[string, PackOptions]>([
    ['data before the first entry, offsets not adjusted', { before: encodeUtf8('#!/bin/sh\n') }],
    ['a comment', { comment: 'made by hand' }],
    ['a comment of 65,535 bytes', { comment: 'c'.repeat(65535) }],
    ['bytes after the comment', { after: encodeUtf8('trailing') }],
    ['a count that is right modulo 65,536', { count: 2 + 65536 }],
  ])('reads through %s', async (_, options) => {
    expect(await contentsOf(await open([abc, xyz], options))).toEqual(both);
  });

  it('finds entries whose offsets count from the start of the data', async () => {
    const inner = pack([abc, xyz]);
    const before = encodeUtf8('prefix');
    const zip = new Uint8Array([...before, ...inner]);
    expect(await contentsOf(await openZip(bytesSource(zip)))).toEqual(both);
  });

  it('takes names and sizes from the directory, whatever local headers say', async () => {
    const reader = await open([{ ...abc, localName: '../../evil', localExtra: new Uint8Array(9) }]);
    expect(await contentsOf(reader)).toEqual({ 'm/a': 'abc'.repeat(100) });
  });

  it('does not take an end record in a comment for the end', async () => {
    const reader = await open([{ ...abc, comment: 'PK\x05\x06' }]);
    expect(reader.entries.map(({ name }) => name)).toEqual(['m/a']);
  });

  it('keeps duplicates, in order', async () => {
    const { entries } = await open([abc, xyz, abc]);
    expect(entries.map(({ name }) => name)).toEqual(['m/a', 'm/x', 'm/a']);
  });

  it('keeps names as bytes, with or without the UTF-8 flag', async () => {
    const e = Uint8Array.of(0x6d, 0x82); // é in code page 437, not UTF-8
    const { entries } = await open([{ name: 'mé' }, { name: 'mé', flags: 0x800 }, { name: e }]);
    expect(entries.map(({ name }) => name)).toEqual(['mé', 'mé', 'm\udc82']);
  });

  it.each<[string, Uint8Array]>([
    ['nothing', new Uint8Array()],
    ['garbage', new Uint8Array(5000).fill(7)],
    ['a truncated archive', pack([abc]).subarray(0, -30)],
    ['a wrong count', pack([abc], { count: 2 })],
    ['a directory outside the file', pack([abc], { directorySize: 1_000_000 })],
    ['a comment that is cut off', pack([abc], { comment: 'long comment' }).subarray(0, -3)],
  ])('refuses %s', async (_, bytes) => {
    await expect(openZip(bytesSource(bytes))).rejects.toMatchObject({
      code: 'invalid_zip',
      message: expect.stringContaining('not a valid zip file'),
    });
  });

  it('asks for random access', async () => {
    const source = { size: 3, stream: () => streamOf(new Uint8Array(3)) };
    await expect(openZip(source)).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

describe('zip64', () => {
  const size = BigInt(deflateRawSync(Buffer.from('abc'.repeat(100))).length);
  it.each<[string, Partial<PackEntry>]>([
    ['size', { size: 0xffffffff, extra: zip64(300n) }],
    ['compressed size', { compressedSize: 0xffffffff, extra: zip64(size) }],
    ['offset', { offset: 0xffffffff, extra: zip64(0n) }],
    ['all three', { size: 0xffffffff, compressedSize: 0xffffffff, offset: 0xffffffff, extra: zip64(300n, size, 0n) }],
  ])('takes the %s from the extra field', async (_, lies) => {
    expect(await readFirst({ ...abc, ...lies })).toBe('abc'.repeat(100));
  });

  it('refuses a field that is too short, and one that is missing', async () => {
    const short = { ...abc, size: 0xffffffff, compressedSize: 0xffffffff, extra: zip64(300n) };
    await expect(open([short])).rejects.toMatchObject({ code: 'invalid_zip' });
    await expect(open([{ ...abc, compressedSize: 0xffffffff }])).rejects.toMatchObject({ code: 'invalid_zip' });
  });

  it('ignores a field that nothing points to', async () => {
    expect(await readFirst({ ...abc, extra: zip64(1n, 2n, 3n) })).toBe('abc'.repeat(100));
  });
});

describe('contents', () => {
  it('reads stored and deflated entries, empty ones, and ones with a data descriptor', async () => {
    const crc = 0x352441c2; // of "abc"
    expect(await readFirst({ name: 'a', content: 'abc', method: 0 })).toBe('abc');
    expect(await readFirst({ name: 'a', content: '', method: 0 })).toBe('');
    expect(await readFirst({ name: 'a', content: '' })).toBe('');
    expect(await readFirst({ name: 'a', content: 'abc', flags: 8, descriptor: descriptor(crc) })).toBe('abc');
    expect(await readFirst({ name: 'a', content: 'abc', flags: 8, descriptor: descriptor(crc, false) })).toBe('abc');
  });

  it('ignores what follows the end of a deflate stream', async () => {
    const raw = Buffer.concat([deflateRawSync('abc'), Buffer.from('junk')]);
    expect(await readFirst({ name: 'a', content: 'abc', raw })).toBe('abc');
  });

  it('reads on to the end of the archive where a compressed size leads past it, as Go', async () => {
    const sizes = [1_000_000n, 0x8000000000000001n];
    for (const size of sizes) {
      expect(await readFirst({ ...abc, compressedSize: 0xffffffff, extra: zip64(size) })).toBe('abc'.repeat(100));
    }
  });

  it('does not look at encryption flags or modes, as Go', async () => {
    expect(await readFirst({ name: 'a', content: 'abc', flags: 1, attributes: 0xa1ff0000 })).toBe('abc');
  });

  it.each([
    [true, 16, 16],
    [false, 12, 12],
  ])('wants a data descriptor whole, its signature (%s) included, as Go', async (signature, length, least) => {
    const content = encodeUtf8('abc');
    const local = pack([{ name: 'a', content, method: 0 }]).subarray(0, 30 + 1 + 3);
    const entry: PackEntry = { name: 'a', content, method: 0, flags: 8 };
    const offset = pack([entry]).length;
    const readWith = (bytes: number) => {
      const after = concatBytes([local, descriptor(crc32(content), signature).subarray(0, bytes)], 34 + bytes);
      return readFirst({ ...entry, offset }, { after });
    };
    expect(await readWith(length)).toBe('abc');
    await expect(readWith(least - 1)).rejects.toThrow('unexpected EOF');
  });

  it('does not check a CRC of zero without a descriptor, as Go', async () => {
    expect(await readFirst({ name: 'a', content: 'abc', crc32: 0 })).toBe('abc');
  });

  const large = 'x'.repeat(3_000_000);
  it.each<[string, PackEntry, RegExp]>([
    ['another method', { name: 'a', content: 'abc', method: 12 }, /unsupported compression algorithm 12/],
    ['a wrong CRC', { name: 'a', content: 'abc', crc32: 1 }, /checksum error/],
    ['a wrong CRC of a large entry', { name: 'a', content: large, crc32: 1 }, /checksum error/],
    ['content longer than declared', { name: 'a', content: 'abc', size: 2 }, /not a valid zip file/],
    ['a bomb', { name: 'a', content: large, size: 1_000_000 }, /longer than declared/],
    ['a stored bomb', { name: 'a', content: large, size: 1_000_000, method: 0 }, /longer than declared/],
    ['content shorter than declared', { name: 'a', content: 'abc', size: 4 }, /shorter than declared/],
    ['a damaged stream', { name: 'a', content: 'abc', raw: Uint8Array.of(0xff, 0xff) }, /not a valid zip file/],
    ['a cut stream', { name: 'a', content: large, raw: deflateRawSync(large).subarray(0, 1000) }, /not a valid zip/],
    ['a header elsewhere', { name: 'a', content: 'abc', offset: 3 }, /not where the directory says/],
    ['a header outside', { name: 'a', content: 'abc', offset: 1_000_000 }, /outside the zip/],
    ['a directory with content', { name: 'a/', content: 'abc' }, /directory has content/],
    ['a descriptor that disagrees', { name: 'a', content: 'abc', flags: 8, descriptor: descriptor(5) }, /checksum/],
  ])('refuses %s', async (_, entry, message) => {
    await expect(readFirst(entry)).rejects.toMatchObject({
      code: 'invalid_zip',
      message: expect.stringMatching(message),
      data: { entry: entry.name },
    });
  });

  it('refuses entries that multiply the work by sharing their bytes', async () => {
    const raw = new Uint8Array(1_000_000);
    const entries = Array.from({ length: 600 }, (_, i) => ({ name: `m/${i}`, offset: 0, compressedSize: 1_000_000 }));
    const zip = pack([{ name: 'm/a', raw, method: 0 }, ...entries]);
    await expect(openZip(bytesSource(zip))).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  it('stops when aborted', async () => {
    const reason = new Error('stop');
    const call = openZip(bytesSource(pack([abc])), { signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
  });
});

describe('archives of other tools', () => {
  it('reads what jszip writes', async () => {
    const { default: JSZip } = await import('jszip');
    const zip = new JSZip();
    zip.file('m/é.txt', 'text').file('m/dir/x', 'x'.repeat(10_000));
    const bytes = await zip.generateAsync({ type: 'uint8array', compression: 'DEFLATE', streamFiles: true });
    const contents = await contentsOf(await openZip(bytesSource(bytes)));
    expect(contents).toEqual({ 'm/': '', 'm/é.txt': 'text', 'm/dir/': '', 'm/dir/x': 'x'.repeat(10_000) });
  });

  it('reads what git archive writes', async ({ skip }) => {
    const root = new URL('../../../..', import.meta.url);
    let bytes: Buffer;
    try {
      bytes = execFileSync('git', ['archive', '--format=zip', 'HEAD', 'packages/core/package.json'], { cwd: root });
    } catch {
      return skip('no git checkout');
    }
    const contents = await contentsOf(await openZip(bytesSource(bytes)));
    expect(contents['packages/core/package.json']).toContain('@gomodkit/core');
  });
});
