// SHA-256 where there is no node:crypto. WebCrypto cannot hash a stream, so it is not used.

import { sha256 as noble } from '@noble/hashes/sha2.js';
import type { Sha256 } from './types.ts';

/** Starts a SHA-256. */
export function createSha256(): Sha256 {
  const state = noble.create();
  return {
    update(bytes) {
      state.update(bytes);
    },
    digest: () => state.digest(),
  };
}

/** The SHA-256 of `bytes`. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return noble(bytes);
}
