export type {
  GcsBucketLike,
  GcsFileLike,
  GcsFilesPage,
  GcsMetadata,
  GcsRequest,
  GcsResponse,
  GcsUploadOptions,
} from './bucket.ts';
export { type GcsStorage, gcsStorage, type SignedUrlOptions } from './gcs-storage.ts';
export type { GcsStorageOptions } from './options.ts';
