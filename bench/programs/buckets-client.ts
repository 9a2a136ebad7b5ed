// A client of the S3 servers that tests and benchmarks start.

import { S3Client } from '@aws-sdk/client-s3';

/** Makes one. */
export function s3ClientAt(endpoint: string): S3Client {
  const credentials = { accessKeyId: 'tester', secretAccessKey: 'tester-secret' };
  return new S3Client({ endpoint, credentials, region: 'us-east-1', forcePathStyle: true });
}
