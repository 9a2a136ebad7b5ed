// What an embedder sets, checked once.
//
// Invariant: nonsense fails when the storage is made, with `invalid_argument`, not at the first request.

import { GoModKitError } from '@gomodkit/core/errors';
import { checkKeyPrefix, maxKeyBytes } from '@gomodkit/core/storage';
import type { GcsBucketLike } from './bucket.ts';

/** Options of {@link gcsStorage}. */
export interface GcsStorageOptions {
  /** A `Bucket` of `@google-cloud/storage` 7 or 8. */
  readonly bucket: GcsBucketLike;
  /** What all keys of this storage begin with, such as `modules/`. At most 124 bytes. Default: nothing. */
  readonly prefix?: string | undefined;
  /** Bytes sent at once of a large object, a multiple of 256 KiB: what an upload holds in memory. Default 8 MiB. */
  readonly chunkSize?: number | undefined;
  /** Milliseconds that an answer may take to begin, and a body may stall. Default 60,000. */
  readonly timeout?: number | undefined;
  /** Storage class of new objects: `NEARLINE`, … Default: the bucket's. */
  readonly storageClass?: string | undefined;
  /** Cloud KMS key that encrypts new objects. Default: the bucket's. */
  readonly kmsKeyName?: string | undefined;
}

/** Options with everything filled in. */
export interface Settings {
  readonly prefix: string;
  readonly chunkSize: number;
  readonly timeout: number;
  readonly storageClass: string | undefined;
  readonly kmsKeyName: string | undefined;
}

/** The service's limit for a name. */
const maxName = 1024;
const chunkUnit = 256 * 1024;

/** Checks options and fills in defaults. Throws `invalid_argument` or `invalid_key`. */
export function settingsOf(options: GcsStorageOptions): Settings {
  const { bucket, prefix = '', chunkSize = 8 * 1024 * 1024, timeout = 60_000, storageClass, kmsKeyName } = options;
  if (typeof bucket?.file !== 'function') throw refused('bucket is no Bucket of @google-cloud/storage');
  checkKeyPrefix(prefix);
  if (new TextEncoder().encode(prefix).length > maxName - maxKeyBytes)
    throw refused(`prefix is longer than ${maxName - maxKeyBytes} bytes, so that not every key would fit`);
  if (!Number.isSafeInteger(chunkSize) || chunkSize < chunkUnit || chunkSize % chunkUnit !== 0)
    throw refused(`chunkSize is ${chunkSize}: want a multiple of ${chunkUnit} bytes`);
  if (!(timeout > 0)) throw refused(`timeout is ${timeout}: want milliseconds`);
  return { prefix, chunkSize, timeout, storageClass, kmsKeyName };
}

function refused(why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `Google Cloud Storage: ${why}`);
}
