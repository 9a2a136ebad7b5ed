// A storage in a form that can be handed to another process, as an argument of its command line.

import { S3Client } from '@aws-sdk/client-s3';
import type { Storage } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { gcsStorage } from '@gomodkit/storage-gcs';
import { s3Storage } from '@gomodkit/storage-s3';
import { Storage as GoogleStorage } from '@google-cloud/storage';

/** Whom the S3 servers of tests let in. */
export interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
}

/** Where a storage is. Each server process opens it for itself. */
export type StoragePlace =
  | { readonly kind: 'directory'; readonly path: string }
  | { readonly kind: 's3'; readonly endpoint: string; readonly bucket: string; readonly credentials: Credentials }
  | { readonly kind: 'gcs'; readonly endpoint: string; readonly bucket: string };

/** For another process. */
export function formatPlace(place: StoragePlace): string {
  return JSON.stringify(place);
}

/** What {@link formatPlace} made. */
export function parsePlace(text: string): StoragePlace {
  return JSON.parse(text) as StoragePlace;
}

/** A client of an S3 server on this machine. */
export function s3ClientAt({ endpoint, credentials }: { endpoint: string; credentials: Credentials }): S3Client {
  return new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
}

/** A client of a server on this machine that speaks as Google Cloud Storage does. */
export function gcsClientAt(endpoint: string): GoogleStorage {
  return new GoogleStorage({ apiEndpoint: endpoint, projectId: 'test' });
}

/** Opens a storage; small parts, so that objects of a few megabytes are uploaded in several. */
export function openPlace(place: StoragePlace): Storage {
  if (place.kind === 'directory') return directoryStorage(place.path);
  if (place.kind === 'gcs') return gcsStorage({ bucket: gcsClientAt(place.endpoint).bucket(place.bucket) });
  return s3Storage({ bucket: place.bucket, client: s3ClientAt(place), partSize: 5 * 1024 * 1024 });
}
