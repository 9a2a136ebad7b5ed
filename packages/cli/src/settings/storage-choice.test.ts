import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { bytesSource, memoryStorage } from '@gomodkit/core';
import { startFakeGcs } from '@gomodkit/testing/gcs';
import { startFakeS3 } from '@gomodkit/testing/s3';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStorage } from './storage-choice.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gomodkit-storage-choice-'));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

describe('directories and memory', () => {
  test('a path is a directory below the working directory', async () => {
    expect((await openStorage('./modules', '/srv')).name).toBe(resolve('/srv/modules'));
    expect((await openStorage('modules', '/srv')).name).toBe(resolve('/srv/modules'));
    expect((await openStorage('./odd?name', directory)).absent).toBe(true);
  });

  test('file: URLs and memory: name storages', async () => {
    expect((await openStorage('file:///srv/my%20modules', '/')).name).toBe('/srv/my modules');
    const { storage } = await openStorage('memory:', '/');
    expect(await storage.list()).toEqual({ objects: [], more: false });
  });

  test('a storage object is taken as it is', async () => {
    const storage = memoryStorage();
    expect((await openStorage(storage, '/')).storage).toBe(storage);
  });
});

describe('what is refused', () => {
  test.each([
    ['redis:x', /file:, memory:, s3:, gs:, npm:/],
    ['file:modules', /absolute path/],
    ['file:///srv?x=1', /unknown option "x"; it has no options/],
    ['memory:x', /no name and no path/],
    ['s3:bucket', /want s3:\/\/BUCKET/],
    ['s3:///prefix', /want s3:\/\/BUCKET/],
    ['s3://bucket:9000/x', /user, a password or a port/],
    ['s3://b/p%zz', /percent-encoded/],
    ['s3://b/p#x', /fragment/],
    ['s3://b?storage-clas=X', /unknown option "storage-clas"; known are endpoint, region, .*storage-class/],
    ['s3://b?region=a&region=b', /"region" is there twice/],
    ['s3://b?region=', /region is malformed/],
    ['s3://b?path-style=yes', /path-style is malformed: want true or false/],
    ['s3://b?endpoint=localhost', /endpoint is malformed: want an http or https URL/],
    ['s3://b?part-size=8M', /part-size is malformed: want a whole number/],
    ['s3://b?region=eu-central-1&part-size=1', /at least 5242880/],
    ['s3://b/UPPER?region=eu-central-1', /upper-case/],
    ['gs://b?chunk-size=7', /multiple of 262144/],
    ['gs://b?region=x', /unknown option "region"; known are endpoint, project/],
  ])('%s', async (url, message) => {
    await expect(openStorage(url, '/')).rejects.toThrow(message);
  });

  test.each([
    's3://key:hidden@bucket/prefix',
    's3://bucket/p?endpoint=http://key:hidden@127.0.0.1:9000',
    's3://bucket/p?secret-access-key=hidden',
    'gs://hidden@bucket',
    'redis://user:hidden@host',
    'npm:no-such-package-xyz?password=hidden',
  ])('%s, without repeating the secret', async (url) => {
    const error: unknown = await openStorage(url, directory).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain('hidden');
  });
});

describe('S3', () => {
  test('a URL reaches its bucket, prefix and options, with credentials from the environment', async () => {
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
    vi.stubEnv('AWS_REGION', '');
    const s3 = await startFakeS3({ buckets: ['go-modules'] });
    try {
      const url = `s3://go-modules/team/go?endpoint=${s3.endpoint}&storage-class=STANDARD_IA&timeout=5000`;
      const { storage, name } = await openStorage(url, '/');
      expect(name).toBe(`s3://go-modules/team/go at ${s3.endpoint}`);
      expect(await storage.create('a/b', bytesSource(new Uint8Array(3)))).toEqual({ created: true });
      expect((await storage.list()).objects.map(({ key }) => key)).toEqual(['a/b']);
      expect(s3.keys('go-modules')).toContain('team/go/a/b');
      expect(s3.attributes('go-modules', 'team/go/a/b')).toMatchObject({ 'x-amz-storage-class': 'STANDARD_IA' });
      await storage.close?.();
      await storage.close?.();
      await expect(storage.head('a/b')).rejects.toMatchObject({ code: 'closed' });
    } finally {
      await s3.close();
    }
  });

  test('no region anywhere is said, with what helps', async () => {
    for (const name of ['AWS_REGION', 'AWS_DEFAULT_REGION', 'AWS_PROFILE']) vi.stubEnv(name, undefined);
    vi.stubEnv('AWS_CONFIG_FILE', join(directory, 'none'));
    vi.stubEnv('AWS_SHARED_CREDENTIALS_FILE', join(directory, 'none'));
    await expect(openStorage('s3://bucket', '/')).rejects.toThrow(/add \?region=NAME/);
  });
});

