// Creating small objects in a directory, durable when the call resolves.

import { join } from 'node:path';
import { startNode } from '../harness/program.ts';
import type { Contestant, Row } from '../harness/row.ts';
import type { CreateFilesRequest } from '../programs/worker-storage.ts';

const objects = 512;
const atOnce = 32;

function creating(name: string, how: CreateFilesRequest['how']): Contestant {
  return {
    name,
    async setup(place) {
      const worker = startNode('worker');
      let round = 0;
      return {
        async run() {
          const directory = join(place.directory, `round${round++}`);
          const request = { op: 'createFiles', how, directory, objects, atOnce };
          const { milliseconds } = await worker.ask<{ readonly milliseconds: number }>(request);
          return { value: (objects * 1000) / milliseconds };
        },
        teardown: worker.stop,
      };
    },
  };
}

/** Creates per second. */
export const storagePut: Row = {
  name: 'storage-put',
  about: `creating ${objects} objects of 1 KiB, ${atOnce} at once`,
  unit: 'creates/s',
  better: 'higher',
  contestants: [
    creating('directoryStorage', 'storage'),
    creating('directoryStorage, sync: false', 'storage, unsynced'),
    creating('write and fsync alone', 'plain'),
    creating('memoryStorage', 'memory'),
  ],
};
