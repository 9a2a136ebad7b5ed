// What the service says of an object, in the form of the contract.

import { GoModKitError } from '@gomodkit/core/errors';
import type { ObjectInfo } from '@gomodkit/core/storage';
import type { GcsMetadata } from './bucket.ts';

/** Times in whole seconds: a read names no more. */
export function infoOf(key: string, size: number, { generation, updated = '' }: GcsMetadata): ObjectInfo {
  const modified = new Date(Math.floor(Date.parse(updated) / 1000) * 1000);
  if (Number.isSafeInteger(size) && generation !== undefined && !Number.isNaN(modified.getTime()))
    return { key, size, etag: String(generation), modified };
  const message = `Google Cloud Storage does not say the size, generation and time of ${key}`;
  throw new GoModKitError('storage_unavailable', message, { data: { key, transient: false } });
}
