// The two bodies that a tiered storage delivers of what it keeps: one on its way to the shelf, one from it.
//
// Invariants:
// - Whoever reads gets the bytes of the slow storage: the shelf makes no body fail and none wait.
// - A body that was cancelled opens nothing more, and closes what is opened meanwhile.
// - What is collected is never more than the object's size.

import { GoModKitError } from '../errors/error.ts';
import type { CallOptions, StoredObject } from './storage.ts';
import type { Shelf } from './tiered-shelf.ts';

/** The body of an object that the shelf wants, whose bytes go there when it was read to its end. */
export function collecting(object: StoredObject, shelf: Shelf): ReadableStream<Uint8Array> {
  const reader = object.body.getReader();
  let bytes: Uint8Array | undefined = new Uint8Array(object.size);
  let size = 0;
  const pass = (): void => {
    if (bytes !== undefined) shelf.pass(object);
    bytes = undefined;
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read().catch((error: unknown) => {
          pass();
          throw error;
        });
        if (done) {
          if (bytes === undefined || size < object.size) pass();
          else shelf.keep(object, bytes);
          bytes = undefined;
          return controller.close();
        }
        size += value.length;
        if (size > object.size) pass();
        // A copy: whoever reads may change or transfer what it was given.
        bytes?.set(value, size - value.length);
        controller.enqueue(value);
      },
      cancel(reason) {
        pass();
        return reader.cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}

/** The body of an object on the shelf. Where it breaks off it goes on with `rest`, the same object in the slow storage from there on. */
export function withFallback(
  kept: StoredObject,
  shelf: Shelf,
  rest: (start: number) => Promise<StoredObject | undefined>,
  { signal }: CallOptions,
): ReadableStream<Uint8Array> {
  const { key, etag, range } = kept;
  const fast = kept.body.getReader();
  let slow: typeof fast | undefined;
  let at = range.start;
  let isCancelled = false;
  const read = async (): Promise<Awaited<ReturnType<typeof fast.read>>> => {
    if (slow !== undefined) return slow.read();
    let failure: unknown = new GoModKitError('storage_unavailable', `the fast storage has only a part of ${key}`);
    try {
      const result = await fast.read();
      if (!result.done || at === range.end || isCancelled) return result;
    } catch (error) {
      signal?.throwIfAborted();
      failure = error;
    }
    shelf.fail(kept, failure);
    const object = await rest(at);
    if (isCancelled || object?.etag !== etag) {
      await object?.body.cancel();
      throw removed(key);
    }
    slow = object.body.getReader();
    return slow.read();
  };
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await read();
        if (done) return controller.close();
        at += value.length;
        controller.enqueue(value);
      },
      async cancel(reason) {
        isCancelled = true;
        if (slow !== undefined) return slow.cancel(reason);
        // One that broke off rejects with what it broke off with, which was told already.
        await fast.cancel(reason).catch(() => {});
      },
    },
    { highWaterMark: 0 },
  );
}

function removed(key: string): GoModKitError {
  return new GoModKitError('storage_unavailable', `${key} was removed while it was read`, {
    data: { key, transient: true },
  });
}
