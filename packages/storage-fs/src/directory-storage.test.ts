import { mkdtempSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeStorage } from '@gomodkit/core/storage/conformance';
import { describe, it } from 'vitest';
import { directoryStorage } from './index.ts';

const directories = new WeakMap<object, string>();

describeStorage(
  'directory',
  {
    open: () => {
      const directory = mkdtempSync(join(tmpdir(), 'gomodkit-fs-'));
      const storage = directoryStorage(directory);
      directories.set(storage, directory);
      return storage;
    },
    again: (storage) => directoryStorage(directories.get(storage) ?? ''),
    dispose: (storage) => rm(directories.get(storage) ?? '', { recursive: true }),
    held: process.platform === 'linux' ? async () => (await readdir('/proc/self/fd')).length : undefined,
  },
  { describe, it },
);
