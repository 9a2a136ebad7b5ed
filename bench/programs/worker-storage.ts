// Creating many small objects, as publishing does.

import { mkdir, open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { bytesSource, memoryStorage, type Storage } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { timed } from './answer-lines.ts';

/** What to create where. */
export interface CreateFilesRequest {
  readonly how: 'storage' | 'storage, unsynced' | 'memory' | 'plain';
  /** A directory that does not exist yet. */
  readonly directory: string;
  readonly objects: number;
  readonly atOnce: number;
}

/** Creates objects of 1 KiB, one folder for every 16 of them, each of them once. */
export async function createFiles(request: CreateFilesRequest): Promise<{ readonly milliseconds: number }> {
  const { directory, objects, atOnce } = request;
  const create = creators[request.how](directory);
  const bytes = new Uint8Array(1024).fill(0x61);
  const keys = Array.from({ length: objects }, (_, index) => `example.com/m${index >> 4}/@v/v1.0.${index}.mod`);
  const left = keys[Symbol.iterator]();
  return timed(() =>
    Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (const key of left) await create(key, bytes);
      }),
    ),
  );
}

type Create = (key: string, bytes: Uint8Array) => Promise<unknown>;

const creators: Readonly<Record<CreateFilesRequest['how'], (directory: string) => Create>> = {
  storage: (directory) => through(directoryStorage(directory)),
  'storage, unsynced': (directory) => through(directoryStorage(directory, { sync: false })),
  memory: () => through(memoryStorage()),
  plain: writePlainly,
};

function through(storage: Storage): Create {
  return (key, bytes) => storage.create(key, bytesSource(bytes));
}

/** A file and its fsync: durable once its folder is, but visible half-written, and no more than that. */
function writePlainly(directory: string): Create {
  return async (key, bytes) => {
    const path = join(directory, key);
    await mkdir(dirname(path), { recursive: true });
    const file = await open(path, 'wx');
    await file.writeFile(bytes);
    await file.sync();
    await file.close();
  };
}
