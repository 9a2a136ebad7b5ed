// What a repository asks of its bucket, and keeps there, for every thousand requests that it answers: on a bill both have a price.

import { startNode } from '../harness/program.ts';
import type { Contestant, Row } from '../harness/row.ts';
import { startUpstream } from '../harness/servers.ts';
import type { RequestCounts, RequestsRequest } from '../programs/buckets-requests.ts';

const modules = 100;
const atOnce = 8;

function asking(name: string, state: RequestsRequest['state'], kinds: RequestsRequest['kinds']): Contestant {
  return {
    name,
    async setup() {
      const upstream = await startUpstream();
      const program = startNode('buckets');
      return {
        async run() {
          const request = { op: 'requests', upstream: upstream.url, state, kinds, modules, atOnce };
          const { answered, operations, stored } = await program.ask<RequestCounts>(request);
          const count = (...names: readonly string[]): number =>
            names.reduce((sum, each) => sum + (operations[each] ?? 0), 0);
          const per = (number: number): number => (1000 * number) / answered;
          return {
            value: per(Object.values(operations).reduce((sum, each) => sum + each, 0)),
            details: {
              reads: per(count('GetObject', 'HeadObject')),
              writes: per(count('PutObject')),
              lists: per(count('ListObjectsV2')),
              deletes: per(count('DeleteObject')),
              stored: per(stored),
            },
          };
        },
        async teardown() {
          await Promise.allSettled([program.stop(), upstream.stop()]);
        },
      };
    },
  };
}

/** Requests to the bucket. */
export const bucketRequests: Row = {
  name: 'bucket-requests',
  about: `requests to an S3 bucket for every 1,000 proxy requests, ${modules} modules, ${atOnce} clients`,
  unit: 'requests to the bucket per 1,000',
  better: 'lower',
  details: {
    reads: 'of them',
    writes: 'of them',
    lists: 'of them',
    deletes: 'of them',
    stored: 'bytes stored per 1,000',
  },
  mostRounds: 3,
  warmUp: false,
  contestants: [
    asking('cold .info', 'cold', ['info']),
    asking('cold .zip', 'cold', ['zip']),
    asking('cold .info, .mod, .zip', 'cold', ['info', 'mod', 'zip']),
    asking('restarted .info', 'restarted', ['info']),
    asking('restarted .info, .mod, .zip', 'restarted', ['info', 'mod', 'zip']),
    asking('warm .info', 'warm', ['info']),
    asking('warm .zip', 'warm', ['zip']),
  ],
};
