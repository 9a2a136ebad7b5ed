import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { memoryStorage, type Storage, tieredStorage } from '@gomodkit/core/storage';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { describe, it } from 'vitest';
import { directoryStorage } from './index.ts';

/** The slow storage of a tiered one, and the directory of the fast one. */
const parts = new WeakMap<Storage, { readonly slow: Storage; readonly directory: string }>();

async function open(slow: Storage): Promise<Storage> {
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-tiered-'));
  const storage = tieredStorage({ fast: directoryStorage(directory), slow, keeps: () => true });
  parts.set(storage, { slow, directory });
  return storage;
}

describeStorage(
  'tiered, a directory over memory',
  {
    open: () => open(memoryStorage()),
    again: (storage) => open(parts.get(storage)?.slow ?? memoryStorage()),
    dispose: (storage) => rm(parts.get(storage)?.directory ?? '', { recursive: true, force: true }),
  },
  { describe, it },
);
