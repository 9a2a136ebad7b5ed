// The body of an object as a web stream.
//
// Invariants:
// - Pull-driven: nothing is read ahead of the reader but what the socket holds.
// - cancel(), an abort and a stall end the request behind it and release its socket.
// - A body that ends early is an error, never a short read.

import { GoModKitError } from '@gomodkit/core/errors';

/** What a body belongs to, and how it ends. */
export interface BodyContext {
  readonly key: string;
  /** How many bytes must come. */
  readonly size: number;
  readonly signal: AbortSignal | undefined;
  /** Ends the request. */
  readonly stop: AbortController;
  /** Milliseconds without a byte after which the endpoint counts as gone. */
  readonly timeout: number;
}

/** Wraps what the SDK gives: a Node stream, or a web stream elsewhere; both can be iterated. */
export function bodyOf(chunks: AsyncIterable<Uint8Array>, context: BodyContext): ReadableStream<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]();
  const { size, signal, stop } = context;
  let came = 0;
  const end = (reason: unknown): void => {
    signal?.removeEventListener('abort', onAbort);
    stop.abort(reason);
    destroy(chunks);
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
          const { done, value } = await withinTime(iterator.next(), context);
          if (signal?.aborted) return;
          if (!done) came += value.length;
          if (done ? came !== size : came > size) throw cutOff(context, came);
          if (!done) return controller.enqueue(new Uint8Array(value.buffer, value.byteOffset, value.length));
          signal?.removeEventListener('abort', onAbort);
          controller.close();
        } catch (error) {
          if (signal?.aborted) return;
          const fault = error instanceof GoModKitError ? error : broken(context, error);
          end(fault);
          controller.error(fault);
        }
      },
      cancel: end,
    },
    { highWaterMark: 0 },
  );
}

/** Releases a body that nobody reads. */
export function discard(body: unknown): void {
  destroy(body as AsyncIterable<Uint8Array>);
}

function destroy(chunks: AsyncIterable<Uint8Array> | undefined): void {
  const stream = chunks as { destroy?(): void; cancel?(): Promise<void>; on?(event: string, f: () => void): void };
  // A destroyed request may still report its end; nobody is left to hear it.
  stream?.on?.('error', () => {});
  if (stream?.destroy !== undefined) stream.destroy();
  else stream?.cancel?.().catch(() => {});
}

async function withinTime<T>(next: Promise<T>, { key, timeout }: BodyContext): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const stalled = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      next.catch(() => {});
      reject(fault(`S3 sent nothing of ${key} for ${timeout} ms`, key));
    }, timeout);
  });
  try {
    return await Promise.race([next, stalled]);
  } finally {
    clearTimeout(timer);
  }
}

function cutOff({ key, size }: BodyContext, came: number): GoModKitError {
  return fault(`S3 sent ${came} bytes of ${key} instead of ${size}`, key);
}

function broken({ key }: BodyContext, cause: unknown): GoModKitError {
  return fault(`S3 broke off while ${key} was read`, key, cause);
}

function fault(message: string, key: string, cause?: unknown): GoModKitError {
  return new GoModKitError('storage_unavailable', message, { cause, data: { key, transient: true } });
}
