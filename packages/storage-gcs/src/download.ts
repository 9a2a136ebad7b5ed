// From an object to a web stream.
//
// Invariants:
// - One request: what is known of the object comes with its bytes.
// - A body that ends early closes its own connection at once, and no other.

import type { Readable } from 'node:stream';
import { objectBody } from '@gomodkit/core/storage';
import type { GcsResponse } from './bucket.ts';
import type { CallContext } from './calls.ts';

/** Asks for an object; resolves to the headers of the answer, whose body `stream` is. Rejects with the SDK's error. */
export function headersOf(stream: Readable): Promise<GcsResponse['headers']> {
  return new Promise((resolve, reject) => {
    // Stays for good: a destroyed request may still report its end, and nobody is left to hear it.
    stream.on('error', reject);
    // Stays, too: the answer may come after the caller left.
    stream.on('response', (response: GcsResponse) => {
      keepToItself(response);
      // The SDK reads a refusal itself and makes it an error.
      if (response.statusCode < 300) resolve(response.headers);
    });
    // The SDK asks only when somebody begins to read.
    stream.read(0);
  });
}

/**
 * Version 7 of the SDK answers the early end of one body by destroying the agent that all requests of the process share, which cuts off
 * every other download and upload under way: it knows no other way to the connection behind a body. There is one. The body is a copy
 * into which the answer itself is piped, and the answer is named when that ends.
 */
function keepToItself(response: GcsResponse): void {
  if (response.request !== undefined) response.request.agent = undefined;
  // One that was read to its end has given its connection back and has nothing left to destroy.
  response.on?.('unpipe', (answer: Readable) => answer.destroy());
}

/** The body as a web stream of exactly `size` bytes. */
export function bodyOf(
  stream: Readable,
  size: number,
  { key, signal, timeout }: CallContext,
): ReadableStream<Uint8Array> {
  const release = (): void => void stream.destroy();
  return objectBody(stream, { backend: 'Google Cloud Storage', key, size, stall: timeout, signal, release });
}
