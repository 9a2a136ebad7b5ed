// File systems that misbehave, and directories that others put things into.

import * as real from 'node:fs/promises';
import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource, type Storage } from '@gomodkit/core/storage';
import { describe, expect, it, vi } from 'vitest';
import { outputOf, startChild } from '../test/child.ts';
import { allKeys, leftovers, scratch } from '../test/scratch.ts';
import { openDirectory } from './directory-storage.ts';
import type { FileOperations } from './files.ts';
import { directoryStorage } from './index.ts';

const key = 'example.com/m/@v/v1.0.0.zip';

function text(value: string): ReturnType<typeof bytesSource> {
  return bytesSource(new TextEncoder().encode(value));
}

async function read(storage: Storage, name: string): Promise<string | undefined> {
  const object = await storage.get(name);
  return object && new Response(object.body).text();
}

function failure(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

/** Storage on file operations of which some are replaced. */
function withFiles(directory: string, change: Partial<FileOperations>): Storage {
  return openDirectory(directory, {}, { ...real, ...change });
}

describe('without hard links', () => {
  for (const code of ['EPERM', 'ENOTSUP', 'EXDEV', 'ENOSYS']) {
    it(`create() rejects with unsupported for ${code} and leaves nothing`, async () => {
      const directory = await scratch();
      const storage = withFiles(directory, { link: () => Promise.reject(failure(code)) });
      await expect(storage.create(key, text('x'))).rejects.toMatchObject({ code: 'unsupported' });
      expect(await allKeys(storage)).toEqual([]);
      expect(await leftovers(directory)).toEqual([]);
    });
  }
});

describe('link()', () => {
  it('whose answer was lost counts as ours', async () => {
    const directory = await scratch();
    const link: FileOperations['link'] = async (from, to) => {
      await real.link(from, to);
      throw failure('EEXIST');
    };
    await expect(withFiles(directory, { link }).create(key, text('x'))).resolves.toEqual({ created: true });
  });

  it('comes after the bytes are on disk, and the folder is on disk after it', async () => {
    const directory = await scratch();
    const steps: string[] = [];
    const name = (path: unknown): string =>
      String(path)
        .replace(directory, '')
        .replace(/tmp\/.*/, 'tmp/T') || '/';
    const storage = withFiles(directory, {
      open: async (path, flags, mode) => {
        const handle = await real.open(path, flags, mode);
        const sync = handle.sync.bind(handle);
        handle.sync = async () => {
          steps.push(`sync ${name(path)}`);
          await sync();
        };
        return handle;
      },
      link: async (from, to) => {
        steps.push(`link ${name(to)}`);
        await real.link(from, to);
      },
    });
    await storage.create('a/b/c', text('x'));
    expect(steps.slice(steps.indexOf('sync /.gomodkit-fs/tmp/T'))).toEqual([
      'sync /.gomodkit-fs/tmp/T',
      'sync /',
      'sync /a',
      'link /a/b/c',
      'sync /a/b',
    ]);
  });

  it('is tried again when somebody removed the temporary file or the folder', async () => {
    const directory = await scratch();
    let removals = 0;
    const storage = withFiles(directory, {
      link: async (from, to) => {
        if (removals++ === 0) await rm(from as string);
        else if (removals === 2) await rm(join(directory, 'a'), { recursive: true });
        await real.link(from, to);
      },
    });
    await expect(storage.create('a/b/c', text('whole'))).resolves.toEqual({ created: true });
    expect(await read(storage, 'a/b/c')).toBe('whole');
    await rm(directory, { recursive: true });
    await expect(storage.create('a/b/c', text('again'))).resolves.toEqual({ created: true });
  });
});

describe('faults', () => {
  it('reject with storage_unavailable that names the key, not the path', async () => {
    const directory = await scratch();
    for (const [code, transient, reason] of [
      ['ENOSPC', false, 'ENOSPC: no space left on device'],
      ['EDQUOT', false, 'EDQUOT: the disk quota is used up'],
      ['EROFS', false, 'EROFS: the file system is read-only'],
      ['EACCES', false, 'EACCES: permission denied'],
      ['EBUSY', true, 'EBUSY'],
    ] as const) {
      const storage = withFiles(directory, { link: () => Promise.reject(failure(code)) });
      const error = await storage.create(key, text('x')).catch((e: Error) => e);
      expect(error).toMatchObject({ code: 'storage_unavailable', data: { transient, reason } });
      expect(String(error)).toContain(`${key}: ${reason}`);
      expect(String(error)).not.toContain(directory);
    }
    const broken = withFiles(directory, { lstat: () => Promise.reject(failure('EIO')) } as Partial<FileOperations>);
    await expect(broken.head(key)).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it('of a source stay what they are, also when they look like ours', async () => {
    const directory = await scratch();
    const error = failure('ENOENT');
    const stream = (): ReadableStream<Uint8Array> => new ReadableStream({ pull: () => Promise.reject(error) });
    await expect(directoryStorage(directory).create(key, { size: 1, stream })).rejects.toBe(error);
    expect(await leftovers(directory)).toEqual([]);
  });

  it('of the version list do not fail the create, and the list is right later', async () => {
    const directory = await scratch();
    let broken = true;
    const storage = withFiles(directory, {
      open: async (path, flags, mode) => {
        if (broken && String(path).endsWith('/list')) throw failure('ENOSPC');
        return real.open(path, flags, mode);
      },
    });
    await expect(storage.create('example.com/m/@v/v1.0.0.info', text('{}'))).resolves.toEqual({ created: true });
    expect(await leftovers(directory)).toHaveLength(1);
    broken = false;
    await storage.list();
    expect(await readFile(join(directory, 'example.com/m/@v/list'), 'utf8')).toBe('v1.0.0\n');
    expect(await leftovers(directory)).toEqual([]);
  });

  it('EMFILE is waited out', async () => {
    const directory = await scratch();
    let left = 5;
    const storage = withFiles(directory, {
      open: async (path, flags, mode) => {
        if (left-- > 0) throw failure('EMFILE');
        return real.open(path, flags, mode);
      },
    });
    await storage.create(key, text('patient'));
    left = 3;
    expect(await read(storage, key)).toBe('patient');
  });

  it.skipIf(process.platform === 'win32')('work goes on with 48 file descriptors', async () => {
    const directory = await scratch();
    const { stdout, stderr, code } = await outputOf(startChild('./few-handles.ts', [directory], 'ulimit -n 48;'));
    expect(stderr).toBe('');
    expect(code).toBe(0);
    expect(stdout.trim()).toBe('300 created, 300 read');
  });
});

describe('a directory that others touch', () => {
  it('is empty when it is not there, and made by the first create()', async () => {
    const directory = join(await scratch(), 'not/there');
    const storage = directoryStorage(directory);
    expect(await storage.head(key)).toBeUndefined();
    expect(await storage.get(key)).toBeUndefined();
    expect(await storage.list()).toEqual({ objects: [], more: false });
    expect(await storage.sweep?.({ olderThan: new Date() })).toBe(0);
    await storage.delete?.(key);
    await expect(stat(directory)).rejects.toThrow();
    await storage.create(key, text('x'));
    expect(await allKeys(storage)).toEqual([key]);
  });

  it('hides what is no object', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    await storage.create(key, text('x'));
    await mkdir(join(directory, 'Upper'));
    for (const name of ['README.md', 'Upper/x', 'example.com/m/@v/list', 'nul', 'back\\slash']) {
      await writeFile(join(directory, name), 'foreign');
    }
    expect(await allKeys(storage)).toEqual([key]);
  });

  it('refuses the derived list and its own folder as keys', async () => {
    const storage = directoryStorage(await scratch());
    for (const name of [
      'example.com/m/@v/list',
      'example.com/m/@v/list/x',
      '@v/list',
      '.gomodkit-fs',
      '.gomodkit-fs/tmp/x',
    ]) {
      await expect(storage.create(name, text('x')), name).rejects.toMatchObject({ code: 'invalid_key' });
      await expect(storage.get(name), name).rejects.toMatchObject({ code: 'invalid_key' });
      await expect(storage.head(name), name).rejects.toMatchObject({ code: 'invalid_key' });
    }
    await storage.create('.gomodkit-fsx/tmp/x', text('x'));
    await storage.create('example.com/m/@v/list.x', text('x'));
    expect(await allKeys(storage)).toEqual(['.gomodkit-fsx/tmp/x', 'example.com/m/@v/list.x']);
    expect((await storage.list({ prefix: '.gomodkit-fs/tmp/' })).objects).toEqual([]);
  });

  it('is not left through symlinks', async () => {
    const [directory, outside] = [await scratch(), await scratch()];
    await writeFile(join(outside, 'secret'), 'secret');
    await mkdir(join(outside, 'folder'));
    const storage = directoryStorage(directory);
    await storage.create('inside/x', text('x'));
    await symlink(outside, join(directory, 'link'));
    await symlink(join(outside, 'secret'), join(directory, 'file'));
    await symlink(join(directory, 'inside'), join(directory, 'round'));
    for (const name of ['link/secret', 'file', 'round/x', 'link/folder/new']) {
      expect(await storage.get(name), name).toBeUndefined();
      expect(await storage.head(name), name).toBeUndefined();
      await storage.delete?.(name);
      await expect(storage.create(name, text('y')), name).rejects.toMatchObject({ code: 'storage_unavailable' });
    }
    expect(await allKeys(storage)).toEqual(['inside/x']);
    for (const prefix of ['link/', 'link/folder/', 'round/']) {
      expect((await storage.list({ prefix })).objects, prefix).toEqual([]);
    }
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await readdir(join(outside, 'folder'))).toEqual([]);
  });

  it('does not follow a folder that became a symlink', async () => {
    const [directory, outside] = [await scratch(), await scratch()];
    const storage = directoryStorage(directory);
    await storage.create('a/b/x', text('x'));
    await rm(join(directory, 'a'), { recursive: true });
    await mkdir(join(outside, 'b'));
    await symlink(outside, join(directory, 'a'));
    await expect(storage.create('a/b/y', text('y'))).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect(await readdir(join(outside, 'b'))).toEqual([]);
  });

  it('may itself be reached through a symlink', async () => {
    const directory = await scratch();
    await symlink(await scratch(), join(directory, 'link'));
    const storage = directoryStorage(join(directory, 'link'));
    await storage.create(key, text('x'));
    expect(await read(storage, key)).toBe('x');
  });

  it('refuses to have an object and a folder of one name', async () => {
    const storage = directoryStorage(await scratch());
    await storage.create('a/b', text('x'));
    await expect(storage.create('a', text('x'))).rejects.toMatchObject({ code: 'invalid_key' });
    await expect(storage.create('a/b/c/d', text('x'))).rejects.toMatchObject({ code: 'invalid_key' });
    expect(await storage.head('a')).toBeUndefined();
    expect(await storage.head('a/b/c/d')).toBeUndefined();
  });

  it('reports a file that became shorter while it was read', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    await storage.create(key, bytesSource(new Uint8Array(2_000_000)));
    const object = await storage.get(key);
    await real.truncate(join(directory, key), 1000);
    await expect(new Response(object?.body).arrayBuffer()).rejects.toMatchObject({ code: 'storage_unavailable' });
  });

  it('gives other bytes of one size another etag, also where the clock of the file system is coarse', async () => {
    const storage = withFiles(await scratch(), {
      open: async (path, flags, mode) => {
        const handle = await real.open(path, flags, mode);
        const utimes = handle.utimes.bind(handle);
        const write = handle.write.bind(handle) as (...args: unknown[]) => Promise<unknown>;
        const coarse = async (...args: unknown[]): Promise<unknown> => {
          const result = await write(...args);
          await utimes(1000, 1000);
          return result;
        };
        return Object.assign(handle, { write: coarse });
      },
    });
    const etags = new Set<string | undefined>();
    for (let i = 100; i < 130; i++) {
      await storage.create('a', text(String(i)));
      etags.add((await storage.head('a'))?.etag);
      await storage.delete?.('a');
    }
    expect(etags.size).toBe(30);
  });

  it('says when an object was created by the wall clock, also after the machine was suspended', async () => {
    const storage = directoryStorage(await scratch());
    vi.spyOn(performance, 'now').mockReturnValue(0);
    const before = Date.now();
    await storage.create(key, text('x'));
    const modified = (await storage.head(key))?.modified.getTime() ?? 0;
    expect(modified).toBeGreaterThanOrEqual(before);
    expect(modified).toBeLessThanOrEqual(Date.now());
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses to create %d objects at once', (concurrentCreates) => {
    expect(() => directoryStorage('modules', { concurrentCreates })).toThrow('concurrentCreates');
  });

  it('has the modes that were asked for', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory, { fileMode: 0o600, directoryMode: 0o700 });
    await storage.create('a/b', text('x'));
    expect((await stat(join(directory, 'a'))).mode & 0o777).toBe(0o700);
    expect((await stat(join(directory, 'a/b'))).mode & 0o777).toBe(0o600);
  });
});
