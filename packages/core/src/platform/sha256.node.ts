// SHA-256 by Node's OpenSSL.

import { createHash, hash } from 'node:crypto';
import type { Sha256 } from './types.ts';

/** Starts a SHA-256. */
export function createSha256(): Sha256 {
  const state = createHash('sha256');
  return {
    update(bytes) {
      state.update(bytes);
    },
    digest: () => plain(state.digest()),
  };
}

/** The SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return plain(hash('sha256', bytes, 'buffer'));
}

/** Buffers stay inside: outside they would compare unequal to the same bytes in a Uint8Array. */
function plain(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}
