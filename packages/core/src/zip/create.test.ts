import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import JSZip from 'jszip';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { hashDirectory } from '../dirhash/index.ts';
import type { ArchiveFile } from '../platform/types.ts';
import * as nodeEngine from '../platform/zip-engine.node.ts';
import * as webEngine from '../platform/zip-engine.web.ts';
import {
  checkDirectory,
  checkZip,
  createZip,
  createZipFromDirectory,
  openZip,
  sourceFile,
  unzip,
  verifyZip,
  type ZipSourceFile,
} from './index.ts';

const module = { path: 'example.com/m', version: 'v1.0.0' };
const prefix = 'example.com/m@v1.0.0/';
const file = (path: string, content: string | Uint8Array = ''): ZipSourceFile => sourceFile(path, Buffer.from(content));

/** Delivers `total` compressible bytes in chunks of `chunk`. */
function streamed(path: string, total: number, chunk: number): ZipSourceFile {
  return {
    path,
    kind: 'regular',
    size: total,
    open() {
      let at = 0;
      return new ReadableStream<Uint8Array>({
        pull(controller) {
          const bytes = new Uint8Array(Math.min(chunk, total - at));
          for (let i = 0; i < bytes.length; i++) bytes[i] = Math.imul((at + i) >> 3, 2654435761) >>> 27;
          if (bytes.length > 0) controller.enqueue(bytes);
          at += bytes.length;
          if (at >= total) controller.close();
        },
      });
    },
  };
}

/** All sizes that are treated differently: empty, on the loop, off the loop, streamed; and one that deflate cannot shrink. */
const allSizes = [
  file('go.mod', 'module example.com/m\n'),
  file('empty'),
  file('é/ü.txt', 'x'.repeat(1000)),
  file(
    'random',
    Uint8Array.from({ length: 50 }, (_, i) => (i * 7919) % 256),
  ),
  streamed('middle', 300_000, 10_000),
  streamed('large', 3_000_000, 100_000),
];

