// A stored object as bytes that can be read at any place.
//
// Invariants:
// - All reads are of the object that was listed: when another one has taken its place, or none, they reject with `changed`.
// - What is small is read once, whole. Of what is large only the ranges that are asked for are read, so memory stays bounded.
// - Every body that is opened is read to its end or cancelled.

import { bytesSource, readAll } from '../../bytes/source.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { RandomAccessSource } from '../../platform/types.ts';
import type { ObjectInfo, StoredObject } from '../../storage/storage.ts';
import type { Store } from '../store.ts';

/** Objects up to this many bytes are read whole: one request instead of several, for most module zips. */
const small = 4 * 1024 * 1024;

/** The object was removed, or is another one, since it was listed. Recognised by identity: nobody outside sees it. */
export const changed: GoModKitError = new GoModKitError('conflict', 'the stored object changed while it was audited');

/** Reads `object`. Rejects with {@link changed}, and with `storage_unavailable`. */
export async function readStored(store: Store, object: ObjectInfo, signal: AbortSignal): Promise<Uint8Array> {
  const { body } = await openStored(store, object, undefined, signal);
  const bytes = await readAll(body, object.size);
  if (bytes.length === object.size) return bytes;
  throw new GoModKitError('storage_unavailable', `${object.key} was cut off`, { data: { transient: true } });
}

/** `object` as a source for readers of archives. */
export async function storedSource(store: Store, object: ObjectInfo, signal: AbortSignal): Promise<RandomAccessSource> {
  if (object.size <= small) return bytesSource(await readStored(store, object, signal)) as RandomAccessSource;
  return rangeOf(store, object, 0, object.size, signal);
}

function rangeOf(
  store: Store,
  object: ObjectInfo,
  start: number,
  end: number,
  signal: AbortSignal,
): RandomAccessSource {
  return {
    size: end - start,
    stream: () => lazily(() => openStored(store, object, { start, end }, signal)),
    slice: (from, to) => rangeOf(store, object, start + from, start + to, signal),
  };
}

async function openStored(
  store: Store,
  { key, etag }: ObjectInfo,
  range: { readonly start: number; readonly end: number } | undefined,
  signal: AbortSignal,
): Promise<StoredObject> {
  const object = await store.get(key, { signal, range });
  if (object?.etag === etag) return object;
  await object?.body.cancel();
  throw changed;
}

/** The body of what `open` gives, opened at the first read. */
function lazily(open: () => Promise<StoredObject>): ReadableStream<Uint8Array> {
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= (await open()).body.getReader();
        const { done, value } = await reader.read();
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: async (reason) => reader?.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}