test('a gs: URL reaches its bucket, prefix and options', async () => {
  const gcs = await startFakeGcs({ buckets: ['go-modules'] });
  try {
    const { storage, name } = await openStorage(`gs://go-modules/team?endpoint=${gcs.endpoint}&project=p`, '/');
    expect(name).toBe(`gs://go-modules/team at ${gcs.endpoint}`);
    expect(await storage.create('a/b', bytesSource(new Uint8Array(3)))).toEqual({ created: true });
    expect(gcs.keys('go-modules')).toEqual(['team/a/b']);
    await storage.close?.();
  } finally {
    await gcs.close();
  }
});

describe('plugins', () => {
  const memoryPlugin = `
    export function openStorage(options, { workingDirectory }) {
      if (options.fail) throw new Error('the disk is full');
      if (options.nothing) return {};
      const told = () => ({ options, workingDirectory });
      return { get: told, head: told, create: told, list: told };
    }`;

  async function packageOf(name: string, files: Readonly<Record<string, string>>): Promise<void> {
    const at = join(directory, 'node_modules', name);
    await mkdir(at, { recursive: true });
    for (const [file, text] of Object.entries(files)) await writeFile(join(at, file), text);
  }

  test.each(['npm:@corp/go-store?table=a%20b', '@corp/go-store?table=a%20b'])('%s', async (url) => {
    await packageOf('@corp/go-store', {
      // Nothing for require(): a plugin may be ESM alone.
      'package.json': '{"name":"@corp/go-store","type":"module","exports":{".":{"import":"./plugin.js"}}}',
      'plugin.js': memoryPlugin,
    });
    const { storage, name } = await openStorage(url, directory);
    expect(name).toBe('plugin @corp/go-store');
    expect(await storage.list()).toEqual({ options: { table: 'a b' }, workingDirectory: directory });
  });

  test('a file, also in TypeScript', async () => {
    await writeFile(
      join(directory, 'store.ts'),
      `import type { OpenStorage, Storage } from '@gomodkit/core/storage';
       const list = async () => ({ objects: [], more: false });
       export const openStorage: OpenStorage = () => ({ get: list, head: list, create: list, list }) as unknown as Storage;`,
    );
    const { storage } = await openStorage('npm:./store.ts', directory);
    expect(await storage.list()).toEqual({ objects: [], more: false });
  });

  test.each([
    ['npm:', /want npm:PACKAGE/],
    ['npm:missing-package', /needs the package missing-package, which is not installed; npm install missing-package/],
    ['npm:./missing.js', /there is no file .*missing\.js/],
    ['npm:./plugin.mjs?fail=1', /plugin \.\/plugin\.mjs cannot be opened: the disk is full/],
    ['npm:./plugin.mjs?nothing=1', /it has no get, head, create, list/],
    ['npm:./plugin.mjs?a=1&a=2', /"a" is there twice/],
    ['npm:./empty.mjs', /exports no function openStorage/],
    ['npm:./broken.mjs', /cannot be loaded: /],
  ])('%s is refused', async (url, message) => {
    await writeFile(join(directory, 'plugin.mjs'), memoryPlugin);
    await writeFile(join(directory, 'empty.mjs'), 'export const other = 1;');
    await writeFile(join(directory, 'broken.mjs'), 'export const = 1;');
    await expect(openStorage(url, directory)).rejects.toThrow(message);
  });
});
