// Listing reads what it needs of the tree, in key order.

import * as real from 'node:fs/promises';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { compareKeys } from '@gomodkit/core/storage';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { scratch } from '../test/scratch.ts';
import { openDirectory } from './directory-storage.ts';
import type { FileOperations } from './files.ts';
import { directoryStorage } from './index.ts';

/** Operations that note which folders were opened for listing. */
function counting(opened: string[]): FileOperations {
  const opendir = async (path: string, options: object): ReturnType<FileOperations['opendir']> => {
    opened.push(path);
    return real.opendir(path, options);
  };
  return { ...real, opendir: opendir as FileOperations['opendir'] };
}

async function put(directory: string, keys: readonly string[]): Promise<void> {
  for (const key of keys) {
    await mkdir(join(directory, dirname(key)), { recursive: true });
    await writeFile(join(directory, key), key);
  }
}

describe('listing', () => {
  it('opens only folders that can hold what is asked for', async () => {
    const directory = await scratch();
    const modules = Array.from({ length: 50 }, (_, i) => `m${String(i).padStart(2, '0')}/@v/v1.0.0.mod`);
    await put(directory, modules);
    const opened: string[] = [];
    const storage = openDirectory(directory, {}, counting(opened));
    const look = async (options: Parameters<typeof storage.list>[0]): Promise<number> => {
      opened.length = 0;
      await storage.list(options);
      return opened.length;
    };
    expect(await look({ prefix: 'm07/' })).toBe(2);
    expect(await look({ prefix: 'm07/@v/v1' })).toBe(1);
    expect(await look({ prefix: 'm0' })).toBe(21);
    expect(await look({ after: 'm47/@v/v1.0.0.mod' })).toBe(7);
    expect(await look({ after: 'm47/@w' })).toBe(6);
    expect(await look({ limit: 1 })).toBeLessThanOrEqual(5);
    expect(await look({ prefix: 'absent/' })).toBe(0);
  });

  it('pages through a folder of many files', async () => {
    const directory = await scratch();
    const keys = Array.from({ length: 3000 }, (_, i) => `big/${String((i * 7919) % 3000).padStart(5, '0')}`);
    await put(directory, keys);
    const storage = directoryStorage(directory);
    for (const limit of [100, 999, 3000, 5000]) {
      const listed: string[] = [];
      for (let after: string | undefined; ; ) {
        const page = await storage.list({ limit, after });
        expect(page.objects.length).toBeLessThanOrEqual(limit);
        listed.push(...page.objects.map((object) => object.key));
        if (!page.more) break;
        after = listed.at(-1);
      }
      expect(listed).toEqual([...keys].sort());
    }
  });

  it('agrees with a sorted list for any tree, prefix, place and page size', async () => {
    const element = fc.string({
      unit: fc.constantFrom('a', 'b', '-', '.x', '0', '~', 'é', '😀', '～'),
      minLength: 1,
      maxLength: 3,
    });
    const key = fc.array(element, { minLength: 1, maxLength: 3 }).map((elements) => elements.join('/'));
    const trees = await scratch();
    await fc.assert(
      fc.asyncProperty(
        fc.uniqueArray(key, { maxLength: 25 }),
        key,
        key,
        fc.integer({ min: 1, max: 5 }),
        async (keys, prefix, after, limit) => {
          const start = [...prefix].slice(0, 2).join('');
          const directory = await real.mkdtemp(join(trees, 'tree-'));
          const kept = keys.filter((one) => !keys.some((other) => other.startsWith(`${one}/`)));
          await put(directory, kept);
          const page = await directoryStorage(directory).list({ prefix: start, after, limit });
          const wanted = kept.filter((one) => one.startsWith(start) && compareKeys(one, after) > 0).sort(compareKeys);
          expect(page.objects.map((object) => object.key)).toEqual(wanted.slice(0, limit));
          expect(page.more).toBe(wanted.length > limit);
        },
      ),
      { numRuns: 150 },
    );
  });
});
