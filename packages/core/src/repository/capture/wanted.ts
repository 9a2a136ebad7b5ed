// What was asked for, checked before anything is asked of anybody.

import { GoModKitError } from '../../errors/error.ts';
import { type GoMod, parse } from '../../modfile/index.ts';
import { checkPath } from '../../module/index.ts';
import type { Wanted, WantedGoMod } from './types.ts';

/** A module to be found. */
export interface WantedModule {
  readonly wanted: string;
  readonly path: string;
  readonly query: string;
}

/** A project to be read. */
export interface WantedProject extends Pick<WantedGoMod, 'readReplacement'> {
  readonly wanted: string;
  readonly goMod: GoMod;
}

/** One wish, or several; each once. Throws `invalid_argument`, `invalid_path` or `invalid_go_mod`. */
export function wishes(wanted: Wanted | readonly Wanted[]): readonly (WantedModule | WantedProject)[] {
  const list = Array.isArray(wanted) ? (wanted as readonly Wanted[]) : [wanted as Wanted];
  if (list.length === 0)
    throw new GoModKitError('invalid_argument', 'nothing is wanted: name a MODULE@QUERY or a go.mod');
  return [...new Set(list)].map((each) => (typeof each === 'string' ? moduleOf(each) : projectOf(each)));
}

function moduleOf(wanted: string): WantedModule {
  const at = wanted.indexOf('@');
  const [path, query] = at < 0 ? [wanted, ''] : [wanted.slice(0, at), wanted.slice(at + 1)];
  if (query === '') {
    const example = `${path || 'example.com/m'}@latest`;
    throw new GoModKitError('invalid_argument', `"${wanted}" names no version: want MODULE@QUERY, such as ${example}`);
  }
  checkPath(path);
  return { wanted, path, query };
}

function projectOf({ goMod, name, readReplacement }: WantedGoMod): WantedProject {
  const parsed = typeof goMod === 'string' || goMod instanceof Uint8Array ? parse(name ?? 'go.mod', goMod) : goMod;
  return { wanted: name ?? parsed.module?.path ?? 'go.mod', goMod: parsed, readReplacement };
}

/** Sorts what was found in the order in which it was wanted. */
export function inOrderOf(
  list: readonly { readonly wanted: string }[],
): (a: { readonly wanted: string }, b: { readonly wanted: string }) => number {
  const place = new Map(list.map(({ wanted }, at) => [wanted, at]));
  return (a, b) => (place.get(a.wanted) ?? 0) - (place.get(b.wanted) ?? 0);
}
