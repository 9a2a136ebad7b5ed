// The vector files of spec §7, row by row.

import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { constants, crc32, deflateRawSync } from 'node:zlib';
import { afterAll, expect, it } from 'vitest';
import { pack } from '../../test/pack.ts';
import { bytesOf, describeVectors, type VectorText } from '../../test/vectors.ts';
import { readAll } from '../bytes/source.ts';
import { hashDirectory, hashZip } from '../dirhash/index.ts';
import { rawText } from '../gotext/raw.ts';
import {
  bytesSource,
  type CheckedFiles,
  checkDirectory,
  checkedFilesError,
  checkFiles,
  checkZip,
  createZip,
  createZipFromDirectory,
  goVersionOf,
  isVendored,
  sourceFile,
  unzip,
  verifyZip,
  type ZipSourceFile,
} from './index.ts';

interface File {
  readonly name: VectorText;
  readonly data: VectorText;
  readonly kind?: 'symlink' | 'dir' | 'device';
}
interface Want {
  readonly valid: readonly string[];
  readonly omitted: readonly { path: string; error: string }[];
  readonly invalid: readonly { path: string; error: string }[];
}
interface Row {
  readonly name: string;
  readonly path: VectorText;
  readonly version: string;
  readonly files: readonly File[];
  readonly want: Want;
  readonly wantErr?: string;
  readonly h1?: string;
}

/** Whether the long runs are wanted: half a gigabyte written and read back. */
const isFull = process.env.GOMODKIT_TEST_SCALE === 'full';

const scratch: string[] = [];
afterAll(() => {
  for (const directory of scratch) rmSync(directory, { recursive: true });
});
function newDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'zip-vectors-'));
  scratch.push(directory);
  return directory;
}

const text = (value: VectorText): string => rawText(bytesOf(value));
const kinds = { symlink: 'symlink', dir: 'directory', device: 'other' } as const;

function toSource(file: File): ZipSourceFile {
  return { ...sourceFile(text(file.name), bytesOf(file.data)), kind: file.kind ? kinds[file.kind] : 'regular' };
}

function writeTree(files: readonly File[], root = newDirectory()): string {
  for (const file of files) {
    const path = join(root, text(file.name));
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytesOf(file.data));
  }
  return root;
}

function expectChecked(checked: CheckedFiles, want: Want): void {
  expect({ valid: checked.valid, omitted: checked.omitted, invalid: checked.invalid }).toEqual(want);
  expect(checked.sizeError).toBeUndefined();
  expect(checkedFilesError(checked) === undefined).toBe(want.invalid.length === 0);
}

function moduleOf(row: Row): { path: string; version: string } {
  return { path: text(row.path), version: row.version };
}

describeVectors<Row>('zip-check-files', ({ cases }) => {
  it.each(cases)('$name', async (row) => {
    expectChecked(await checkFiles(row.files.map(toSource)), row.want);
  });
});

describeVectors<Row>('zip-check-dir', ({ cases }) => {
  it.each(cases)('$name', async (row) => {
    const root = writeTree(row.files);
    const want = JSON.parse(JSON.stringify(row.want).replaceAll('$work', root)) as Want;
    expectChecked(await checkDirectory(root), want);
  });
});

describeVectors<Row>('zip-check-zip', ({ cases }) => {
  it.each(cases)('$name', async (row) => {
    const zip = pack(row.files.map((file) => ({ name: text(file.name), content: bytesOf(file.data) })));
    expectChecked(await checkZip(moduleOf(row), bytesSource(zip)), row.want);
  });
});

async function expectMade(row: Row, stream: ReadableStream<Uint8Array>): Promise<void> {
  if (row.wantErr !== undefined) {
    await expect(readAll(stream)).rejects.toThrow(row.wantErr);
    return;
  }
  const zip = bytesSource(await readAll(stream));
  expect(await hashZip(zip)).toBe(row.h1);
  expect((await verifyZip(moduleOf(row), zip)).h1).toBe(row.h1);
}

describeVectors<Row>('zip-create', ({ cases }) => {
  it.each(cases)('$name', (row) => expectMade(row, createZip(moduleOf(row), row.files.map(toSource))));
});

