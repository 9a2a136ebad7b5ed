// Directories for the length of a test.
//
// Invariant: close() removes everything, also what the go command wrote read-only into a module cache.

import { chmod, mkdir, mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A directory that close() removes. */
export interface TempDirectory {
  /** Absolute, without symbolic links. */
  readonly path: string;
  /** Writes files by slash-separated path below the directory, making the directories between. */
  write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void>;
  /** Removes the directory and all in it. Idempotent. */
  close(): Promise<void>;
}

/**
 * Makes a directory, with `files` in it.
 *
 * @example
 * ```ts
 * import { tempDirectory } from '@gomodkit/testing';
 *
 * const directory = await tempDirectory({ 'go.mod': 'module example.com/main\n' });
 * console.log(directory.path);
 * await directory.close();
 * ```
 */
export async function tempDirectory(files: Readonly<Record<string, string | Uint8Array>> = {}): Promise<TempDirectory> {
  const path = await realpath(await mkdtemp(join(tmpdir(), 'gomodkit-')));
  const directory: TempDirectory = {
    path,
    async write(more) {
      for (const [name, content] of Object.entries(more)) {
        const file = join(path, ...name.split('/'));
        await mkdir(dirname(file), { recursive: true });
        await writeFile(file, content);
      }
    },
    close: () => removeTree(path),
  };
  await directory.write(files);
  return directory;
}

/** Removes a tree whose directories may be read-only. An absent one is no error. */
export async function removeTree(path: string): Promise<void> {
  await makeWritable(path);
  // A go command that was stopped may still have children that finish a file.
  await rm(path, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

async function makeWritable(path: string): Promise<void> {
  const entries = await chmod(path, 0o755).then(
    () => readdir(path, { withFileTypes: true }),
    () => [],
  );
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(path, entry.name));
}
