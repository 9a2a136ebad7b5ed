// The options that every command has which opens a repository: the ones of RepositoryFlags.

import type { Command } from 'commander';

/** Adds them. */
export function addRepositoryOptions(command: Command): Command {
  return command
    .option('--storage <where>', 'directory or storage URL that keeps the modules (file:, s3:, gs:, memory:, npm:)', undefined)
    .option('--upstream <list>', 'where modules come from, in GOPROXY syntax')
    .option('--private <patterns>', 'module paths no proxy and no checksum database is asked for, in GOPRIVATE syntax')
    .option(
      '--sumdb <database>',
      'checksum database: off, NAME, NAME+HASH+KEY or "NAME+HASH+KEY URL" (default: as go here)',
    )
    .option('--allow-unknown', 'take also what the checksum database does not know')
    .option('--offline', 'answer from storage alone')
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)');
}
