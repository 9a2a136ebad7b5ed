// Fixtures in files.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Reads modules from a txtar file whose files are named `PATH@VERSION/FILE`, or from all `.txtar` and `.txt` files of a directory.
 *
 * @example
 * ```ts
 * import { readModules, startTestProxy } from '@gomodkit/testing';
 *
 * const proxy = await startTestProxy({ modules: await readModules(new URL('testdata/modules.txtar', import.meta.url)) });
 * await proxy.close();
 * ```
 */
export async function readModules(location: string | URL): Promise<string> {
  const path = location instanceof URL ? fileURLToPath(location) : location;
  if (!(await stat(path)).isDirectory()) return readFile(path, 'utf8');
  const names = (await readdir(path)).filter((name) => /\.(txtar|txt)$/.test(name)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  return texts.map((text) => (text.endsWith('\n') ? text : `${text}\n`)).join('');
}
