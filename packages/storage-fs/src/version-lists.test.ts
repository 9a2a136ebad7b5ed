// `@v/list` in step with the .info files, whoever crashes or races.

import { spawn } from 'node:child_process';
import * as real from 'node:fs/promises';
import { appendFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource } from '@gomodkit/core/storage';
import { describe, expect, it } from 'vitest';
import { allKeys, leftovers, listLines, scratch } from '../test/scratch.ts';
import { openDirectory } from './directory-storage.ts';
import type { FileOperations } from './files.ts';
import { directoryStorage } from './index.ts';
import { infoKey } from './layout.ts';
import { Owners } from './owner.ts';

const module = 'example.com/m';
const info = (version: string): string => `${module}/@v/${version}.info`;
const json = bytesSource(new TextEncoder().encode('{}'));

async function deadPid(): Promise<number> {
  const child = spawn(process.execPath, ['--version']);
  await new Promise((resolve) => child.on('close', resolve));
  return child.pid ?? 0;
}

describe('a version list', () => {
  it('names tagged versions unescaped, in the order of creation', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    for (const version of [
      'v1.1.0',
      'v1.0.0',
      'v1.2.0-!r!c.1',
      'v0.0.0-20200102030405-abcdef123456',
      'v2.0.0+incompatible',
    ]) {
      await storage.create(info(version), json);
    }
    const text = await readFile(join(directory, module, '@v/list'), 'utf8');
    expect(text).toBe('v1.1.0\nv1.0.0\nv1.2.0-RC.1\nv2.0.0+incompatible\n');
    expect(await leftovers(directory)).toEqual([]);
  });

  it('exists and is empty beside pseudo-versions alone', async () => {
    const directory = await scratch();
    await directoryStorage(directory).create(info('v0.0.0-20200102030405-abcdef123456'), json);
    expect(await listLines(directory, module)).toEqual([]);
  });

  it('does not come of .mod and .zip', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    await storage.create(`${module}/@v/v1.0.0.mod`, json);
    await storage.create(`${module}/@v/v1.0.0.zip`, json);
    expect(await listLines(directory, module)).toBeUndefined();
  });

  it('follows deletions', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    for (const version of ['v1.0.0', 'v1.1.0']) await storage.create(info(version), json);
    await storage.delete?.(info('v1.0.0'));
    expect(await listLines(directory, module)).toEqual(['v1.1.0']);
    await storage.create(info('v1.0.0'), json);
    expect(await listLines(directory, module)).toEqual(['v1.0.0', 'v1.1.0']);
  });

  it('is rebuilt by the next create when it is torn or has a line twice', async () => {
    for (const text of ['v1.0.0\nv1.1', 'v1.0.0\nv1.0.0\n']) {
      const directory = await scratch();
      const storage = directoryStorage(directory);
      await storage.create(info('v1.0.0'), json);
      await writeFile(join(directory, module, '@v/list'), text);
      await storage.create(info('v1.2.0'), json);
      expect(await listLines(directory, module)).toEqual(['v1.0.0', 'v1.2.0']);
    }
  });

  it('loses no line to writers and rebuilders at once', async () => {
    const directory = await scratch();
    const storages = Array.from({ length: 4 }, () => directoryStorage(directory, { sync: false }));
    await storages[0]?.create(info('v0.0.1'), json);
    const pid = await deadPid();
    let writing = true;
    const rebuilders = storages.map(async (storage) => {
      while (writing) {
        const name = new Owners().begin().replace(`-${process.pid}-`, `-${pid}-`);
        await writeFile(join(directory, '.gomodkit-fs/pending', name), `${module}/@v`);
        if (Math.random() < 0.3) await appendFile(join(directory, module, '@v/list'), 'v0.0.1\n');
        await storage.list({ limit: 1 });
      }
    });
    const versions = Array.from({ length: 120 }, (_, i) => `v1.0.${i}`);
    await Promise.all(versions.map((version, i) => storages[i % 4]?.create(info(version), json)));
    writing = false;
    await Promise.all(rebuilders);
    await storages[0]?.list();
    expect(await listLines(directory, module)).toEqual(['v0.0.1', ...versions].sort());
    expect(await leftovers(directory)).toEqual([]);
  });
});

