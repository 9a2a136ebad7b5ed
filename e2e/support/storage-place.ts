// A storage in a form that can be handed to another process, as an argument of its command line.

import type { S3Client } from '@aws-sdk/client-s3';
import type { Storage } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import type { Storage as GoogleStorage } from '@google-cloud/storage';

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

/** A client of an S3 server on this machine. SDKs are loaded when they are needed: each is tens of megabytes. */
export async function s3ClientAt(server: { endpoint: string; credentials: Credentials }): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { endpoint, credentials } = server;
  return new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
}

/** A client of a server on this machine that speaks as Google Cloud Storage does. */
export async function gcsClientAt(endpoint: string): Promise<GoogleStorage> {
  const { Storage } = await import('@google-cloud/storage');
  return new Storage({ apiEndpoint: endpoint, projectId: 'test' });
}

/** Opens a storage. */
export async function openPlace(place: StoragePlace): Promise<Storage> {
  if (place.kind === 'directory') return directoryStorage(place.path);
  if (place.kind === 'gcs') {
    const { gcsStorage } = await import('@gomodkit/storage-gcs');
    return gcsStorage({ bucket: (await gcsClientAt(place.endpoint)).bucket(place.bucket) });
  }
  const { s3Storage } = await import('@gomodkit/storage-s3');
  return s3Storage({ bucket: place.bucket, client: await s3ClientAt(place) });
}
