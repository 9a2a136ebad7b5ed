// One object from one storage into another.
//
// Invariants:
// - What is there stays, and is compared; nothing is ever replaced.
// - An object is taken whole before it is offered: a source that fails in the middle leaves nothing.

import { spool } from '#spool';
import { type ByteSource, readAll } from '../bytes/source.ts';
import { decodeUtf8, equalBytes } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import type { Store } from '../repository/store.ts';
import type { CallOptions } from '../storage/storage.ts';

/** Two storages, with retries. */
export interface Sides extends CallOptions {
  readonly from: Store;
  readonly to: Store;
}

/** What became of an object. `absent`: it is gone from where it was listed. */
export type Copied =
  | { readonly outcome: 'copied'; readonly bytes: number }
  | { readonly outcome: 'present' | 'absent' }
  | { readonly outcome: 'conflict'; readonly reason: string };

/** Whether two objects under one key mean the same, which equal bytes always do. */
export type Equivalent = (from: Uint8Array, to: Uint8Array) => boolean;

/** Copies an object; one that is there is read and compared. */
export async function copyObject(sides: Sides, key: string, isSame: Equivalent = equalBytes): Promise<Copied> {
  const present = await sides.to.head(key, sides.signal);
  if (present === undefined) return offer(sides, key, (content) => compareStored(sides, key, content, isSame));
  return withContent(sides, key, (content) => compareStored(sides, key, content, isSame));
}

/** Copies an object that nobody compares by bytes, unless one is there. `check` says what speaks against it. */
export async function copyUnlessThere(
  sides: Sides,
  key: string,
  check?: ((content: ByteSource) => Promise<string | undefined>) | undefined,
): Promise<Copied> {
  if ((await sides.to.head(key, sides.signal)) !== undefined) return { outcome: 'present' };
  return offer(sides, key, async () => ({ outcome: 'present' }), check);
}

/** The text of a small object; undefined when absent. */
export async function textOf(
  { from, to, signal }: Sides,
  side: 'from' | 'to',
  key: string,
): Promise<string | undefined> {
  const stored = await (side === 'from' ? from : to).read(key, 64 * 1024, signal);
  return stored && decodeUtf8(stored.bytes)?.trim();
}

function offer(
  sides: Sides,
  key: string,
  lost: (content: ByteSource) => Promise<Copied>,
  check?: ((content: ByteSource) => Promise<string | undefined>) | undefined,
): Promise<Copied> {
  return withContent(sides, key, async (content) => {
    const reason = await check?.(content);
    if (reason !== undefined) return { outcome: 'conflict', reason };
    const created = await sides.to.create(key, content, contentType(key), sides.signal);
    // After a retry it may have been our own: whatever is there is compared.
    return created ? { outcome: 'copied', bytes: content.size } : lost(content);
  });
}

async function withContent(
  { from, signal }: Sides,
  key: string,
  use: (content: ByteSource) => Promise<Copied>,
): Promise<Copied> {
  const object = await from.get(key, { signal });
  if (object === undefined) return { outcome: 'absent' };
  const content = await spool(object.body, { limit: object.size, what: key, signal });
  try {
    if (content.size !== object.size) {
      const message = `${key} was cut off: ${content.size} of ${object.size} bytes came`;
      throw new GoModKitError('storage_unavailable', message, { data: { key, transient: true } });
    }
    return await use(content);
  } finally {
    await content.dispose();
  }
}

async function compareStored(
  { to, signal }: Sides,
  key: string,
  content: ByteSource,
  isSame: Equivalent,
): Promise<Copied> {
  const object = await to.get(key, { signal });
  if (object === undefined) return { outcome: 'absent' };
  // Content that is not small is alike only if its size is.
  if (object.size !== content.size && Math.max(object.size, content.size) > mostCompared) {
    await object.body.cancel();
    return { outcome: 'conflict', reason: `it is there with ${object.size} bytes, and here with ${content.size}` };
  }
  const [there, here] = await Promise.all([readAll(object.body, object.size), readAll(content.stream())]);
  if (equalBytes(there, here) || isSame(here, there)) return { outcome: 'present' };
  return { outcome: 'conflict', reason: 'it is there already, with other content' };
}

const mostCompared = 16 * 1024 * 1024;

const types: readonly (readonly [ending: string, type: string])[] = [
  ['.info', 'application/json'],
  ['.json', 'application/json'],
  ['.mod', 'text/plain; charset=utf-8'],
  ['.ziphash', 'text/plain; charset=utf-8'],
  ['.txt', 'text/plain; charset=utf-8'],
  ['.zip', 'application/zip'],
];

function contentType(key: string): string {
  return types.find(([ending]) => key.endsWith(ending))?.[1] ?? 'application/octet-stream';
}
