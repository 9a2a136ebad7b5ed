// From an object to a web stream.
//
// Invariants:
// - One request: what is known of the object comes with its bytes.
// - An answer of the service is released or read to its end, whatever happens to the body.

import type { Readable } from 'node:stream';
import { isGoModKitError } from '@gomodkit/core/errors';
import { objectBody } from '@gomodkit/core/storage';
import type { GcsResponse } from './bucket.ts';
import type { CallContext } from './calls.ts';

/** Asks for an object; resolves to the headers of the answer, whose body `stream` is. Rejects with the SDK's error. */
export function headersOf(stream: Readable): Promise<GcsResponse['headers']> {
  return new Promise((resolve, reject) => {
    // Stays for good: a destroyed request may still report its end, and nobody is left to hear it.
    stream.on('error', reject);
    stream.on('response', ({ statusCode, headers }: GcsResponse) => {
      // The SDK reads a refusal itself and makes it an error.
      if (statusCode < 300) resolve(headers);
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
export function bodyOf(
  stream: Readable,
  size: number,
  { key, signal, timeout }: CallContext,
): ReadableStream<Uint8Array> {
  return objectBody(stream, {
    backend: 'Google Cloud Storage',
    key,
    size,
    stall: timeout,
    signal,
    release(reason, missing) {
      const faulty = isGoModKitError(reason, 'storage_unavailable');
      if (missing > drainable || faulty) stream.destroy();
      else stream.resume();
    },
  });
}
