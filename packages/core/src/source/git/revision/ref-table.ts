// The refs of a repository, by name and by what they point to (spec §6.4).
//
// Invariant: everything comes in byte order of names.

import { compareUtf8 } from '../../../bytes/utf8.ts';
import type { RefList } from '../engine.ts';

/** A tag and the commit it points to. */
export interface TagHash {
  /** Without `refs/tags/`. */
  readonly tag: string;
  readonly hash: string;
}

/** Looks refs up. */
export interface RefTable {
  readonly list: RefList;
  readonly tags: readonly TagHash[];
  /** What a full name points to. */
  hash(name: string): string | undefined;
  /** The names of tags on a commit. */
  tagsOn(hash: string): readonly string[];
  /** The commits that refs point to and whose hashes begin so. */
  withPrefix(prefix: string): readonly string[];
}

/** Makes a {@link RefTable}. */
export function refTable(list: RefList): RefTable {
  const refs = [...list.refs].sort((a, b) => compareUtf8(a.name, b.name));
  const byName = new Map(refs.map(({ name, hash }) => [name, hash]));
  const tags = refs.flatMap(({ name, hash }) =>
    name.startsWith('refs/tags/') ? [{ tag: name.slice('refs/tags/'.length), hash }] : [],
  );
  return {
    list: { ...list, refs },
    tags,
    hash: (name) => byName.get(name),
    tagsOn: (commit) => tags.filter(({ hash }) => hash === commit).map(({ tag }) => tag),
    withPrefix: (prefix) => [...new Set(refs.map(({ hash }) => hash).filter((hash) => hash.startsWith(prefix)))],
  };
}
