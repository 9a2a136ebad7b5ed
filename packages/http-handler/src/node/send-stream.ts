// A body of any size over a Node response.
//
// Invariants:
// - At most one chunk beyond what the response buffers is held.
// - The reader is read to its end or cancelled, on every way out.
// - Exactly the announced number of bytes is sent, or this rejects with the response unended.

import { checkLength } from '../shared/length.ts';
import type { Client } from './client.ts';
import type { NodeResponse } from './message.ts';

/** Status line and headers to be. */
export interface Head {
  readonly status: number;
  readonly headers: Record<string, string>;
}

/**
 * Sends what `reader` delivers. Rejects when the body cannot be sent whole, with the head unsent if not a byte of it came; resolves
 * early when the client leaves.
 */
export async function sendStream(
  res: NodeResponse,
  head: Head,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  { signal }: Client,
): Promise<void> {
  // A write that loses the race with the end of the connection emits 'error', which would end the process.
  res.on('error', ignore);
  // Releases the source at once, also while a read is pending: that read then ends.
  const cancel = (): void => {
    reader.cancel(signal.reason).catch(ignore);
  };
  signal.addEventListener('abort', cancel);
  try {
    await copy(res, head, reader, signal);
  } catch (error) {
    if (signal.aborted) return;
    reader.cancel(error).catch(ignore);
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}

async function copy(
  res: NodeResponse,
  { status, headers }: Head,
  reader: ReadableStreamDefaultReader<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const length = checkLength(headers['content-length']);
  // The head waits for the first chunk, so that a body that cannot be opened can still become a 500.
  let next = await reader.read();
  if (signal.aborted) return;
  res.writeHead(status, headers);
  while (!next.done) {
    const chunk = next.value;
    length.took(chunk.length);
    if (chunk.length > 0 && !res.write(chunk)) await drained(res, signal);
    next = await reader.read();
    if (signal.aborted) return;
  }
  length.ended();
  res.end();
}

/** Resolves when `res` takes more, or the client has left. */
function drained(res: NodeResponse, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      res.off('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    if (signal.aborted) return resolve();
    res.on('drain', done);
    signal.addEventListener('abort', done);
  });
}

function ignore(): void {}
