// The directory of a storage, where it is not there yet.

import { readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource } from '@gomodkit/core/storage';
import { describe, expect, it } from 'vitest';
import { scratch } from '../test/scratch.ts';
import { directoryStorage } from './index.ts';

const key = 'example.com/m/@v/v1.0.0.zip';
const text = (value: string) => bytesSource(new TextEncoder().encode(value));

describe('the directory', () => {
  it('is made with all above it, by several at once', async () => {
    const directory = join(await scratch(), 'a/b/c');
    const storages = [1, 2, 3].map(() => directoryStorage(directory));
    const created = await Promise.all(storages.map((storage, i) => storage.create(`${i}/${key}`, text('x'))));
    expect(created).toEqual([1, 2, 3].map(() => ({ created: true })));
    expect(await readdir(directory)).toEqual(expect.arrayContaining(['0', '1', '2']));
  });

  it.skipIf(process.platform !== 'linux').each(['/proc/nope', '/proc/nope/below'])('cannot be %s', async (path) => {
    await expect(directoryStorage(path).create(key, text('x'))).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: expect.stringMatching(/the directory of the storage cannot be made: .* takes no directories/),
      data: { transient: false },
    });
  });

  it('cannot be a symlink to nothing', async () => {
    const directory = join(await scratch(), 'link');
    await symlink('nothing', directory);
    await expect(directoryStorage(directory).create(key, text('x'))).rejects.toMatchObject({
      code: 'storage_unavailable',
      message: 'the directory of the storage cannot be made: a symlink to nothing is there',
    });
  });
});
