// Storage named on the command line: a directory, `file:` URL or `memory:`.

import { type Stats, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { GoModKitError, memoryStorage, type Storage } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';

/** A storage and how to name it to people. */
export interface StorageChoice {
  readonly storage: Storage;
  readonly name: string;
  /** Where it is a directory that does not exist yet: the first module makes it. */
  readonly absent?: boolean | undefined;
}

/** Schemes, each with what opens it. A text without scheme is a directory. */
const schemes: Readonly<Record<string, (text: string) => StorageChoice>> = {
  'file:': (text) => directory(fileURLToPath(new URL(text))),
  'memory:': () => ({ storage: memoryStorage(), name: 'memory (lost when the server stops)' }),
};

/** Opens the storage that `value` names; a {@link Storage} is taken as it is. */
export function openStorage(value: string | Storage, workingDirectory: string): StorageChoice {
  if (typeof value !== 'string') return { storage: value, name: 'the configuration file' };
  // A single letter before the colon is a Windows drive.
  const scheme = /^[a-z][a-z0-9+.-]+:/i.exec(value)?.[0]?.toLowerCase();
  if (scheme === undefined) return directory(resolve(workingDirectory, value));
  const open = schemes[scheme];
  if (!open)
    throw new GoModKitError(
      'unsupported',
      `storage "${value}" is not supported: use a directory or one of ${Object.keys(schemes).join(', ')}; any other storage can be given as an object in gomodkit.config.ts`,
    );
  return open(value);
}

function directory(path: string): StorageChoice {
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
