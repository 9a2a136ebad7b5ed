// A checksum database of our own: durable appends, and lookups of what it has in memory.

import { join } from 'node:path';
import { startNode } from '../harness/program.ts';
import type { Contestant, Row } from '../harness/row.ts';
import type { AppendRecordsRequest } from '../programs/worker-log.ts';

const records = 1024;
const lookups = 20_000;

function appending(
  name: string,
  how: AppendRecordsRequest['how'],
  where: 'directory' | 'memory',
  count: number,
): Contestant {
  return {
    name,
    async setup(place) {
      const worker = startNode('worker');
      let round = 0;
      return {
        async run() {
          const directory = where === 'memory' ? undefined : join(place.directory, `round${round++}`);
          const request = { op: 'appendRecords', how, directory, records: count };
          const { milliseconds } = await worker.ask<{ readonly milliseconds: number }>(request);
          return { value: (count * 1000) / milliseconds };
        },
        teardown: worker.stop,
      };
    },
  };
}

/** Records per second, durable and signed. */
export const sumdbAppend: Row = {
  name: 'sumdb-append',
  about: 'appending records to a checksum database of our own, until all are durable and signed',
  unit: 'records/s',
  better: 'higher',
  contestants: [
    appending('one after the other, directoryStorage', 'single', 'directory', records / 8),
    appending('32 callers at once, directoryStorage', 'concurrent', 'directory', records),
    appending('256 in a call, directoryStorage', 'batch', 'directory', records),
    appending('one after the other, memoryStorage', 'single', 'memory', records),
    appending('256 in a call, memoryStorage', 'batch', 'memory', 8 * records),
  ],
};

/** Lookups per second of a log that was asked before. */
export const sumdbLookup: Row = {
  name: 'sumdb-lookup',
  about: `looking up ${lookups} times one of ${records} records of a checksum database of our own, warm`,
  unit: 'lookups/s',
  better: 'higher',
  contestants: [
    {
      name: 'gomodkit',
      async setup(place) {
        const worker = startNode('worker');
        const request = { op: 'lookUpRecords', directory: join(place.directory, 'log'), records, lookups };
        return {
          async run() {
            const { milliseconds } = await worker.ask<{ readonly milliseconds: number }>(request);
            return { value: (lookups * 1000) / milliseconds };
          },
          teardown: worker.stop,
        };
      },
    },
  ],
};
