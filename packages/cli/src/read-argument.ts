// Files that arguments name.

import { readFile } from 'node:fs/promises';
import { GoModKitError } from '@gomodkit/core';

/** Reads one whole. Rejects with `invalid_argument`, in one form wherever a file is not there. */
export async function readArgument(file: string): Promise<Uint8Array> {
  return readFile(file).catch((cause: NodeJS.ErrnoException) => {
    throw notReadable(file, cause);
  });
}

/** Why a file cannot be read, for whoever named it. */
export function notReadable(file: string, cause: NodeJS.ErrnoException): GoModKitError {
  const what = cause.code === 'ENOENT' ? 'does not exist' : `cannot be read: ${cause.code ?? cause.message}`;
  return new GoModKitError('invalid_argument', `${file} ${what}`, { cause });
}
