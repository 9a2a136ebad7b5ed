export type {
  GcsBucketLike,
  GcsFileLike,
  GcsFilesPage,
  GcsMetadata,
  GcsRequest,
  GcsResponse,
  GcsUploadOptions,
} from './bucket.ts';
export { type GcsStorage, gcsStorage } from './gcs-storage.ts';
export type { GcsStorageOptions } from './options.ts';
