// Ed25519 by Node's OpenSSL.
//
// Invariants:
// - A key object costs as much as what is done with it: those of the last few keys are kept. What is found is compared byte by byte.
// - Kept seeds are copies, so that a caller who overwrites its own does not turn one key into another; nothing shows them.

import {
  createPrivateKey,
  createPublicKey,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import type { Ed25519 } from './types.ts';

/** What stands before the 32 bytes in the DER form of a private (PKCS #8) and of a public (SPKI) key. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/** How many keys of a kind are kept: a database, its witnesses, and a log or two of one's own. */
const mostKeys = 8;

/** `make` that remembers the keys of the last few texts of bytes. */
function remembering(make: (raw: Uint8Array) => KeyObject): (raw: Uint8Array) => KeyObject {
  const kept: { readonly raw: Buffer; readonly key: KeyObject }[] = [];
  return (raw) => {
    const at = kept.findIndex((each) => each.raw.equals(raw));
    const [found = { raw: Buffer.from(raw), key: make(raw) }] = at < 0 ? [] : kept.splice(at, 1);
    kept.unshift(found);
    kept.length = Math.min(kept.length, mostKeys);
    return found.key;
  };
}

const privateKey = remembering((seed) =>
  createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' }),
);
const verifyingKey = remembering((key) =>
  createPublicKey({ key: Buffer.concat([publicPrefix, key]), format: 'der', type: 'spki' }),
);

/** Ed25519. */
export const ed25519: Ed25519 = {
  async verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    return verifyBytes(null, message, verifyingKey(publicKey), signature);
  },
  async sign(seed, message) {
    return new Uint8Array(signBytes(null, message, privateKey(seed)));
  },
  async publicKey(seed) {
    const der = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
    return new Uint8Array(der.subarray(publicPrefix.length));
  },
};
