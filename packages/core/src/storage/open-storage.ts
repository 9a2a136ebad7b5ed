// How a program that knows nothing of a storage opens it: the one name that a plugin package exports.

import type { Storage } from './storage.ts';

/** What a plugin is told besides its options. */
export interface OpenStorageContext {
  /** Absolute: what relative paths in options are relative to. */
  readonly workingDirectory: string;
}

/**
 * What a storage plugin exports under the name `openStorage`, so that `gomodkit --storage 'npm:PACKAGE?name=value'` can open it. Options are
 * the query of that URL, decoded, each name once; refuse unknown ones with `invalid_argument`. Take credentials from the environment, not from
 * options: command lines are read by others. The storage is closed by who opened it.
 *
 * @example
 * ```ts
 * import { GoModKitError } from '@gomodkit/core';
 * import { memoryStorage, type OpenStorage } from '@gomodkit/core/storage';
 *
 * export const openStorage: OpenStorage = ({ 'max-bytes': maxBytes = '1000000000', ...unknown }) => {
 *   const [name] = Object.keys(unknown);
 *   if (name !== undefined) throw new GoModKitError('invalid_argument', `unknown option ${name}; known is max-bytes`);
 *   return memoryStorage({ maxBytes: Number(maxBytes) });
 * };
 * ```
 */
export type OpenStorage = (
  options: Readonly<Record<string, string>>,
  context: OpenStorageContext,
) => Storage | Promise<Storage>;
