// Logs as C2SP tlog-tiles over HTTP (formats.md §5): a prefix of the path for each, and below it `checkpoint` and `tile/…`.
//
// Invariants:
// - What is passed on has the shape of the protocol: a checkpoint, or the one spelling of a tile's path.
// - A checkpoint is never kept by anybody; what is at the path of a tile never changes, whatever its width.

import { GoModKitError } from '../errors/error.ts';
import type { CallOptions } from '../storage/storage.ts';
import { parseTilePath } from '../sumdb/tlog/tile.ts';
import type { CacheClass } from './cache-control.ts';
import { type Refusal, refused } from './refusal.ts';
import type { Answer } from './respond.ts';

/** A log that can be served. A checksum database and an event log are such. */
export interface TlogSource {
  /** What is served at `checkpoint`, `tile/L/N[.p/W]` and `tile/entries/N[.p/W]`. Rejects with `not_found` for a tile beyond the tree. */
  tlog(path: string, options?: CallOptions): Promise<Uint8Array>;
}

/** Logs by the prefix of their paths, such as `/log`. */
export type TlogSources = Readonly<Record<string, TlogSource>>;

/** A request to a log. */
export interface TlogTarget {
  readonly kind: 'tlog';
  readonly prefix: string;
  /** What follows the prefix and its slash. */
  readonly path: string;
  readonly contentType: string;
  readonly cache: CacheClass;
}

/** The target of a path below one of `prefixes`; undefined when it is below none, or no path of a log. */
export function parseTlogTarget(below: string, prefixes: readonly string[]): TlogTarget | Refusal | undefined {
  for (const prefix of prefixes) {
    if (!below.startsWith(`${prefix}/`)) continue;
    const path = below.slice(prefix.length + 1);
    if (path === 'checkpoint') {
      return { kind: 'tlog', prefix, path, contentType: 'text/plain; charset=utf-8', cache: 'no-store' };
    }
    if (!path.startsWith('tile/')) continue;
    if (!isTilePath(path))
      return refused('malformed tile: expected the canonical tile/L/N[.p/W] or tile/entries/N[.p/W]', 400);
    return { kind: 'tlog', prefix, path, contentType: 'application/octet-stream', cache: 'immutable' };
  }
  return undefined;
}

/** Asks the log that the target names. */
export async function answerTlog(logs: TlogSources, target: TlogTarget, options: CallOptions): Promise<Answer> {
  const body = await logs[target.prefix]?.tlog(target.path, options);
  if (body === undefined) throw new GoModKitError('not_found', `no log is served at ${target.prefix}`);
  return { contentType: target.contentType, cache: target.cache, size: body.length, body };
}

/** The prefixes of logs. Throws `invalid_argument` for one that could never be asked for, or that hides checksum databases. */
export function checkTlogPrefixes(logs: TlogSources = {}): readonly string[] {
  return Object.keys(logs).map((prefix) => {
    const isPath = /^(?:\/(?!\.{1,2}(?:\/|$))[^/@?#%\x00-\x20\x7f]+)+$/.test(prefix);
    if (isPath && !/^\/sumdb(?:\/|$)/.test(prefix)) return prefix;
    throw new GoModKitError(
      'invalid_argument',
      `the prefix ${JSON.stringify(prefix)} of a log is no path such as "/log"`,
    );
  });
}

function isTilePath(path: string): boolean {
  const [, level, rest] = /^tile\/(entries|0|[1-9]\d?)\/(.*)$/s.exec(path) ?? [];
  if (level === undefined) return false;
  try {
    // One grammar for both: with the height that tlog-tiles leaves out.
    return parseTilePath(`tile/8/${level === 'entries' ? 'data' : level}/${rest}`).l <= 63;
  } catch {
    return false;
  }
}
