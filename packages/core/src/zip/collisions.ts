// Names that cannot live in one directory tree on every file system (spec §7.7).
//
// Invariants:
// - Two spellings of one name, in the sense of Unicode simple case folding, collide; so do a file and a directory of one name,
//   and two files of one name. All parent directories of a path take part.
// - Verdicts and texts are Go's: where several parts of a path collide, the longest part is told.
// - Work is linear in the length of the path: the registered names are a tree.

import { quote } from '../gotext/quote.ts';
import { foldToMin } from '../gotext/unicode.ts';

interface Node {
  /** As it was spelled first. */
  readonly path: string;
  readonly isDirectory: boolean;
  children: Map<string, Node> | undefined;
}

/** Registers `path` and its parents; gives Go's text when something is in the way. */
export type CollisionChecker = (path: string, isDirectory: boolean) => string | undefined;

/** Starts with an empty tree. */
export function createCollisionChecker(): CollisionChecker {
  const root: Node = { path: '', isDirectory: true, children: undefined };
  return (path, isDirectory) => {
    let node = root;
    let problem: (() => string | undefined) | undefined;
    for (let start = 0; start <= path.length; ) {
      const slash = path.indexOf('/', start);
      const end = slash < 0 ? path.length : slash;
      const key = foldKey(path.slice(start, end));
      const spelled = path.slice(0, end);
      const directory = slash >= 0 || isDirectory;
      node.children ??= new Map();
      let child = node.children.get(key);
      if (child === undefined) {
        child = { path: spelled, isDirectory: directory, children: undefined };
        node.children.set(key, child);
      } else {
        const earlier = child;
        if (earlier.path !== spelled || earlier.isDirectory !== directory || !directory) {
          problem = () => conflict(earlier, spelled, directory);
        }
      }
      node = child;
      start = end + 1;
    }
    return problem?.();
  };
}

function conflict(earlier: Node, path: string, isDirectory: boolean): string | undefined {
  if (earlier.path !== path) return `case-insensitive file name collision: ${quote(earlier.path)} and ${quote(path)}`;
  if (earlier.isDirectory !== isDirectory) return `entry ${quote(path)} is both a file and a directory`;
  return isDirectory ? undefined : `multiple entries for file ${quote(path)}`;
}

/** Equal for two names exactly when a case-insensitive file system may take them for one. */
export function foldKey(name: string): string {
  // Most names look like this already.
  if (/^[^A-Z\u0080-\uffff]*$/.test(name)) return name;
  let key = '';
  for (const char of name) key += String.fromCodePoint(foldToMin(char.codePointAt(0) ?? 0));
  return key;
}
