// Where things are. Everything is built into one directory, bench/dist, so that the parent of this file's is bench/.

import { join, resolve } from 'node:path';

const dist: string = import.meta.dirname;

/** bench/. */
export const benchDirectory: string = resolve(dist, '..');

/** The root of the workspace. */
export const rootDirectory: string = resolve(dist, '../..');

/** A built program of bench/programs. */
export function programPath(name: string): string {
  return join(dist, 'programs', `${name}.js`);
}
