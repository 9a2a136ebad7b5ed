// Names of a bundle's files.
//
// Invariants:
// - Every name is made here, from paths and versions that were checked, when a bundle is written and when it is read: a name that a bundle
//   brings is compared with the one that must come, and never becomes a path or a key.

import { escapePath, escapeVersion, type ModuleVersion } from '../module/index.ts';

/** The first file. */
export const manifestName: string = '.gomodkit/bundle.json';

/** What a database answers at a path below its URL. Names of databases are checked to be `host[/path]` before. */
export function sumdbName(database: string, path: string): string {
  return `sumdb/${database}/${path}`;
}

/** Below a database's URL: the record of a version. */
export function lookupPath({ path, version }: ModuleVersion): string {
  return `lookup/${escapePath(path)}@${escapeVersion(version)}`;
}

/** The proof file of a version. */
export function proofName({ path, version }: ModuleVersion): string {
  return `.gomodkit/proofs/${escapePath(path)}/@v/${escapeVersion(version)}.tlog-proof`;
}

/** The list of a module's versions. */
export function listName(path: string): string {
  return `${escapePath(path)}/@v/list`;
}
