// `gs://BUCKET/PREFIX?project=…`: Google Cloud Storage.
//
// Invariants:
// - The SDK is loaded when such a URL is opened, and not before.
// - Credentials come from the SDK's own chain (GOOGLE_APPLICATION_CREDENTIALS, gcloud, the metadata server). With `endpoint` requests go
//   unauthenticated, as emulators want it: a token for Google is nothing to send to anybody else.

import { bucketPlace } from './bucket-place.ts';
import type { OpenPlace } from './choice.ts';
import { loadPackage } from './load-package.ts';
import { count, given, serviceUrl, text, urlOptions } from './url-options.ts';

const options = {
  endpoint: serviceUrl,
  project: text,
  'storage-class': text,
  'kms-key-name': text,
  'chunk-size': count,
  timeout: count,
} as const;

/** Opens it. Rejects with `invalid_argument`, or `unsupported` where a package is missing. */
export const openGcs: OpenPlace = async (place) => {
  const { bucket, prefix, name } = bucketPlace(place, 'gs');
  const wanted = urlOptions(place.query, 'gs', options);
  const { Storage } = await loadPackage('@google-cloud/storage', 'gs', () => import('@google-cloud/storage'));
  const { gcsStorage } = await loadPackage('@gomodkit/storage-gcs', 'gs', () => import('@gomodkit/storage-gcs'));
  const { endpoint, project } = wanted;
  const client = new Storage({
    ...given({ apiEndpoint: endpoint, projectId: project }),
    // The repository tries again, too: an address where nobody is should be said within seconds.
    retryOptions: { maxRetries: 2 },
  });
  const storage = gcsStorage({
    bucket: client.bucket(bucket),
    prefix,
    ...given({
      storageClass: wanted['storage-class'],
      kmsKeyName: wanted['kms-key-name'],
      chunkSize: wanted['chunk-size'],
      timeout: wanted.timeout,
    }),
  });
  return { storage, name: endpoint === undefined ? name : `${name} at ${endpoint}` };
};
