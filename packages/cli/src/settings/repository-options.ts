// The options that every command has which opens a repository: the ones of RepositoryFlags.

import { type Command, Option } from 'commander';
import { gitEngines } from './git-choice.ts';

/** Adds them. */
export function addRepositoryOptions(command: Command): Command {
  return command
    .option(
      '--storage <where>',
      'directory or storage URL that keeps the modules (file:, s3:, gs:, memory:, npm:)',
      undefined,
    )
    .option('--upstream <list>', 'where modules come from, in GOPROXY syntax')
    .option('--private <patterns>', 'module paths no proxy and no checksum database is asked for, in GOPRIVATE syntax')
    .option(
      '--sumdb <database>',
      'checksum database: off, NAME, NAME+HASH+KEY or "NAME+HASH+KEY URL" (default: as go here)',
    )
    .option('--allow-unknown', 'take also what the checksum database does not know')
    .addOption(
      new Option('--git-engine <engine>', 'what reads repositories for direct; auto is git where there is one').choices(
        gitEngines,
      ),
    )
    .option('--git-cache <directory>', "where copies of repositories are kept (default: in the user's cache directory)")
    .option('--git-rewrite <from=to>', 'read repositories below one address from another; may be repeated', collect)
    .option('--offline', 'answer from storage alone')
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)');
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}
