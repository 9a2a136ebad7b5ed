// Storage named on the command line or in the configuration file: a directory, a storage URL, or a Storage.
//
// Invariants:
// - What a text means is seen by the text alone, not by what exists: a scheme, `PACKAGE?options`, else a directory.
// - No message quotes a URL: it may hold credentials that somebody put there.

import { resolve } from 'node:path';
import { GoModKitError, type Storage } from '@gomodkit/core';
import type { OpenPlace, StorageChoice } from './storage/choice.ts';
import { openDirectory, openFile, openMemory } from './storage/file.ts';
import { openGcs } from './storage/gcs.ts';
import { isPluginText, openPlugin } from './storage/plugin.ts';
import { openS3 } from './storage/s3.ts';

export type { StorageChoice } from './storage/choice.ts';

/** Schemes, each with what opens it. */
const schemes: Readonly<Record<string, OpenPlace>> = {
  'file:': openFile,
  'memory:': openMemory,
  's3:': openS3,
  'gs:': openGcs,
  'npm:': openPlugin,
};

/**
 * Opens the storage that `value` names; a {@link Storage} is taken as it is. Whoever opens it closes it.
 *
 * Rejects with `invalid_argument` for what cannot be meant, `unsupported` where a package is missing.
 */
export async function openStorage(value: string | Storage, workingDirectory: string): Promise<StorageChoice> {
  if (typeof value !== 'string') return { storage: value, name: 'the configuration file' };
  // A single letter before the colon is a Windows drive.
  const scheme = /^[a-z][a-z0-9+.-]+:/i.exec(value)?.[0].toLowerCase();
  if (scheme === undefined && !isPluginText(value)) return openDirectory(resolve(workingDirectory, value));
  const open = scheme === undefined ? openPlugin : schemes[scheme];
  if (open === undefined)
    throw new GoModKitError(
      'unsupported',
      `storage URLs beginning with ${scheme} are not supported: use a directory or one of ${Object.keys(schemes).join(', ')}; any other storage can be given as an object in gomodkit.config.ts`,
    );
  const [location, query] = splitQuery(value);
  return open({ location, query, workingDirectory });
}

function splitQuery(value: string): readonly [location: string, query: string] {
  const at = value.indexOf('?');
  return at < 0 ? [value, ''] : [value.slice(0, at), value.slice(at + 1)];
}
