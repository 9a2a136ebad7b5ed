// Calls of storages next to the same calls of the SDK, on the same server: what a storage may cost is a little work, not a request.

import { join } from 'node:path';
import { fakeGcsServer, startFakeGcsServer } from '../../tools/real-servers/fake-gcs-server.ts';
import type { RealServer } from '../../tools/real-servers/program.ts';
import { startVersitygw, versitygw } from '../../tools/real-servers/versitygw.ts';
import { startNode } from '../harness/program.ts';
import type { Contestant, Goal, Row } from '../harness/row.ts';
import type { BucketPlace, CallsRequest } from '../programs/buckets.ts';

const objects = 512;
const atOnce = 16;
/** Listings are pages of this many objects. */
const listings = 32;

interface Backend {
  readonly kind: BucketPlace['kind'];
  readonly raw: string | undefined;
  readonly storage: string;
  readonly absent?: string | undefined;
  start?(): Promise<RealServer>;
}

const notInstalled = (name: string): string => `GOMODKIT_TEST_SERVERS has no ${name} (tools/real-servers)`;

const backends: readonly Backend[] = [
  {
    kind: 's3',
    raw: 'client-s3 alone',
    storage: 's3Storage',
    absent: versitygw === undefined ? notInstalled('versitygw') : undefined,
    start: () => startVersitygw(versitygw ?? ''),
  },
  {
    kind: 'gcs',
    raw: '@google-cloud/storage alone',
    storage: 'gcsStorage',
    absent: fakeGcsServer === undefined ? notInstalled('fake-gcs-server') : undefined,
    start: () => startFakeGcsServer(fakeGcsServer ?? ''),
  },
  { kind: 'directory', raw: undefined, storage: 'directoryStorage' },
  { kind: 'memory', raw: undefined, storage: 'memoryStorage' },
];

function contestant(backend: Backend, how: CallsRequest['how'], name: string, call: CallsRequest['call']): Contestant {
  return {
    name,
    absent: () => backend.absent,
    async setup({ directory }) {
      const server = await backend.start?.();
      const program = startNode('buckets');
      let round = 0;
      return {
        async run() {
          const fresh = `round-${round++}`;
          const place = backend.kind === 'directory' ? join(directory, fresh) : fresh;
          const { milliseconds } = await program.ask<{ readonly milliseconds: number }>({
            op: 'calls',
            call,
            how,
            place: { kind: backend.kind, endpoint: server?.endpoint, name: place },
            objects,
            atOnce,
          });
          return { value: ((call === 'list' ? listings : objects) * 1000) / milliseconds };
        },
        async teardown() {
          await program.stop();
          await server?.stop();
        },
      };
    },
  };
}

/** At least this much of the raw calls' speed. */
const share = 1 / 1.15;

function goalOf({ raw, storage }: Backend): readonly Goal[] {
  if (raw === undefined) return [];
  return [
    {
      says: `${storage}: at most 1.15 times the time of ${raw}`,
      met(median) {
        const [own, other] = [median(storage), median(raw)];
        return own === undefined || other === undefined ? undefined : own >= share * other;
      },
    },
  ];
}

function row(call: CallsRequest['call'], about: string): Row {
  return {
    name: `bucket-${call}`,
    about,
    unit: call === 'list' ? 'pages/s' : `${call}s/s`,
    better: 'higher',
    goals: backends.flatMap(goalOf),
    contestants: backends.flatMap((backend) => [
      ...(backend.raw === undefined ? [] : [contestant(backend, 'raw', backend.raw, call)]),
      contestant(backend, 'storage', backend.storage, call),
    ]),
  };
}

/** Calls per second. */
export const bucketCalls: readonly Row[] = [
  row('create', `creating ${objects} objects of 1 KiB, ${atOnce} at once, next to the SDK on the same server`),
  row('get', `reading ${objects} objects of 1 KiB whole, ${atOnce} at once, next to the SDK on the same server`),
  row('list', `pages of ${objects} objects, ${atOnce} at once, next to the SDK on the same server`),
];
