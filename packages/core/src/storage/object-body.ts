// The body of an object that a remote backend delivers in chunks.
//
// Invariants:
// - Pull-driven: nothing is read ahead of the reader.
// - cancel(), an abort, a fault and a stall release the request behind it, once.
// - A body that ends early or goes on too long is an error, never a short read.
// - A connection that breaks before anybody reads is an error of the first read: nothing fails where nobody listens.

import { GoModKitError } from '../errors/error.ts';
import type { CallOptions } from './storage.ts';

/** Options of {@link objectBody}. */
export interface ObjectBodyOptions extends CallOptions {
  /** The backend, for messages: `S3`. */
  readonly backend: string;
  readonly key: string;
  /** How many bytes must come. */
  readonly size: number;
  /** Milliseconds without a chunk after which the backend counts as gone. */
  readonly stall: number;
  /** Ends the request behind the body, of which `missing` bytes were not read. Not called for a body that was read to its end. */
  readonly release: (reason: unknown, missing: number) => void;
}

/**
 * Makes the web stream of {@link StoredObject.body} from the chunks of a response, checked against the size that was announced. Errors are
 * `storage_unavailable` with `data.transient`, or the signal's reason.
 *
 * @example
 * ```ts
 * import { objectBody } from '@gomodkit/core/storage';
 *
 * async function open(url: string, key: string): Promise<ReadableStream<Uint8Array>> {
 *   const stop = new AbortController();
 *   const { body, headers } = await fetch(url, { signal: stop.signal });
 *   const size = Number(headers.get('content-length'));
 *   if (body === null) throw new Error(`${url} has no body`);
 *   return objectBody(body, { backend: 'example', key, size, stall: 60_000, release: (why) => stop.abort(why) });
 * }
 * ```
 */
export function objectBody(chunks: AsyncIterable<Uint8Array>, options: ObjectBodyOptions): ReadableStream<Uint8Array> {
  const { size, signal, release } = options;
  const iterator = chunks[Symbol.asyncIterator]();
  // A Node stream listens to itself only while it is iterated; an error event before that would end the process.
  (chunks as { on?(event: 'error', listen: () => void): void }).on?.('error', () => {});
  let came = 0;
  const end = (reason: unknown): void => {
    signal?.removeEventListener('abort', onAbort);
    release(reason, Math.max(0, size - came));
  };
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const onAbort = (): void => {
    end(signal?.reason);
    controller.error(signal?.reason);
  };
  return new ReadableStream<Uint8Array>(
    {
      start(own) {
        controller = own;
        if (signal?.aborted) onAbort();
        else signal?.addEventListener('abort', onAbort, { once: true });
      },
      async pull() {
        try {
          const { done, value } = await withinTime(iterator.next(), options);
          if (signal?.aborted) return;
          if (!done) came += value.length;
          if (done ? came !== size : came > size) throw fault(options, `sent ${came} bytes of KEY instead of ${size}`);
          // Not the Buffer that Node streams give: its methods are others.
          if (!done) return controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.length));
          signal?.removeEventListener('abort', onAbort);
          controller.close();
        } catch (error) {
          if (signal?.aborted) return;
          const reason = error instanceof GoModKitError ? error : fault(options, 'broke off while KEY was read', error);
          end(reason);
          controller.error(reason);
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** One promise and one timer for a chunk: small objects are read by the thousand. */
function withinTime<T>(next: Promise<T>, options: ObjectBodyOptions): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const timer = setTimeout(
      () => reject(fault(options, `sent nothing of KEY for ${options.stall} ms`)),
      options.stall,
    );
    next.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}

function fault({ backend, key }: ObjectBodyOptions, what: string, cause?: unknown): GoModKitError {
  return new GoModKitError('storage_unavailable', `${backend} ${what.replace('KEY', key)}`, {
    cause,
    data: { key, transient: true },
  });
}
