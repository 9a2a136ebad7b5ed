// From an object to a web stream.
//
// Invariants:
// - One request: what is known of the object comes with its bytes.
// - Pull-driven. cancel(), an abort and a stall end the request behind the body.
// - A body that ends early is an error, never a short read.

import type { Readable } from 'node:stream';
import { GoModKitError } from '@gomodkit/core/errors';
import type { GcsResponse } from './bucket.ts';
import { type CallContext, lateFault } from './calls.ts';

/** An answer whose body is not read yet. */
export interface Download {
  readonly headers: GcsResponse['headers'];
  readonly stream: Readable;
}

/** Waits for the answer behind a read stream. Rejects with the SDK's error; `stream` is then destroyed. */
export function downloadOf(stream: Readable): Promise<Download> {
  return new Promise((resolve, reject) => {
    // Stays for good: a destroyed request may still report its end, and nobody is left to hear it.
    stream.on('error', reject);
    stream.on('response', ({ statusCode, headers }: GcsResponse) => {
      // The SDK reads a refusal itself and makes it an error.
      if (statusCode < 300) resolve({ headers, stream });
    });
    // The SDK asks only when somebody begins to read.
    stream.read(0);
  });
}

/**
 * Up to this many bytes are read to their end rather than cut off. Such an answer may be complete already: its socket is then back in
 * the pool, and cutting it off would fail whoever took it, whom the SDK lets wait for seconds before it tries again.
 */
const drainable = 1024 * 1024;

/** The body as a web stream of exactly `size` bytes. */
export function bodyOf({ stream }: Download, size: number, context: CallContext): ReadableStream<Uint8Array> {
  const { signal } = context;
  const iterator = stream[Symbol.asyncIterator]();
  let came = 0;
  const end = (): void => {
    signal?.removeEventListener('abort', onAbort);
    if (size - came > drainable) stream.destroy();
    else stream.resume();
  };
  let controller: ReadableStreamDefaultController<Uint8Array>;
  const onAbort = (): void => {
    end();
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
          const { done, value } = await withinTime(iterator.next(), context);
          if (signal?.aborted) return;
          const chunk = value as Buffer;
          if (!done) came += chunk.length;
          if (done ? came !== size : came > size) throw cutOff(context, came, size);
          if (!done) return controller.enqueue(new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length));
          signal?.removeEventListener('abort', onAbort);
          controller.close();
        } catch (error) {
          if (signal?.aborted) return;
          signal?.removeEventListener('abort', onAbort);
          stream.destroy();
          controller.error(error instanceof GoModKitError ? error : brokenOff(context, error));
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

async function withinTime<T>(next: Promise<T>, { key, timeout }: CallContext): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      next.catch(() => {});
      reject(lateFault('send more of', key, timeout));
    }, timeout);
  });
  try {
    return await Promise.race([next, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

function cutOff({ key }: CallContext, came: number, size: number): GoModKitError {
  const message = `Google Cloud Storage sent ${came} bytes of ${key} instead of ${size}`;
  return new GoModKitError('storage_unavailable', message, { data: { key, transient: true } });
}

function brokenOff({ key }: CallContext, cause: unknown): GoModKitError {
  const message = `Google Cloud Storage broke off while ${key} was read`;
  return new GoModKitError('storage_unavailable', message, { cause, data: { key, transient: true } });
}
