export type { S3ClientLike } from './client.ts';
export type { S3StorageOptions } from './options.ts';
export { type S3Storage, s3Storage } from './s3-storage.ts';
