// What an embedder sets, checked once.
//
// Invariant: nonsense fails when the storage is made, with `invalid_argument`, not at the first request.

import { GoModKitError } from '@gomodkit/core/errors';
import { checkKeyPrefix, maxKeyBytes } from '@gomodkit/core/storage';
import type { S3ClientLike } from './client.ts';

/** Options of {@link s3Storage}. */
export interface S3StorageOptions {
  readonly bucket: string;
  /** An `S3Client` of `@aws-sdk/client-s3` 3.x, with region, endpoint and credentials as you set them. It is not destroyed by `close()`. */
  readonly client: S3ClientLike;
  /** What all keys of this storage begin with, such as `modules/`. At most 124 bytes. Default: nothing. */
  readonly prefix?: string | undefined;
  /** Bytes of a part: larger objects are uploaded in parts. At least 5 MiB. Default 8 MiB. */
  readonly partSize?: number | undefined;
  /** How many parts of one object are sent at once. Memory per upload is this many parts and one more. Default 2. */
  readonly partsAtOnce?: number | undefined;
  /** Checksum that the endpoint is asked to check and keep; `none` for endpoints that know none. Default `CRC32`. */
  readonly checksum?: 'CRC32' | 'none' | undefined;
  /** Milliseconds that an answer may take to begin, and a body may stall. Default 60,000. */
  readonly timeout?: number | undefined;
  /** `false`: trust that the endpoint honours conditions, without the probe that the first create() makes. */
  readonly probe?: boolean | undefined;
  /** Handed to every upload: `AES256`, `aws:kms`, … */
  readonly serverSideEncryption?: string | undefined;
  /** With `aws:kms`: the key. */
  readonly kmsKeyId?: string | undefined;
  /** Handed to every upload: `STANDARD_IA`, … */
  readonly storageClass?: string | undefined;
}

/** Options with everything filled in. */
export interface Settings {
  readonly prefix: string;
  readonly partSize: number;
  readonly partsAtOnce: number;
  readonly timeout: number;
  readonly probe: boolean;
  /** Members of every upload command. */
  readonly upload: Readonly<Record<string, string>>;
  readonly checksum: 'CRC32' | undefined;
}

/** S3's limit for a key. */
const maxS3Key = 1024;
const minPart = 5 * 1024 * 1024;
/** S3's limit for the parts of one object. */
export const maxParts = 10_000;

/** Checks options and fills in defaults. Throws `invalid_argument` or `invalid_key`. */
export function settingsOf(options: S3StorageOptions): Settings {
  const { bucket, prefix = '', partSize = 8 * 1024 * 1024, partsAtOnce = 2, timeout = 60_000 } = options;
  if (typeof bucket !== 'string' || bucket === '') throw refused('bucket is empty');
  if (typeof options.client?.send !== 'function') throw refused('client is no S3 client: it has no send()');
  checkKeyPrefix(prefix);
  if (new TextEncoder().encode(prefix).length > maxS3Key - maxKeyBytes)
    throw refused(`prefix is longer than ${maxS3Key - maxKeyBytes} bytes, so that not every key would fit`);
  if (!Number.isSafeInteger(partSize) || partSize < minPart)
    throw refused(`partSize is ${partSize}: want at least ${minPart} bytes, which is the least that S3 takes`);
  if (!Number.isSafeInteger(partsAtOnce) || partsAtOnce < 1)
    throw refused(`partsAtOnce is ${partsAtOnce}: want at least 1`);
  if (!(timeout > 0)) throw refused(`timeout is ${timeout}: want milliseconds`);
  return {
    prefix,
    partSize,
    partsAtOnce,
    timeout,
    probe: options.probe ?? true,
    upload: uploadMembers(options),
    checksum: options.checksum === 'none' ? undefined : 'CRC32',
  };
}

function uploadMembers({ serverSideEncryption, kmsKeyId, storageClass }: S3StorageOptions): Record<string, string> {
  return {
    ...(serverSideEncryption !== undefined && { ServerSideEncryption: serverSideEncryption }),
    ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
    ...(storageClass !== undefined && { StorageClass: storageClass }),
  };
}

function refused(why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `S3 storage: ${why}`);
}
