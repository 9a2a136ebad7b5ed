// What a file says about an object.
//
// Invariants:
// - The etag is made of facts that are the same for every process and that other bytes under the key would change: inode, size, and
//   the time of change to the nanosecond, which temporary.ts sets. The link count and its times are not among them.

import type { BigIntStats } from 'node:fs';
import type { ObjectInfo } from '@gomodkit/core/storage';

/** The info of the object under `key`. */
export function infoOf(key: string, stat: BigIntStats): ObjectInfo {
  const etag = [stat.ino, stat.size, stat.mtimeNs].map((n) => n.toString(36)).join('-');
  return { key, size: Number(stat.size), etag, modified: new Date(Number(stat.mtimeNs / 1_000_000n)) };
}