describe('a crash at every single step', () => {
  for (const before of [true, false]) {
    it(`of creating an .info, ${before ? 'before' : 'after'} the step, heals`, { timeout: 60_000 }, async () => {
      const pid = await deadPid();
      let completed = false;
      for (let step = 1; !completed; step++) {
        expect(step).toBeLessThan(100);
        const directory = await scratch();
        await directoryStorage(directory).create(info('v1.0.0'), json);
        completed = await createUntil(directory, step, before);
        await pretendDeath(directory, pid);
        const storage = directoryStorage(directory);
        const keys = await allKeys(storage);
        const versions = keys.map((key) => key.slice(module.length + 4, -'.info'.length));
        expect(await listLines(directory, module), `step ${step}`).toEqual(versions);
        await storage.sweep?.({ olderThan: new Date(0) });
        expect(await leftovers(directory), `step ${step}`).toEqual([]);
        expect((await storage.create(info('v1.1.0'), json)).created).toBe(!keys.includes(info('v1.1.0')));
        expect(await listLines(directory, module)).toEqual(['v1.0.0', 'v1.1.0']);
        await rm(directory, { recursive: true });
      }
    });
  }

  /** Creates v1.1.0 until the given file operation, in which it hangs for ever; resolves to whether it got through. */
  async function createUntil(directory: string, step: number, before: boolean): Promise<boolean> {
    let count = 0;
    let crash = (): void => {};
    const crashed = new Promise<boolean>((resolve) => {
      crash = () => resolve(false);
    });
    const stepping = async (work: () => Promise<unknown>): Promise<unknown> => {
      const last = ++count >= step;
      if (!(last && before)) {
        const result = await work();
        if (!last) return result;
        // The handle of an open() that nobody gets would be closed by the garbage collector, with a warning.
        if (result instanceof Object && 'close' in result) await (result as { close(): Promise<void> }).close();
      }
      crash();
      return new Promise(() => {});
    };
    const files = new Proxy(real, {
      get: (target, name: keyof FileOperations) => {
        const operation = target[name] as (...args: unknown[]) => Promise<unknown>;
        return (...args: unknown[]) => stepping(() => operation(...args));
      },
    }) as FileOperations;
    const storage = openDirectory(directory, {}, files);
    return Promise.race([storage.create(info('v1.1.0'), json).then(() => true), crashed]);
  }

  /** Gives everything that this process left to one that is gone. */
  async function pretendDeath(directory: string, pid: number): Promise<void> {
    for (const folder of ['tmp', 'pending'].map((name) => join(directory, '.gomodkit-fs', name))) {
      await mkdir(folder, { recursive: true });
      for (const name of await readdir(folder)) {
        await rename(join(folder, name), join(folder, name.replace(`-${process.pid}-`, `-${pid}-`)));
      }
    }
  }
});

describe('infoKey', () => {
  it('knows which keys decide a list', () => {
    expect(infoKey('github.com/!a/b/@v/v1.0.0.info')).toEqual({ folder: 'github.com/!a/b/@v', listed: 'v1.0.0' });
    expect(infoKey('example.com/m/@v/v0.0.0-20200102030405-abcdef123456.info')?.listed).toBeUndefined();
    // Go picks a version of the wrong major and then fails (spec §4.9).
    expect(infoKey('example.com/m/@v/v2.0.0.info')?.listed).toBeUndefined();
    expect(infoKey('example.com/m/v2/@v/v2.0.0.info')?.listed).toBe('v2.0.0');
    for (const key of [
      'example.com/m/@v/v1.info',
      'example.com/m/@v/master.info',
      'nodot/@v/v1.0.0.info',
      'v1.0.0.info',
      'example.com/m/@v/v1.0.0.mod',
    ]) {
      expect(infoKey(key), key).toBeUndefined();
    }
  });
});
