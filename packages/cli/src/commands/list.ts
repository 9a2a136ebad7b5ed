// `gomodkit list`: what a storage holds.

import { GoModKitError, storedVersions } from '@gomodkit/core';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { openStorage } from '../settings/storage-choice.ts';

/** Declares `gomodkit list`. */
export function addList(program: Command): void {
  program
    .command('list')
    .summary('what a storage holds')
    .description(
      'Lists stored versions as MODULE@VERSION, one per line, in order of their paths; versions whose zip is not stored are marked "mod only".',
    )
    .argument('[prefix]', 'only module paths that begin with this')
    .option('--storage <where>', 'directory or storage URL', undefined)
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)')
    .option('--json', 'print one JSON object per line')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit list\n  gomodkit list github.com/ --storage /var/lib/gomodkit --json',
    )
    .action(list);
}

/** Flags of `gomodkit list`. */
export interface ListFlags {
  readonly storage?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Prints stored versions, one per line. */
async function list(prefix: string | undefined, flags: ListFlags): Promise<void> {
  const { config } = await loadConfig(flags.config, process.cwd());
  const { storage, name, absent } = await openStorage(flags.storage ?? config.storage ?? './modules', process.cwd());
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
