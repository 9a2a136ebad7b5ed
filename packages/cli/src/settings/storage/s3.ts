// `s3://BUCKET/PREFIX?endpoint=…&region=…`: S3 and what speaks it.
//
// Invariants:
// - The SDK is loaded when such a URL is opened, and not before.
// - Region and credentials come from the SDK's own chain (environment, shared files, instance roles); the URL may name the region and
//   a profile, never a secret.
// - Closing the storage closes the client's sockets.

import type { S3Client, S3ClientConfig } from '@aws-sdk/client-s3';
import { bucketPlace } from './bucket-place.ts';
import type { OpenPlace } from './choice.ts';
import { closing } from './closing.ts';
import { loadPackage } from './load-package.ts';
import { count, flag, given, oneOf, refused, serviceUrl, text, urlOptions } from './url-options.ts';

const options = {
  endpoint: serviceUrl,
  region: text,
  profile: text,
  'path-style': flag,
  'storage-class': text,
  sse: text,
  'kms-key-id': text,
  'part-size': count,
  'parts-at-once': count,
  checksum: oneOf('CRC32', 'none'),
  timeout: count,
  probe: flag,
} as const;

/** Opens it. Rejects with `invalid_argument`, or `unsupported` where a package is missing. */
export const openS3: OpenPlace = async (place) => {
  const { bucket, prefix, name } = bucketPlace(place, 's3');
  const wanted = urlOptions(place.query, 's3', options);
  // Which Node a version of the SDK runs on was looked at when it was pinned; whoever uses this program can do nothing about it.
  process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
  const { S3Client: Client } = await loadPackage('@aws-sdk/client-s3', 's3', () => import('@aws-sdk/client-s3'));
  const { s3Storage } = await loadPackage('@gomodkit/storage-s3', 's3', () => import('@gomodkit/storage-s3'));
  const { endpoint, region, profile } = wanted;
  const client = await withRegion(
    (fallback) =>
      new Client(
        given({
          endpoint,
          profile,
          region: region ?? fallback,
          // Buckets as host names need a DNS that knows them, which servers of one's own seldom have.
          forcePathStyle: wanted['path-style'] ?? endpoint !== undefined,
          // Endpoints of others need not know the newer checksums; what is uploaded says its own.
          requestChecksumCalculation: 'WHEN_REQUIRED',
          responseChecksumValidation: 'WHEN_REQUIRED',
        }) as S3ClientConfig,
      ),
    endpoint !== undefined,
  );
  const storage = s3Storage({
    bucket,
    client,
    prefix,
    ...given({
      storageClass: wanted['storage-class'],
      serverSideEncryption: wanted.sse,
      kmsKeyId: wanted['kms-key-id'],
      partSize: wanted['part-size'],
      partsAtOnce: wanted['parts-at-once'],
      checksum: wanted.checksum,
      timeout: wanted.timeout,
      probe: wanted.probe,
    }),
  });
  return {
    storage: closing(storage, () => client.destroy()),
    name: endpoint === undefined ? name : `${name} at ${endpoint}`,
  };
};

/** A server of one's own has no regions, but signatures need one. AWS has many, and guessing would find nothing. */
async function withRegion(create: (fallback: string | undefined) => S3Client, isOwnServer: boolean): Promise<S3Client> {
  const client = create(undefined);
  try {
    await client.config.region();
    return client;
  } catch (cause) {
    client.destroy();
    if (isOwnServer) return create('us-east-1');
    throw refused('s3', 'no region is known; add ?region=NAME to the URL, or set AWS_REGION', cause);
  }
}