describeVectors<Row>('zip-create-from-dir', ({ cases }) => {
  it.each(cases)('$name', (row) => expectMade(row, createZipFromDirectory(moduleOf(row), writeTree(row.files))));
});

describeVectors<{ desc: string; h1: string; files?: File[] }>('zip-create-special', ({ cases }) => {
  // How to build what `setup` describes.
  const setups: Record<string, (root: string, files: readonly File[]) => string> = {
    ignore_empty_dir(root) {
      mkdirSync(join(root, 'empty'));
      return root;
    },
    ignore_symlink(root) {
      symlinkSync('link', join(root, 'link'));
      return root;
    },
    dir_is_vendor: (root, files) => writeTree(files, join(root, 'vendor')),
  };
  it.each(cases)('$desc', async ({ desc, h1, files }) => {
    const root = setups[desc]?.(newDirectory(), files ?? []) ?? '';
    const zip = await readAll(createZipFromDirectory({ path: 'example.com/m', version: 'v1.0.0' }, root));
    expect(await hashZip(bytesSource(zip))).toBe(h1);
  });
});

describeVectors<Row>('zip-unzip', ({ cases }) => {
  it.each(cases)('$name', async (row) => {
    const zip = bytesSource(pack(row.files.map((file) => ({ name: text(file.name), content: bytesOf(file.data) }))));
    const target = join(newDirectory(), 'target');
    if (row.wantErr !== undefined) {
      await expect(unzip(moduleOf(row), zip, target)).rejects.toThrow(row.wantErr);
      await expect(verifyZip(moduleOf(row), zip)).rejects.toThrow(row.wantErr);
      return;
    }
    await unzip(moduleOf(row), zip, target);
    expect(await hashDirectory(target, `${text(row.path)}@${row.version}`)).toBe(row.h1);
    expect((await verifyZip(moduleOf(row), zip)).h1).toBe(row.h1);
  });
});

describeVectors<{
  goMod: VectorText;
  goVersion: string;
  vendorModulesTxtOmitted: boolean;
  nestedVendorFileOmitted: boolean;
}>('zip-go-version', ({ cases }) => {
  it.each(cases)('$goMod', (row) => {
    const version = goVersionOf(bytesOf(row.goMod));
    expect(version === undefined ? '' : `go${version}`).toBe(row.goVersion);
    expect(isVendored('vendor/modules.txt', version)).toBe(row.vendorModulesTxtOmitted);
    expect(isVendored('pkg/vendor/v.go', version)).toBe(row.nestedVendorFileOmitted);
  });
});

describeVectors<{ path: string; goVersion: string; vendored: boolean }>('zip-is-vendored', ({ cases }) => {
  it.each(cases)('$path $goVersion', ({ path, goVersion, vendored }) => {
    expect(isVendored(path, goVersion.replace(/^go/, '') || undefined)).toBe(vendored);
  });
});

interface SizeRow {
  readonly desc: string;
  readonly files: readonly { name: string; declaredSize: number; data?: string }[];
  readonly ops: readonly string[];
  readonly expect: Readonly<Record<string, string | null>>;
}

