// Storages that each break one clause of the contract, to judge the judge.
//
// Each is memoryStorage with one method replaced; `breaks` is the clause that must be named, and no other may be.

import { type ByteSource, bytesSource, readAll } from '../../../bytes/source.ts';
import { memoryStorage } from '../../memory.ts';
import type { CreateOptions, ObjectInfo, Storage, StoredObject } from '../../storage.ts';
import type { Clause } from '../case.ts';

/** A storage that is wrong in one way. */
export interface WrongStorage {
  readonly breaks: Clause;
  readonly make: () => Storage;
}

export type Inner = Required<Pick<Storage, 'delete' | 'close'>> & Storage;

/** Memory storage with some methods replaced by `change`. */
export function wrong(breaks: Clause, change: (inner: Inner) => Partial<Storage>): WrongStorage {
  const make = (): Storage => {
    const inner = memoryStorage() as Inner;
    return {
      get: (key, options) => inner.get(key, options),
      head: (key, options) => inner.head(key, options),
      create: (key, source, options) => inner.create(key, source, options),
      list: (options) => inner.list(options),
      delete: (key, options) => inner.delete(key, options),
      close: () => inner.close(),
      ...change(inner),
    };
  };
  return { breaks, make };
}

/** Replaces what create() stores. */
export function withSource(
  inner: Inner,
  replace: (source: ByteSource, options?: CreateOptions) => Promise<ByteSource>,
): Storage['create'] {
  return async (key, source, options) => {
    await inner.head(key, options);
    if (await inner.head(key)) return { created: false };
    return inner.create(key, await replace(source, options), options);
  };
}

/** Changes each object that get() opens. */
export function withObject(inner: Inner, change: (object: StoredObject) => StoredObject): Storage['get'] {
  return async (key, options) => {
    const object = await inner.get(key, options);
    return object && change(object);
  };
}

export function cut(body: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  let left = limit;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (left > 0) controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
      },
    }),
  );
}

export async function listEverything(inner: Inner): Promise<readonly ObjectInfo[]> {
  return (await inner.list({ limit: 100_000 })).objects;
}

/** The object `x` as a source. */
export async function copyOf(storage: Storage): Promise<ByteSource> {
  return bytesSource(await readAll((await storage.get('x'))?.body ?? new ReadableStream()));
}
