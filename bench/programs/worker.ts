// Work without a network: zips, hashes, storage. Each operation says how long it took, files read and written before not counted.

import { open, readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { dirhash, fileSource, zip } from '@gomodkit/core';
import JSZip from 'jszip';
import { type BenchModule, writeBigZip } from '../fixtures/big-zip.ts';
import { writeSourceTree } from '../fixtures/source-tree.ts';
import { answerLines, timed } from './answer-lines.ts';
import { auditStore, writeStore } from './worker-audit.ts';
import { buildList } from './worker-graph.ts';
import { indexPages } from './worker-index.ts';
import { appendRecords, lookUpRecords } from './worker-log.ts';
import { createFiles } from './worker-storage.ts';

interface FileRequest {
  readonly module: BenchModule;
  readonly file: string;
}

interface DirectoryRequest {
  readonly module: BenchModule;
  readonly directory: string;
}

const trees = new Map<string, Promise<ReadonlyMap<string, Uint8Array>>>();

/** The files of a directory, read once. */
function filesOf(directory: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const known = trees.get(directory) ?? readTree(directory);
  trees.set(directory, known);
  return known;
}

async function readTree(directory: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const names = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = await Promise.all(
    names.map(async (name) => [relative(directory, name), await readFile(name)] as const),
  );
  return new Map(files);
}

async function withFile<T>(
  path: string,
  use: (file: Awaited<ReturnType<typeof fileSource>>) => Promise<T>,
): Promise<T> {
  const file = await fileSource(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

await answerLines({
  /** Makes fixtures. */
  writeTree: ({ directory, module, count }: DirectoryRequest & { readonly count: number }) =>
    timed(() => writeSourceTree(directory, module.path, count)),
  writeBigZip: ({ file, module, size }: FileRequest & { readonly size: number }) =>
    timed(() => writeBigZip(file, module, size)),
  async writeZip({ directory, file, module }: FileRequest & DirectoryRequest) {
    const target = await open(file, 'wx');
    for await (const chunk of zip.createZipFromDirectory(module, directory)) await target.write(chunk);
    await target.close();
    return {};
  },

  async buildZip({ directory, module }: DirectoryRequest) {
    const files = [...(await filesOf(directory))].map(([path, bytes]) => zip.sourceFile(path, bytes));
    let size = 0;
    const { milliseconds } = await timed(async () => {
      for await (const chunk of zip.createZip(module, files)) size += chunk.length;
    });
    return { milliseconds, size };
  },
  async buildWithJszip({ directory, module: { path, version } }: DirectoryRequest) {
    const files = await filesOf(directory);
    let size = 0;
    const { milliseconds } = await timed(async () => {
      const archive = new JSZip();
      for (const [name, bytes] of files) archive.file(`${path}@${version}/${name}`, bytes, { createFolders: false });
      size = (await archive.generateAsync({ type: 'uint8array', compression: 'DEFLATE' })).length;
    });
    return { milliseconds, size };
  },
  async hashZip({ file }: FileRequest) {
    let h1 = '';
    const { milliseconds } = await timed(async () => {
      h1 = await withFile(file, (bytes) => dirhash.hashZip(bytes));
    });
    return { milliseconds, h1 };
  },
  async verifyZip({ file, module }: FileRequest) {
    let h1 = '';
    const { milliseconds } = await timed(async () => {
      h1 = await withFile(file, async (bytes) => (await zip.verifyZip(module, bytes)).h1);
    });
    return { milliseconds, h1 };
  },

  writeStore,
  auditStore,
  buildList,
  indexPages,
  createFiles,
  appendRecords,
  lookUpRecords,
});
