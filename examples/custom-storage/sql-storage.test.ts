// The example against the contract: what the tests of your own storage begin with.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { describe, it } from 'vitest';
import { openStorage } from './sql-storage.ts';

const directories = new WeakMap<Storage, string>();

/** Opens the file of a directory, as this process or another one would. */
async function open(directory: string): Promise<Storage> {
  const storage = await openStorage({}, { workingDirectory: directory });
  directories.set(storage, directory);
  return storage;
}

const directoryOf = (storage: Storage): string => directories.get(storage) ?? '';

describeStorage(
  'examples/custom-storage',
  {
    open: async () => open(await mkdtemp(join(tmpdir(), 'sql-storage-'))),
    again: (storage) => open(directoryOf(storage)),
    dispose: (storage) => rm(directoryOf(storage), { recursive: true, force: true }),
  },
  { describe, it },
);
