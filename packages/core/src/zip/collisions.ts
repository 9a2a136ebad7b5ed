// Names that cannot live in one directory tree on every file system (spec §7.7).
//
// Invariants:
// - Two spellings of one name, in the sense of Unicode simple case folding, collide; so do a file and a directory of one name,
//   and two files of one name. All parent directories of a path take part.
// - Verdicts and texts are Go's: where several parts of a path collide, the longest part is told.
// - Memory is bounded: a few megabytes of archive can name millions of directories.

import { GoModKitError } from '../errors/error.ts';
import { foldToMin } from '../gotext/unicode.ts';
import { maxNames } from './limits.ts';

interface Name {
  /** Stands for it in the keys of what is in it. */
  readonly id: number;
  /** As it was spelled first, with its parents. */
  readonly path: string;
  readonly isDirectory: boolean;
}

/**
 * Registers `path`, which has passed the file path check, and its parents; gives Go's text when something is in the way. Throws
 * `limit_exceeded` when there are more than a million names.
 */
export type CollisionChecker = (path: string, isDirectory: boolean) => string | undefined;

/** A directory that was walked down to, and what was in the way. */
interface Walked {
  readonly path: string;
  readonly id: number;
  readonly problem: string | undefined;
}

/** Starts with no names. */
export function createCollisionChecker(): CollisionChecker {
  // One flat map for the whole tree, from a parent's id and a folded name: a map per directory takes several times the memory.
  const names = new Map<string, Name>();
  const root: Walked = { path: '', id: 0, problem: undefined };
  let last = root;

  const register = (parent: number, path: string, start: number, isDirectory: boolean): Name => {
    const key = `${parent}/${foldKey(path.slice(start))}`;
    const known = names.get(key);
    if (known !== undefined) return known;
    const name: Name = { id: names.size + 1, path, isDirectory };
    names.set(key, name);
    if (names.size > maxNames) throw tooMany();
    return name;
  };

  const walk = (directory: string): Walked => {
    // Files mostly come directory by directory. What is registered never changes, so neither does the answer.
    if (directory === last.path) return last;
    let id = root.id;
    let clash: { readonly earlier: Name; readonly path: string } | undefined;
    for (let start = 0; start < directory.length; ) {
      const slash = directory.indexOf('/', start);
      const path = slash < 0 ? directory : directory.slice(0, slash);
      const name = register(id, path, start, true);
      if (name.path !== path || !name.isDirectory) clash = { earlier: name, path };
      id = name.id;
      start = path.length + 1;
    }
    last = { path: directory, id, problem: clash && conflict(clash.earlier, clash.path, true) };
    return last;
  };

  return (path, isDirectory) => {
    const slash = path.lastIndexOf('/');
    const parent = slash < 0 ? root : walk(path.slice(0, slash));
    const before = names.size;
    const name = register(parent.id, path, slash + 1, isDirectory);
    const problem = names.size > before ? undefined : conflict(name, path, isDirectory);
    return problem ?? parent.problem;
  };
}

function tooMany(): GoModKitError {
  const message = `the module has more than ${maxNames} files and directories`;
  return new GoModKitError('limit_exceeded', message, { data: { limit: maxNames } });
}

function conflict(earlier: Name, path: string, isDirectory: boolean): string | undefined {
  // Paths that passed the file path check have nothing that Go's quoting would escape.
  if (earlier.path !== path) return `case-insensitive file name collision: "${earlier.path}" and "${path}"`;
  if (earlier.isDirectory !== isDirectory) return `entry "${path}" is both a file and a directory`;
  return isDirectory ? undefined : `multiple entries for file "${path}"`;
}

/** Equal for two names exactly when a case-insensitive file system may take them for one. */
export function foldKey(name: string): string {
  // Most names look like this already.
  if (/^[^A-Z\u0080-\uffff]*$/.test(name)) return name;
  let key = '';
  for (const char of name) key += String.fromCodePoint(foldToMin(char.codePointAt(0) ?? 0));
  return key;
}