describe('createZip', () => {
  it('makes an archive that jszip reads, without directory entries', async () => {
    const zip = await JSZip.loadAsync(await readAll(createZip(module, allSizes)), { checkCRC32: true });
    expect(Object.keys(zip.files)).toEqual(allSizes.map(({ path }) => prefix + path));
    for (const { path, open } of allSizes) {
      const read = (await zip.file(prefix + path)?.async('uint8array')) ?? new Uint8Array();
      expect(Buffer.compare(read, await readAll(await open()))).toBe(0);
    }
  });

  it('makes an archive that unzip finds no fault with', async ({ skip }) => {
    const directory = mkdtempSync(join(tmpdir(), 'create-'));
    try {
      execFileSync('unzip', ['-v'], { stdio: 'ignore' });
      writeFileSync(join(directory, 'm.zip'), await readAll(createZip(module, allSizes)));
      expect(execFileSync('unzip', ['-t', join(directory, 'm.zip')], { encoding: 'utf8' })).toContain('No errors');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return skip('unzip is not installed');
      throw error;
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('gives the same bytes for the same input, however it is chunked', async () => {
    const make = (chunk: number) =>
      readAll(createZip(module, [streamed('a', 2_500_000, chunk), streamed('b', 200_000, chunk)]));
    const first = await make(1000);
    expect(await make(1_000_000)).toEqual(first);
    expect(await make(77_777)).toEqual(first);
  });

  it('stores what deflate does not make smaller', async () => {
    const { entries } = await openZip(bytesSource(await readAll(createZip(module, allSizes))));
    const methods = Object.fromEntries(entries.map(({ name, method }) => [name.slice(prefix.length), method]));
    expect(methods).toMatchObject({ empty: 0, random: 0, middle: 8, large: 8 });
  });

  it('writes more entries than 16 bits count', { timeout: 120_000 }, async () => {
    const count = 65_536;
    const files = Array.from({ length: count }, (_, i) => file(`d${i % 100}/f${i}`));
    const zip = await readAll(createZip(module, files));
    expect((await checkZip(module, bytesSource(zip))).valid).toHaveLength(count);
    // APPNOTE 4.3.14: the number of entries stands 32 bytes into the zip64 record.
    const end = Buffer.from(zip).lastIndexOf('PK\u0006\u0006', undefined, 'latin1');
    expect(Buffer.from(zip).readBigUInt64LE(end + 32)).toBe(BigInt(count));
    if (process.env.GOMODKIT_TEST_SCALE !== 'full') return;
    expect((await verifyZip(module, bytesSource(zip))).files).toBe(count);
    expect(Object.keys((await JSZip.loadAsync(zip)).files)).toHaveLength(count);
  });

  it('accepts a file that is shorter than it says, refuses one that is longer', async () => {
    const short = { ...file('a', 'abc'), size: 10 };
    const { uncompressedSize } = await verifyZip(module, bytesSource(await readAll(createZip(module, [short]))));
    expect(uncompressedSize).toBe(3);
    for (const size of [2, 2_000_000]) {
      const long = { ...streamed('a', size + 1, 1000), size };
      await expect(readAll(createZip(module, [long]))).rejects.toMatchObject({
        code: 'invalid_zip',
        message: 'file "a" is larger than declared size',
      });
    }
  });

  it('names the invalid files, not all of ten thousand', async () => {
    const files = Array.from({ length: 10_000 }, (_, i) => file(`it's ${i}\u0007`));
    const call = readAll(createZip(module, files));
    await expect(call).rejects.toMatchObject({ code: 'invalid_zip', message: expect.stringMatching(/and 9990 more$/) });
    await expect(call).rejects.not.toThrow('\u0007');
  });

  it('opens nothing before it is asked, and nothing after it is cancelled', async () => {
    const opened: string[] = [];
    const watched = Array.from({ length: 50 }, (_, i) => {
      const inner = streamed(`f${i}`, 200_000, 1000);
      const open = () => {
        opened.push(inner.path);
        return inner.open();
      };
      return { ...inner, open };
    });
    const reader = createZip(module, watched).getReader();
    expect(opened).toEqual([]);
    await reader.read();
    await reader.cancel();
    const count = opened.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(opened.length).toBe(count);
    expect(count).toBeLessThan(50);
  });

  it('rejects with the reason of an abort while a file waits, and cancels the file', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    let cancelled: unknown;
    const waiting = {
      ...file('a', 'abc'),
      open: () =>
        new ReadableStream<Uint8Array>({
          cancel: (why) => {
            cancelled = why;
          },
        }),
    };
    const call = readAll(createZip(module, [waiting], { signal: controller.signal }));
    setTimeout(() => controller.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
    expect(cancelled).toBe(reason);
  });

  it('passes on what opening and reading fails with', async () => {
    const fault = new Error('disk');
    const failing = { ...file('a', 'abc'), open: () => Promise.reject(fault) };
    await expect(readAll(createZip(module, [failing]))).rejects.toBe(fault);
    const breaking = {
      ...streamed('a', 3_000_000, 1000),
      open: () => new ReadableStream<Uint8Array>({ pull: (c) => c.error(fault) }),
    };
    await expect(readAll(createZip(module, [breaking]))).rejects.toBe(fault);
  });
});

describe('the two zip engines', () => {
  it('have the same names', () => {
    expect(Object.keys(nodeEngine).sort()).toEqual(Object.keys(webEngine).sort());
  });

  const files: ArchiveFile[] = allSizes.map((source) => ({
    name: prefix + source.path,
    size: source.size,
    chunks: async function* () {
      yield* await source.open();
    },
  }));
  async function* list(): AsyncGenerator<ArchiveFile> {
    yield* files;
  }
  const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    for await (const chunk of chunks) parts.push(chunk);
    return Buffer.concat(parts);
  };

  it('write archives of one h1, each the same each time', async () => {
    const node = await collect(nodeEngine.writeArchive(list()));
    const web = await collect(webEngine.writeArchive(list()));
    const [a, b] = await Promise.all([node, web].map((zip) => verifyZip(module, bytesSource(zip))));
    expect(a).toEqual(b);
    expect(await collect(webEngine.writeArchive(list()))).toEqual(web);
  });

  it('inflate and checksum alike', async () => {
    const content = await readAll(await streamed('a', 100_000, 100_000).open());
    const { deflateRawSync } = await import('node:zlib');
    const deflated = new Uint8Array(deflateRawSync(content));
    async function* pieces(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < deflated.length; at += 1000) yield deflated.slice(at, at + 1000);
    }
    for (const engine of [nodeEngine, webEngine]) {
      expect(Buffer.compare(await engine.inflateSmall(deflated, content.length), content)).toBe(0);
      expect(Buffer.compare(await collect(engine.inflate(pieces())), content)).toBe(0);
      expect(engine.crc32(content.subarray(500), engine.crc32(content.subarray(0, 500)))).toBe(
        nodeEngine.crc32(content),
      );
      await expect((async () => engine.inflateSmall(deflated, 1000))()).rejects.toThrow();
      await expect((async () => engine.inflateSmall(deflated.subarray(0, 100), 100_000))()).rejects.toThrow();
    }
  });

  it('without Node, content is capped', async () => {
    async function* huge(): AsyncGenerator<ArchiveFile> {
      const chunk = new Uint8Array(8 * 1024 * 1024);
      const chunks = async function* () {
        for (let i = 0; i < 9; i++) yield chunk;
      };
      yield { name: 'a', size: 9 * chunk.length, chunks };
    }
    await expect(collect(webEngine.writeArchive(huge()))).rejects.toMatchObject({ code: 'limit_exceeded' });
  });
});

describe('directories', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'directory-'));
    for (const [path, content] of Object.entries({
      'go.mod': 'module example.com/m\n\ngo 1.24\n',
      'b.go': 'package b\n',
      'a/a.go': 'package a\n',
      'sub/go.mod': 'module example.com/m/sub\n',
      'sub/x.go': 'package x\n',
      'cap/GO.MOD': 'x',
      'cap/y.go': 'x',
      '.git/config': 'x',
      'a/.svn/entries': 'x',
      'vendor/p/q/q.go': 'x',
    })) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), content);
    }
    symlinkSync('b.go', join(root, 'link.go'));
  });
  afterEach(() => {
    rmSync(root, { recursive: true });
  });

  it('are walked as Go does (spec §7.8)', async () => {
    const { valid, omitted, invalid } = await checkDirectory(root);
    const local = (path: string) => path.slice(root.length + 1);
    expect(valid.map(local)).toEqual(['a/a.go', 'b.go', 'go.mod']);
    expect(invalid).toEqual([]);
    expect(omitted.map(({ path, error }) => `${local(path)}: ${error}`)).toEqual([
      'cap/GO.MOD: file is in another module',
      'cap/y.go: file is in another module',
      '.git: directory is a version control repository',
      'a/.svn: directory is a version control repository',
      'link.go: not a regular file',
      'sub: directory is in another module',
      'vendor/p/q: file is in vendor directory',
      'vendor/p/q/q.go: file is in vendor directory',
    ]);
  });

  it('make the zip that their files make, and extract to the same h1', async () => {
    const zip = bytesSource(await readAll(createZipFromDirectory(module, root)));
    const { h1, files } = await verifyZip(module, zip);
    expect(files).toBe(3);
    const target = join(root, 'out', 'm');
    await unzip(module, zip, target);
    expect(await hashDirectory(target, 'example.com/m@v1.0.0')).toBe(h1);
  });

  it('may be named by a link', async () => {
    symlinkSync(root, `${root}-link`);
    try {
      const zip = bytesSource(await readAll(createZipFromDirectory(module, `${root}-link`)));
      expect((await verifyZip(module, zip)).files).toBe(3);
    } finally {
      rmSync(`${root}-link`);
    }
  });

  it('must be there, and be readable', async () => {
    await expect(checkDirectory(join(root, 'none'))).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(checkDirectory(join(root, 'b.go'))).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(hashDirectory(join(root, 'none'), 'm')).rejects.toMatchObject({ code: 'invalid_argument' });
    if (process.getuid?.() === 0) return;
    chmodSync(join(root, 'a'), 0);
    await expect(checkDirectory(root)).rejects.toThrow('EACCES');
    chmodSync(join(root, 'a'), 0o755);
  });

  it.runIf(process.platform !== 'win32')('takes a go.mod that links to itself for no go.mod, as Go does', async () => {
    const root = mkdtempSync(join(tmpdir(), 'zip-loop-'));
    symlinkSync('go.mod', join(root, 'go.mod'));
    writeFileSync(join(root, 'a.go'), '');
    const { valid, omitted } = await checkDirectory(root);
    rmSync(root, { recursive: true });
    expect(valid).toEqual([join(root, 'a.go')]);
    expect(omitted).toEqual([{ path: join(root, 'go.mod'), error: 'not a regular file' }]);
  });

  it('with links that lead nowhere have no h1', async () => {
    symlinkSync('nowhere', join(root, 'dangling'));
    await expect(hashDirectory(root, 'm')).rejects.toMatchObject({ code: 'ENOENT' });
  });
});
