// Where several processes can keep modules together: a directory, fakes of object stores in this process, and real servers where they
// are installed (tools/real-servers).

import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { tempDirectory } from '@gomodkit/testing';
import { startFakeGcs } from '@gomodkit/testing/gcs';
import { startFakeS3 } from '@gomodkit/testing/s3';
import { fakeGcsServer, startFakeGcsServer } from '../../tools/real-servers/fake-gcs-server.ts';
import { minio, minioCredentials, startMinio } from '../../tools/real-servers/minio.ts';
import type { RealServer } from '../../tools/real-servers/program.ts';
import { startVersitygw, versitygw, versitygwCredentials } from '../../tools/real-servers/versitygw.ts';
import { type Credentials, gcsClientAt, type StoragePlace, s3ClientAt } from './storage-place.ts';

/** Something that keeps modules. */
export interface Backend {
  readonly name: string;
  /** Whether it is a server that others wrote. */
  readonly real: boolean;
  /** Whether it can be started here. */
  readonly installed: boolean;
  start(): Promise<RunningBackend>;
}

/** A {@link Backend} that runs. */
export interface RunningBackend {
  /** A new, empty storage. */
  place(): Promise<StoragePlace>;
  close(): Promise<void>;
}

const everyBackend: readonly Backend[] = [
  {
    name: 'a directory',
    real: false,
    installed: true,
    async start() {
      const directory = await tempDirectory();
      let places = 0;
      return {
        place: async () => ({ kind: 'directory', path: `${directory.path}/store-${++places}` }),
        close: () => directory.close(),
      };
    },
  },
  {
    name: 'S3, faked',
    real: false,
    installed: true,
    async start() {
      const server = await startFakeS3();
      return s3Backend(server.endpoint, fakeCredentials, () => server.close());
    },
  },
  {
    name: 'GCS, faked',
    real: false,
    installed: true,
    async start() {
      const server = await startFakeGcs();
      return gcsBackend(server.endpoint, () => server.close());
    },
  },
  realS3('S3 of versitygw', versitygw, startVersitygw, versitygwCredentials),
  realS3('S3 of MinIO', minio, startMinio, minioCredentials),
  {
    name: 'GCS of fake-gcs-server',
    real: true,
    installed: fakeGcsServer !== undefined,
    async start() {
      const server = await startFakeGcsServer(fakeGcsServer ?? '');
      return gcsBackend(server.endpoint, () => server.stop());
    },
  },
];

// A run that is given real servers comes after one without them: what both would show is shown once, unless everything is wanted.
const realOnly = Boolean(process.env.GOMODKIT_TEST_SERVERS) && process.env.GOMODKIT_TEST_SCALE !== 'full';

/** Those of this run. */
export const backends: readonly Backend[] = everyBackend.filter(({ real }) => real || !realOnly);

const fakeCredentials: Credentials = { accessKeyId: 'tester', secretAccessKey: 'tester-secret' };

function realS3(
  name: string,
  program: string | undefined,
  start: (program: string) => Promise<RealServer>,
  credentials: Credentials,
): Backend {
  return {
    name,
    real: true,
    installed: program !== undefined,
    async start() {
      const server = await start(program ?? '');
      return s3Backend(server.endpoint, credentials, () => server.stop());
    },
  };
}

function s3Backend(endpoint: string, credentials: Credentials, close: () => Promise<void>): RunningBackend {
  let buckets = 0;
  return {
    async place() {
      const bucket = `modules-${++buckets}`;
      const client = await s3ClientAt({ endpoint, credentials });
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      client.destroy();
      return { kind: 's3', endpoint, bucket, credentials };
    },
    close,
  };
}

function gcsBackend(endpoint: string, close: () => Promise<void>): RunningBackend {
  let buckets = 0;
  return {
    async place() {
      const bucket = `modules-${++buckets}`;
      await (await gcsClientAt(endpoint)).createBucket(bucket);
      return { kind: 'gcs', endpoint, bucket };
    },
    close,
  };
}
