// An open file as a random-access byte source; used by files.node.ts and spool.node.ts.
//
// Invariants:
// - A stream delivers exactly its range or fails: a file that got shorter is an error, never a short body.
// - Pull-driven: nothing is read before it is asked for, one block at a time.

import type { FileHandle } from 'node:fs/promises';
import { GoModKitError } from '../errors/error.ts';
import type { RandomAccessSource } from './types.ts';

// Half the processor time of copying a large file goes into its reads when they are 64 KiB.
const blockSize = 256 * 1024;

/** A file that several streams read from. */
export interface OpenFile {
  readonly handle: FileHandle;
  /** For messages. */
  readonly what: string;
  closed: boolean;
}

/** The bytes `start` to `end` of an open file. */
export function handleSource(file: OpenFile, start: number, end: number): RandomAccessSource {
  return {
    size: end - start,
    stream: () => handleStream(file, start, end),
    slice(from, to) {
      const sliceStart = Math.min(start + Math.max(from, 0), end);
      return handleSource(file, sliceStart, Math.max(sliceStart, Math.min(start + to, end)));
    },
  };
}

function handleStream(file: OpenFile, start: number, end: number): ReadableStream<Uint8Array> {
  let position = start;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (position >= end) return controller.close();
        if (file.closed) throw new GoModKitError('closed', `${file.what} was closed while it was being read`);
        const block = new Uint8Array(Math.min(blockSize, end - position));
        const { bytesRead } = await file.handle.read(block, 0, block.length, position);
        if (bytesRead === 0)
          throw new GoModKitError('storage_unavailable', `${file.what} got shorter while it was being read`);
        position += bytesRead;
        controller.enqueue(bytesRead === block.length ? block : block.subarray(0, bytesRead));
        if (position >= end) controller.close();
      },
    },
    { highWaterMark: 0 },
  );
}

/** Closes once. */
export async function closeFile(file: OpenFile): Promise<void> {
  if (file.closed) return;
  file.closed = true;
  await file.handle.close();
}
