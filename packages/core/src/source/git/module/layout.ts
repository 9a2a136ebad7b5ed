// Where in a repository a module lies, by its path alone (spec §5.1–5.5).

import { GoModKitError } from '../../../errors/error.ts';
import { pathMajorPrefix, splitPathVersion } from '../../../module/index.ts';

/** What follows from a module path and the path of its repository's root. */
export interface ModuleLayout {
  /** The module path. */
  readonly path: string;
  /** The path that stands for the repository's root. */
  readonly root: string;
  /** The module path without its major; the whole path where the root is the whole path (spec §5.2). */
  readonly prefix: string;
  /** `/v2`, `.v2` or empty. */
  readonly pathMajor: string;
  /** `v2`, or empty for v0 and v1: what pseudo-versions begin with. */
  readonly major: string;
  /** The module's directory, before a major directory is considered; empty for the root (spec §5.3). */
  readonly directory: string;
  /** What names of the module's tags begin with; never a major directory (spec §5.4). */
  readonly tagPrefix: string;
}

/** Throws `not_found` where the repository cannot hold the module. */
export function moduleLayout(path: string, root: string, subdirectory: string): ModuleLayout {
  if (path !== root && !path.startsWith(`${root}/`)) throw mismatch(path, `mismatched repo: found ${root} for ${path}`);
  const split = splitPathVersion(path);
  if (split === undefined) throw mismatch(path, `invalid module path "${path}"`);
  const { pathMajor } = split;
  const prefix = root === path ? path : split.prefix;
  if (prefix !== root && !prefix.startsWith(`${root}/`)) {
    throw mismatch(path, `repository rooted at ${root} cannot contain module ${path}`);
  }
  const below = prefix.slice(root.length).replace(/^\/+|\/+$/g, '');
  const directory = joinPath(below, subdirectory);
  if (directory === '..' || directory.startsWith('../')) throw mismatch(path, 'it would lie outside of its repository');
  const tagPrefix = directory === '' ? '' : `${directory}/`;
  return { path, root, prefix, pathMajor, major: pathMajorPrefix(pathMajor), directory, tagPrefix };
}

/** Joins slash paths lexically; empty for the root itself. */
export function joinPath(...parts: readonly string[]): string {
  const elements: string[] = [];
  for (const element of parts.join('/').split('/')) {
    if (element === '' || element === '.') continue;
    if (element === '..' && elements.length > 0 && elements.at(-1) !== '..') elements.pop();
    else elements.push(element);
  }
  return elements.join('/');
}

function mismatch(path: string, why: string): GoModKitError {
  return new GoModKitError('not_found', `module ${path}: ${why}`);
}
