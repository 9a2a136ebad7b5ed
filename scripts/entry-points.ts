// The public entry points of every package, read from their exports maps: the one list that the checks share.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the checkout. */
export const root: string = resolve(dirname(fileURLToPath(import.meta.url)), '..');

/** One importable module of a package. */
export interface EntryPoint {
  /** What users import, such as `@gomodkit/core/semver`. */
  readonly specifier: string;
  /** Its source file. */
  readonly source: string;
}

interface Manifest {
  readonly name: string;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, unknown>>>>;
}

/** The folders of all published packages. */
export function packageFolders(): readonly string[] {
  return readdirSync(join(root, 'packages'))
    .map((name) => join(root, 'packages', name))
    .sort();
}

/** The entry points of all published packages, in order of their names. */
export function entryPoints(): readonly EntryPoint[] {
  return packageFolders().flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Manifest;
    return Object.entries(manifest.exports ?? {}).flatMap(([subpath, target]) => {
      const source = typeof target === 'string' ? undefined : target['@gomodkit/source'];
      if (typeof source !== 'string') return [];
      return [{ specifier: join(manifest.name, subpath), source: join(folder, source) }];
    });
  });
}
