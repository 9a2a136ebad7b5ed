// MinIO, an S3 server. AGPL: it is run by tests, never bundled.

import { findProgram, type RealServer, startProgram } from './program.ts';

/** Where it is; undefined where it is not installed. */
export const minio: string | undefined = findProgram('minio');

/** Whom it lets in. */
export const minioCredentials: { readonly accessKeyId: string; readonly secretAccessKey: string } = {
  accessKeyId: 'tester',
  secretAccessKey: 'tester-secret',
};

/** Starts it, without buckets. */
export function startMinio(program: string): Promise<RealServer> {
  const { accessKeyId, secretAccessKey } = minioCredentials;
  const launch = (port: number, directory: string) => ({
    args: ['server', directory, '--quiet', '--address', `127.0.0.1:${port}`, '--console-address', '127.0.0.1:0'],
    env: { MINIO_ROOT_USER: accessKeyId, MINIO_ROOT_PASSWORD: secretAccessKey, MINIO_BROWSER: 'off' },
  });
  return startProgram(program, launch, '/minio/health/ready');
}