describeVectors<SizeRow>('zip-size-limits', ({ cases, special }) => {
  const module = { path: 'example.com/m', version: 'v1.0.0' };

  /** A file that delivers what it declares without ever holding it. */
  function declared({ name, declaredSize, data }: SizeRow['files'][number]): ZipSourceFile {
    const negative = declaredSize > Number.MAX_SAFE_INTEGER;
    if (data !== undefined) return { ...sourceFile(name, Buffer.from(data)), size: declaredSize };
    return {
      path: name,
      kind: 'regular',
      size: negative ? -1 : declaredSize,
      open: () => zeros(negative ? 0 : declaredSize),
    };
  }

  async function outcome(run: () => Promise<unknown>): Promise<string | null> {
    try {
      await run();
      return null;
    } catch (error) {
      return (error as Error).message;
    }
  }

  const checked = async (verdict: Promise<CheckedFiles>): Promise<void> => {
    const error = checkedFilesError(await verdict);
    if (error) throw error;
  };

  const operations: Record<string, (row: SizeRow) => Promise<unknown>> = {
    CheckFiles: (row) => checked(checkFiles(row.files.map(declared))),
    Create: async (row) => {
      let size = 0;
      for await (const chunk of createZip(module, row.files.map(declared))) {
        size += chunk.length;
        // All verdicts on sizes come before the first byte, but for a file that lies.
        if (!isFull && size > 100_000) break;
      }
    },
    CheckZip: (row) => checked(checkZip(module, bytesSource(zipOfZeros(row)))),
    // What is accepted is written to disk in the full run alone; verifyZip reads it as unzip does.
    Unzip: (row) => {
      const zip = bytesSource(zipOfZeros(row));
      const isHuge = row.files.some(({ declaredSize }) => declaredSize > 100_000_000);
      return isHuge && !isFull && row.expect.Unzip === null
        ? verifyZip(module, zip)
        : unzip(module, zip, join(newDirectory(), 'x'));
    },
  };

  const zipOfZeros = (row: SizeRow): Uint8Array =>
    pack(
      row.files.map(({ name, declaredSize }) => ({
        name: `example.com/m@v1.0.0/${name}`,
        ...deflatedZeros(declaredSize),
      })),
    );

  const runs = cases.flatMap((row) => row.ops.map((op) => ({ desc: row.desc, op, row })));
  it.each(runs)('$desc $op', { timeout: 120_000 }, async ({ op, row }) => {
    const got = await outcome(() => operations[op]?.(row) ?? Promise.reject(new Error(`no operation ${op}`)));
    const want = row.expect[op] ?? null;
    if (want === null) expect(got).toBeNull();
    else expect(got).toContain(want);
  });

  it('special: large_zip, too_large_zip, size_is_a_lie', async () => {
    expect((special as { desc: string }[]).map(({ desc }) => desc)).toEqual([
      'large_zip',
      'too_large_zip',
      'size_is_a_lie',
    ]);
    const sized = (size: number) => ({
      size,
      stream: () => zeros(size),
      slice: (a: number, b: number) => sized(b - a),
    });
    const target = join(newDirectory(), 'x');
    await expect(unzip(module, sized(524288000), target)).rejects.toThrow('not a valid zip file');
    await expect(unzip(module, sized(524288001), target)).rejects.toThrow('module zip file is too large');
    const zip = pack([{ name: 'example.com/m@v1.0.0/go.mod', content: new Uint8Array(0x0bad) }]);
    for (let at = 0; at + 4 <= zip.length; at++) {
      // The uncompressed size follows the compressed one in both headers.
      if (zip[at] === 0xad && zip[at + 1] === 0x0b && zip[at + 2] === 0) [zip[at], zip[at + 1]] = [0xac, 0];
    }
    await expect(unzip(module, bytesSource(zip), target)).rejects.toThrow('not a valid zip file');
    await expect(verifyZip(module, bytesSource(zip))).rejects.toThrow('not a valid zip file');
  });
});

/** Zeros as an entry of an archive has them: a deflated block of them, as often as it takes. */
function deflatedZeros(size: number): { size: number; raw: Uint8Array; crc32: number } {
  const block = new Uint8Array(1024 * 1024);
  const blocks = Array.from({ length: Math.floor(size / block.length) }, () => block);
  const whole = deflateRawSync(block, { finishFlush: constants.Z_SYNC_FLUSH });
  const rest = block.subarray(0, size % block.length);
  return {
    size,
    raw: Buffer.concat([...blocks.map(() => whole), deflateRawSync(rest)]),
    crc32: [...blocks, rest].reduce((crc, bytes) => crc32(bytes, crc), 0),
  };
}

function zeros(size: number): ReadableStream<Uint8Array> {
  const block = new Uint8Array(1024 * 1024);
  let left = size;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      const length = Math.min(left, block.length);
      if (length > 0) controller.enqueue(block.subarray(0, length));
      left -= length;
      if (left <= 0) controller.close();
    },
  });
}
