// `gomodkit list`: what a storage holds.

import { GoModKitError, storedVersions } from '@gomodkit/core';
import { loadConfig } from '../config.ts';
import { openStorage } from '../serve/storage-choice.ts';

/** Flags of `gomodkit list`. */
export interface ListFlags {
  readonly storage?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints stored versions, one per line. */
export async function list(prefix: string | undefined, flags: ListFlags): Promise<void> {
  const { config } = await loadConfig(flags.config, process.cwd());
  const { storage, name, absent } = openStorage(flags.storage ?? config.storage ?? './modules', process.cwd());
  if (absent) throw new GoModKitError('invalid_argument', `there is no storage at ${name}; --storage names another`);
  try {
    for await (const stored of storedVersions(storage, { prefix })) {
      const { path, version, captured, zipSize } = stored;
      const line = flags.json
        ? JSON.stringify({ module: path, version, captured, zipSize })
        : `${path}@${version}${zipSize === undefined ? ' (mod only)' : ''}`;
      process.stdout.write(`${line}\n`);
    }
  } finally {
    await storage.close?.();
  }
}
