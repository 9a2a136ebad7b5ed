// Whether a directory of modules is whole: read as a file tree, without the code that wrote it.

import { readdir, readFile } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { bytesSource, dirhash, fileSource, memorySource, module, zip } from '@gomodkit/core';
import type { Modules } from './graph.ts';

/** What was found, all of it whole. */
export interface StoreContents {
  readonly versions: number;
  readonly zips: number;
}

/**
 * Rejects when anything in `directory` that a reader could take for a module is not what `modules` have: an `.info` without `.mod`, other
 * bytes than the fixture's, a `.zip` that does not verify or whose h1 is not that of its `.ziphash`, a list with a version that has no `.info`.
 * Looks only into the folder `prefix`, which ends with a slash where it is given.
 */
export async function checkStore(directory: string, modules: Modules, prefix = ''): Promise<StoreContents> {
  const names = await readdir(join(directory, prefix), { recursive: true }).catch(absentAsEmpty);
  const found = names.map((name) => prefix + name.split(sep).join('/'));
  const files = new Set(found.filter((name) => !name.startsWith('.')));
  const ending = (suffix: string): string[] => [...files].filter((name) => name.endsWith(suffix)).sort();
  const source = memorySource(modules);
  for (const name of ending('.info')) {
    const { path, version, base } = versionOf(name, '.info');
    const info = JSON.parse(await readFile(join(directory, name), 'utf8')) as { Version: string };
    equal(info.Version, version, name);
    if (!files.has(`${base}.mod`)) throw new Error(`${name} is there without its .mod`);
    const stored = await readFile(join(directory, `${base}.mod`));
    equal(stored.toString('utf8'), Buffer.from(await source.goMod(path, version)).toString('utf8'), `${base}.mod`);
  }
  for (const name of ending('.zip')) {
    const { path, version, base } = versionOf(name, '.zip');
    const h1 = await hashOf({ path, version }, join(directory, name));
    equal(await readFile(join(directory, `${base}.ziphash`), 'utf8'), h1, `${base}.ziphash`);
    equal(h1, await fixtureHash(modules, path, version), name);
  }
  for (const name of ending('/@v/list')) await checkList(directory, name, files);
  return { versions: ending('.info').length, zips: ending('.zip').length };
}

function absentAsEmpty(error: NodeJS.ErrnoException): string[] {
  if (error.code === 'ENOENT') return [];
  throw error;
}

async function checkList(directory: string, name: string, files: ReadonlySet<string>): Promise<void> {
  const text = await readFile(join(directory, name), 'utf8');
  if (text !== '' && !text.endsWith('\n')) throw new Error(`${name} ends within a line`);
  for (const version of text.split('\n').filter((line) => line !== '')) {
    const info = name.replace(/list$/, `${module.escapeVersion(version)}.info`);
    if (!files.has(info)) throw new Error(`${name} has ${version}, which has no .info`);
  }
}

function versionOf(name: string, suffix: string): { path: string; version: string; base: string } {
  const base = name.slice(0, -suffix.length);
  const [path = '', version = ''] = base.split('/@v/');
  return { path: module.unescapePath(path), version: module.unescapeVersion(version), base };
}

async function hashOf(version: module.ModuleVersion, file: string): Promise<string> {
  const opened = await fileSource(file);
  try {
    return (await zip.verifyZip(version, opened)).h1;
  } finally {
    await opened.close();
  }
}

/** The h1 of a fixture's files, from their names and contents alone. */
export async function fixtureHash(modules: Modules, path: string, version: string): Promise<string> {
  const files = modules[`${path}@${version}`]?.files ?? {};
  return dirhash.hash1(
    Object.entries(files).map(([name, content]) => ({
      name: `${path}@${version}/${name}`,
      open: () => bytesSource(typeof content === 'string' ? new TextEncoder().encode(content) : content).stream(),
    })),
  );
}

function equal(actual: string, expected: string, name: string): void {
  if (actual !== expected) throw new Error(`${name}: ${JSON.stringify(actual)} instead of ${JSON.stringify(expected)}`);
}
