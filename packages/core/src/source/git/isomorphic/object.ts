// Git's objects as they lie in a pack, decoded.
//
// Invariants:
// - Names of objects are their 20 bytes inside this engine, 40 digits outside of it.
// - Commits and trees that are not well-formed are errors, never guesses; a commit's time is what git prints for `%ct`, which may be nothing.

import { hex } from '../../../bytes/hex.ts';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { type ByteString, byteString } from '../attributes/byte-string.ts';

/** The 20 bytes of a SHA-1. */
export type ObjectName = Uint8Array;

/** What an object is. */
export type ObjectType = 'commit' | 'tree' | 'blob' | 'tag';

/** An object whole. */
export interface GitObject {
  readonly type: ObjectType;
  readonly data: Uint8Array;
}

/** One entry of a tree. */
export interface TreeEntry {
  readonly name: ByteString;
  readonly kind: 'regular' | 'symlink' | 'tree' | 'submodule';
  readonly object: ObjectName;
}

/** What matters of a commit. */
export interface CommitFields {
  readonly tree: ObjectName;
  readonly parents: readonly ObjectName[];
  /** The committer's, in seconds; undefined where git finds none. */
  readonly time: number | undefined;
}

/** The bytes that an object's name is the hash of come after these. */
export function objectHeader(type: ObjectType, size: number): Uint8Array {
  return encodeUtf8(`${type} ${size}\0`);
}

/** The name that 40 digits stand for; undefined where they are none. */
export function objectName(digits: string): ObjectName | undefined {
  if (!/^[0-9a-f]{40}$/.test(digits)) return undefined;
  return Uint8Array.from({ length: 20 }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}

/** Where a commit's message mostly begins before. */
const headBytes = 4096;

/** Reads a commit. Throws `upstream_invalid` when it is malformed. */
export function parseCommit(data: Uint8Array): CommitFields {
  const start = byteString(data.subarray(0, headBytes));
  const end = start.indexOf('\n\n');
  const lines = (end === -1 ? byteString(data) : start.slice(0, end)).split('\n');
  const tree = objectName(/^tree (.*)$/.exec(lines[0] ?? '')?.[1] ?? '');
  if (tree === undefined) throw malformed('commit');
  const parents: ObjectName[] = [];
  let at = 1;
  for (; lines[at]?.startsWith('parent '); at++) {
    const parent = objectName(lines[at]?.slice(7) ?? '');
    if (parent === undefined) throw malformed('commit');
    parents.push(parent);
  }
  const committer = lines.slice(at).findLast((line) => line.startsWith('committer ')) ?? '';
  const [, digits] = committerTime.exec(committer) ?? [];
  return { tree, parents, time: digits === undefined ? undefined : Number(digits) };
}

/** Git looks behind the last `>`, minds no blanks there, and wants the digits of a time zone. */
const committerTime = /^[^<]*<.*>[ \t\r]*(\d+)[ \t\r]*[-+]\d[^>]*$/;

/** The entries of a tree, one at a time: all of them together take ten times as much as the tree. Throws `upstream_invalid` where it is malformed. */
export function* parseTree(data: Uint8Array): Generator<TreeEntry> {
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const zero = data.indexOf(0, space);
    if (space === -1 || zero === -1 || zero + 21 > data.length) throw malformed('tree');
    const mode = byteString(data.subarray(at, space));
    if (!/^[0-7]{1,7}$/.test(mode)) throw malformed('tree');
    yield {
      name: byteString(data.subarray(space + 1, zero)),
      kind: kinds.get(Number.parseInt(mode, 8) & 0o170000) ?? 'submodule',
      object: data.subarray(zero + 1, zero + 21),
    };
    at = zero + 21;
  }
}

/** The first entry of a tree with a name; undefined when there is none. */
export function entryOf(tree: Uint8Array, name: ByteString): TreeEntry | undefined {
  for (const entry of parseTree(tree)) if (entry.name === name) return entry;
  return undefined;
}

/** As git takes modes: what is nothing else is a submodule. */
const kinds: ReadonlyMap<number, TreeEntry['kind']> = new Map([
  [0o100000, 'regular'],
  [0o120000, 'symlink'],
  [0o040000, 'tree'],
]);

/** What an annotated tag points to; undefined when it is malformed. */
export function parseTagTarget(data: Uint8Array): ObjectName | undefined {
  return objectName(/^object ([0-9a-f]{40})\n/.exec(byteString(data.subarray(0, 60)))?.[1] ?? '');
}

/** The digits of a name. */
export function digitsOf(name: ObjectName): string {
  return hex(name);
}

function malformed(what: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `the repository has a malformed ${what}`);
}
