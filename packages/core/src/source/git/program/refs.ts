// Refs as `git ls-remote` prints them (spec §6.4).
//
// Invariants:
// - HEAD, heads and tags only; the peeled hash of an annotated tag replaces its own; byte order of names.
// - Names that git would not let anybody create are dropped: nothing behind needs to fear `..` or control characters.

import { compareUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import type { GitRef, ObjectFormat, RefList } from '../engine.ts';

/** Takes the output of ls-remote in chunks. */
export interface RefReader {
  /** One line. */
  take(line: string): void;
  add(chunk: Uint8Array): void;
  /** Throws `upstream_invalid` where hashes have different lengths. */
  finish(): RefList;
}

const line = /^([0-9a-f]{40}|[0-9a-f]{64})\t(HEAD|refs\/(?:heads|tags)\/.+)$/s;

/** Reads refs. Throws `limit_exceeded` from `add` when there are more than `limit`. */
export function createRefReader(what: string, limit: number): RefReader {
  const hashes = new Map<string, string>();
  const peeled = new Map<string, string>();
  const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  let rest = '';
  let count = 0;
  const take = (text: string): void => {
    count++;
    if (count > limit) {
      throw new GoModKitError('limit_exceeded', `${what}: more than the limit of ${limit} refs`, { data: { limit } });
    }
    const [, hash, name] = line.exec(text) ?? [];
    if (hash === undefined || name === undefined) return;
    const target = name.endsWith('^{}') ? name.slice(0, -3) : name;
    if (!isRefName(target)) return;
    (target === name ? hashes : peeled).set(target, hash);
  };
  return {
    take,
    add(chunk) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop() ?? '';
      for (const each of lines) take(each);
    },
    finish() {
      if (rest !== '') take(rest);
      const refs = [...hashes].map(([name, hash]): GitRef => ({ name, hash: peeled.get(name) ?? hash }));
      return { objectFormat: formatOf(refs, what), refs: refs.sort((a, b) => compareUtf8(a.name, b.name)) };
    },
  };
}

function formatOf(refs: readonly GitRef[], what: string): ObjectFormat {
  const lengths = new Set(refs.map(({ hash }) => hash.length));
  if (lengths.size > 1) throw new GoModKitError('upstream_invalid', `${what}: hashes of two formats`);
  return lengths.has(64) ? 'sha256' : 'sha1';
}

/** Whether git would let anybody create a ref of this name (git-check-ref-format). */
export function isRefName(name: string): boolean {
  if (name === 'HEAD') return true;
  if (/[\u0000-\u0020\u007f~^:?*[\\]|\.\.|@\{|\/\/|[/.]$/.test(name)) return false;
  return name.split('/').every((part) => !part.startsWith('.') && !part.endsWith('.lock'));
}
