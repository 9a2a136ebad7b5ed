// Directories for tests, removed afterwards, and looks into them.

import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Storage } from '@gomodkit/core/storage';
import { onTestFinished } from 'vitest';

/** A new directory that goes with the test. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-fs-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Every key of a storage. */
export async function allKeys(storage: Storage): Promise<string[]> {
  const keys: string[] = [];
  for (let after = ''; ; ) {
    const page = await storage.list({ after, limit: 200 });
    keys.push(...page.objects.map((object) => object.key));
    const last = page.objects.at(-1);
    if (!page.more || last === undefined) return keys;
    after = last.key;
  }
}

/** The lines of a module's `@v/list`, sorted; undefined when there is none. */
export async function listLines(directory: string, module: string): Promise<string[] | undefined> {
  try {
    const text = await readFile(join(directory, module, '@v/list'), 'utf8');
    return text.split('\n').slice(0, -1).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** What is left in this package's own folder: temporary files and markers. */
export async function leftovers(directory: string): Promise<string[]> {
  const folders = ['tmp', 'pending'].map((name) => join(directory, '.gomodkit-fs', name));
  return (await Promise.all(folders.map((folder) => readdir(folder).catch(() => [])))).flat();
}
