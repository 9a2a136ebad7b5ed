// The bytes of an open file as a stream.
//
// Invariants:
// - The handle is closed exactly once: at the end, on cancel, on abort, or on a fault. Small ranges are read at once, so that they
//   hold no handle at all.
// - Nothing is read before it is asked for.
// - A file that is shorter than it was is a fault, never an early end.

import type { FileHandle } from 'node:fs/promises';
import { GoModKitError } from '@gomodkit/core/errors';
import { fault } from './faults.ts';

const chunkBytes = 256 * 1024;
const smallBytes = 64 * 1024;

/** What a body is read from. */
export interface OpenFile {
  readonly key: string;
  readonly handle: FileHandle;
  /** Half-open. */
  readonly start: number;
  readonly end: number;
  readonly signal: AbortSignal | undefined;
}

/** The body of `file`, which owns its handle from here on. */
export async function fileBody(file: OpenFile): Promise<ReadableStream<Uint8Array>> {
  if (file.end - file.start > smallBytes) return handleStream(file);
  try {
    return memoryStream(await readWhole(file), file.signal);
  } finally {
    await file.handle.close();
  }
}

async function readWhole({ key, handle, start, end }: OpenFile): Promise<Uint8Array> {
  const bytes = new Uint8Array(end - start);
  for (let at = 0; at < bytes.length; ) {
    const { bytesRead } = await handle.read(bytes, at, bytes.length - at, start + at);
    if (bytesRead === 0) throw shorter(key);
    at += bytesRead;
  }
  return bytes;
}

function memoryStream(bytes: Uint8Array, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        signal?.throwIfAborted();
        if (bytes.length > 0) controller.enqueue(bytes);
        controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

function handleStream({ key, handle, start, end, signal }: OpenFile): ReadableStream<Uint8Array> {
  let at = start;
  let closing: Promise<void> | undefined;
  let abort = (): void => {};
  // close() waits for a read under way, so the buffer of that read stays ours.
  const release = (): Promise<void> => {
    signal?.removeEventListener('abort', abort);
    closing ??= handle.close();
    return closing;
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        abort = () => {
          controller.error(signal?.reason);
          release().catch(() => {});
        };
        signal?.addEventListener('abort', abort, { once: true });
      },
      async pull(controller) {
        try {
          const { buffer, bytesRead } = await handle.read(new Uint8Array(Math.min(chunkBytes, end - at)), 0, null, at);
          if (bytesRead === 0) throw shorter(key);
          at += bytesRead;
          if (at >= end) await release();
          if (signal?.aborted) return;
          controller.enqueue(buffer.subarray(0, bytesRead));
          if (at >= end) controller.close();
        } catch (error) {
          await release().catch(() => {});
          throw fault(error, `read ${key}`);
        }
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
}

function shorter(key: string): GoModKitError {
  return new GoModKitError('storage_unavailable', `${key} became shorter while it was read`, {
    data: { key, transient: false },
  });
}
