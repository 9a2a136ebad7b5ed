// The options that every command has which opens a repository: the ones of RepositoryFlags.

import type { Command } from 'commander';

/** Adds them. */
export function addRepositoryOptions(command: Command): Command {
  return command
    .option('--storage <where>', 'directory or storage URL that keeps the modules (file:, memory:)', undefined)
    .option('--upstream <list>', 'where modules come from, in GOPROXY syntax')
    .option('--private <patterns>', 'module paths no upstream proxy is asked for, in GOPRIVATE syntax')
    .option('--offline', 'answer from storage alone')
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)');
}
