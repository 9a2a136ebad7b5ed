// Fixtures that several rows use, each made once per run of the benchmark by a process of its own.

import { existsSync } from 'node:fs';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchModule } from '../fixtures/big-zip.ts';
import { filesInAll } from '../fixtures/source-tree.ts';
import { startNode } from '../harness/program.ts';

/** The module that warm rows ask for; its zip has 200 to 500 KB. */
export const warmModule: BenchModule = { path: 'example.com/warm', version: 'v1.2.3' };

/** The module of the shape of client-go. */
export const clientModule: BenchModule = { path: 'example.com/client', version: 'v0.30.0' };

/** The module whose zip is {@link bigZip}. */
export const bigModule: BenchModule = { path: 'example.com/big', version: 'v1.0.0' };

const mebibyte = 1024 * 1024;

/** Just below what a module may have (500 MiB of content and of archive). */
export const bigSize: number = 495 * mebibyte;

/** A tenth of that, to see what grows. */
export const tenthSize: number = 50 * mebibyte;

/** The directory of {@link clientModule}. */
export function clientTree(shared: string): Promise<string> {
  return tree(shared, 'client', clientModule, filesInAll);
}

/** The zip of {@link clientModule}. */
export async function clientZip(shared: string): Promise<string> {
  return zipOf(shared, 'client', clientModule, await clientTree(shared));
}

/** The zip of {@link warmModule}. */
export async function warmZip(shared: string): Promise<string> {
  return zipOf(shared, 'warm', warmModule, await tree(shared, 'warm', warmModule, 200));
}

function tree(shared: string, name: string, module: BenchModule, count: number): Promise<string> {
  return fixture(join(shared, `${name}-tree`), { op: 'writeTree', module, count }, 'directory');
}

function zipOf(shared: string, name: string, module: BenchModule, directory: string): Promise<string> {
  return fixture(join(shared, `${name}.zip`), { op: 'writeZip', directory, module }, 'file');
}

/** A zip of {@link bigModule} with so many bytes of content. */
export function bigZip(shared: string, size: number): Promise<string> {
  return fixture(join(shared, `big-${size}.zip`), { op: 'writeBigZip', size, module: bigModule }, 'file');
}

/** Makes a fixture unless it is there; a half-made one never gets its name. */
export async function fixture(path: string, request: object, target: 'file' | 'directory'): Promise<string> {
  if (existsSync(path)) return path;
  const worker = startNode('worker');
  try {
    await worker.ask({ ...request, [target]: `${path}.part` });
    await rename(`${path}.part`, path);
  } finally {
    await worker.stop();
  }
  return path;
}
