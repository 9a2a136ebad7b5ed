// `gomodkit sum check`: a project's go.sum against what is stored.

import { type gosum, modfile, type module } from '@gomodkit/core';
import type { Command } from 'commander';
import { checking } from '../audit/checking.ts';
import { readArgument } from '../read-argument.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import type { RepositoryFlags } from '../settings/repository-settings.ts';
import { readGoSum, runAudit, withStored } from './audit.ts';

/** Declares `gomodkit sum`. */
export function addSum(program: Command): void {
  const sum = program
    .command('sum')
    .summary('check a go.sum')
    .description("Checks a project's go.sum.")
    .addHelpText('after', '\nExamples:\n  gomodkit sum check\n  gomodkit sum check --help');
  addRepositoryOptions(sum.command('check'))
    .summary('compare a go.sum with what is stored')
    .description(
      'Reads and hashes every version that a go.sum names and compares: match, mismatch, or not stored. Also asks the checksum database where one verifies what is served, unless --offline.',
    )
    .option('--go-sum <file>', 'the go.sum', 'go.sum')
    .option('--go-mod <file>', 'also check that the go.sum has a line for every requirement of this go.mod')
    .option('--complete', 'what is not stored counts as a finding')
    .option('--json', 'print one event per line; the last has the report')
    .addHelpText(
      'after',
      `
Exit status 0: everything that is stored matches. 1: something does not. 2: the check could not run.

Examples:
  gomodkit sum check
  gomodkit sum check --go-sum app/go.sum --go-mod app/go.mod --storage /var/lib/gomodkit --offline`,
    )
    .action((flags: SumCheckFlags) => checking(() => check(flags)));
}

/** Flags of `gomodkit sum check`. */
export interface SumCheckFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly goSum: string;
  readonly goMod?: string | undefined;
  readonly complete?: boolean | undefined;
  readonly json?: boolean | undefined;
}

async function check(flags: SumCheckFlags): Promise<boolean> {
  const goSum = await readGoSum(flags.goSum);
  const missing = flags.goMod === undefined ? [] : await missingIn(goSum, flags.goMod);
  for (const { path, version } of missing) {
    const line = flags.json
      ? JSON.stringify({ type: 'missing', path, version })
      : `missing  ${flags.goSum} has no line for ${path} ${version}/go.mod`;
    process.stdout.write(`${line}\n`);
  }
  return withStored(flags, async (repository) => {
    const { clean, findings } = await runAudit(repository, { modules: modulesOf(goSum), goSum }, flags.json);
    return clean && missing.length === 0 && !(flags.complete === true && findings.not_stored !== undefined);
  });
}

/** The versions that a go.sum names, each once. */
function modulesOf({ entries }: gosum.GoSum): Iterable<module.ModuleVersion> {
  const modules = entries.map(({ path, version }) => ({ path, version: version.replace(/\/go\.mod$/, '') }));
  return new Map(modules.map((each) => [`${each.path}@${each.version}`, each])).values();
}

/** Requirements, as they are replaced, of which the go.sum does not know the go.mod. */
async function missingIn(goSum: gosum.GoSum, file: string): Promise<readonly module.ModuleVersion[]> {
  const { require, replace } = modfile.parse(file, await readArgument(file));
  return require.flatMap(({ path, version }) => {
    const replaced =
      replace.findLast(({ old }) => old.path === path && old.version === version) ??
      replace.findLast(({ old }) => old.path === path && old.version === undefined);
    const actual = replaced === undefined ? { path, version } : replaced.new;
    // A directory has no sum.
    if (actual.version === undefined) return [];
    const known = goSum.hashes({ path: actual.path, version: `${actual.version}/go.mod` });
    return known.length > 0 ? [] : [{ path: actual.path, version: actual.version }];
  });
}
