// Ed25519 by Node's OpenSSL.

import { createPrivateKey, createPublicKey, sign as signBytes, verify as verifyBytes } from 'node:crypto';
import type { Ed25519 } from './types.ts';

/** What stands before the 32 bytes in the DER form of a private (PKCS #8) and of a public (SPKI) key. */
const privatePrefix = Buffer.from('302e020100300506032b657004220420', 'hex');
const publicPrefix = Buffer.from('302a300506032b6570032100', 'hex');

function privateKey(seed: Uint8Array) {
  return createPrivateKey({ key: Buffer.concat([privatePrefix, seed]), format: 'der', type: 'pkcs8' });
}

/** Ed25519. */
export const ed25519: Ed25519 = {
  async verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    const key = createPublicKey({ key: Buffer.concat([publicPrefix, publicKey]), format: 'der', type: 'spki' });
    return verifyBytes(null, message, key, signature);
  },
  async sign(seed, message) {
    return new Uint8Array(signBytes(null, message, privateKey(seed)));
  },
  async publicKey(seed) {
    const der = createPublicKey(privateKey(seed)).export({ format: 'der', type: 'spki' });
    return new Uint8Array(der.subarray(publicPrefix.length));
  },
};
