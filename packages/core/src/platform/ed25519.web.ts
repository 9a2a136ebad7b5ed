// Ed25519 by WebCrypto, which Workers, Deno and current browsers have.

import { GoModKitError } from '../errors/error.ts';
import type { Ed25519 } from './types.ts';

/** What stands before the seed in the DER form of a private key (PKCS #8). */
const privatePrefix = Uint8Array.from([
  0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20,
]);

const algorithm = 'Ed25519';

async function privateKey(seed: Uint8Array) {
  const der = new Uint8Array(privatePrefix.length + seed.length);
  der.set(privatePrefix);
  der.set(seed, privatePrefix.length);
  // Extractable, because the public key is found nowhere else.
  return supported(crypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']));
}

/** Ed25519. Rejects with `unsupported` where WebCrypto lacks it. */
export const ed25519: Ed25519 = {
  async verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    const imported = crypto.subtle.importKey('raw', plain(publicKey), algorithm, false, ['verify']);
    const key = await supported(imported).catch((error: unknown) => {
      // Some implementations look at the key here, others when they verify.
      if (error instanceof Error && error.name === 'DataError') return undefined;
      throw error;
    });
    if (key === undefined) return false;
    return crypto.subtle.verify(algorithm, key, plain(signature), plain(message));
  },
  async sign(seed, message) {
    return new Uint8Array(await crypto.subtle.sign(algorithm, await privateKey(seed), plain(message)));
  },
  async publicKey(seed) {
    const { x = '' } = await crypto.subtle.exportKey('jwk', await privateKey(seed));
    return Uint8Array.from(atob(x.replaceAll('-', '+').replaceAll('_', '/')), (char) => char.charCodeAt(0));
  },
};

/** WebCrypto takes no views of shared memory. */
function plain(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}

async function supported<T>(promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    if (!(cause instanceof Error) || cause.name !== 'NotSupportedError') throw cause;
    throw new GoModKitError('unsupported', 'this runtime has no Ed25519 in WebCrypto', { cause });
  }
}
