// Directories, by path or `file:` URL, and memory.

import { type Stats, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { GoModKitError, memoryStorage } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import type { OpenPlace, StorageChoice } from './choice.ts';
import { refused, urlOptions } from './url-options.ts';

/** `file:///absolute/path`. */
export const openFile: OpenPlace = ({ location, query }) => {
  urlOptions(query, 'file', {});
  // `file:modules` would be /modules: nobody means that.
  if (!/^file:\//i.test(location)) throw refused('file', 'want an absolute path, as in file:///srv/modules');
  try {
    return openDirectory(fileURLToPath(new URL(location)));
  } catch (cause) {
    if (cause instanceof GoModKitError) throw cause;
    throw refused('file', `no path of this machine: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
};

/** `memory:`. */
export const openMemory: OpenPlace = ({ location, query }) => {
  urlOptions(query, 'memory', {});
  if (!/^memory:$/i.test(location)) throw refused('memory', 'it has no name and no path');
  return { storage: memoryStorage(), name: 'memory (lost when the server stops)' };
};

/** A directory, which need not exist. `path` is absolute. */
export function openDirectory(path: string): StorageChoice {
  const found = look(path);
  if (found !== undefined && !found.isDirectory())
    throw new GoModKitError('invalid_argument', `storage ${path} is not a directory`);
  return { storage: directoryStorage(path), name: path, absent: found === undefined };
}

function look(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new GoModKitError('invalid_argument', `storage ${path} cannot be opened: ${reason}`, { cause });
  }
}
