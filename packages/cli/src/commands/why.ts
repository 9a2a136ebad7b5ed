// `gomodkit why`: why a module needs packages or modules, as the go command prints it.
//
// Invariants:
// - Standard output has what `go mod why` prints, and nothing else; standard error has what could not be looked at, so that the answer may lack
//   something.
// - Every module comes through the repository: what is stored costs no fetch, and with --offline nothing else is asked.

import { dirname, resolve } from 'node:path';
import { createRepository, GoModKitError, modfile, packages, type Repository, repositorySource } from '@gomodkit/core';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { parseModuleQuery } from '../module-argument.ts';
import { readArgument } from '../read-argument.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import { type RepositoryFlags, repositorySettings } from '../settings/repository-settings.ts';

/** Declares `gomodkit why`. */
export function addWhy(program: Command): void {
  addRepositoryOptions(
    program
      .command('why')
      .summary('why packages or modules are needed')
      .argument('<package...>', 'import paths, or with -m module paths; all for all of them'),
  )
    .description(
      'Prints what `go mod why` prints: a shortest way of imports from the main module to each package. Modules that are not stored are captured, as far as they might have a package that is imported.',
    )
    .option('-m, --modules', 'the arguments are modules: the shortest way to any package of each')
    .option('--go-mod <file>', 'the go.mod of the main module, whose packages are beside it (default: go.mod here)')
    .option('--main <module@query>', 'take this module as main module, without checking it out')
    .addHelpText(
      'after',
      `
Examples:
  gomodkit why golang.org/x/text/language                    which imports lead there
  gomodkit why -m golang.org/x/text golang.org/x/sys
  gomodkit why -m all --offline                              from what is stored alone
  gomodkit why -m rsc.io/sampler --main rsc.io/quote@v1.5.2`,
    )
    .action(printWhy);
}

/** Flags of `gomodkit why`. */
export interface WhyFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly modules?: boolean | undefined;
  readonly goMod?: string | undefined;
  readonly main?: string | undefined;
}

async function printWhy(paths: readonly string[], flags: WhyFlags): Promise<void> {
  if (flags.main !== undefined && flags.goMod !== undefined) {
    throw new GoModKitError('invalid_argument', 'one main module at a time: --main or --go-mod');
  }
  const { config } = await loadConfig(flags.config, process.cwd());
  const { close, repository: options } = await repositorySettings(flags, config, undefined);
  const repository = createRepository(options);
  try {
    const text =
      flags.main === undefined
        ? await whyOfFile(flags.goMod ?? 'go.mod', paths, flags, repository)
        : await whyOfModule(flags.main, paths, flags, repository);
    process.stdout.write(text);
  } finally {
    await repository.close();
    await close();
  }
}

async function whyOfFile(
  file: string,
  paths: readonly string[],
  flags: WhyFlags,
  repository: Repository,
): Promise<string> {
  const directory = dirname(resolve(file));
  const main = {
    goMod: modfile.parse(file, await readArgument(file)),
    files: await packages.directoryFiles(directory),
  };
  return answer(main, paths, flags, {
    source: repositorySource(repository),
    replacementFiles: (replacement) => packages.directoryFiles(resolve(directory, replacement)),
  });
}

async function whyOfModule(
  argument: string,
  paths: readonly string[],
  flags: WhyFlags,
  repository: Repository,
): Promise<string> {
  const { path, query } = parseModuleQuery(argument);
  const source = repositorySource(repository);
  const { version } = await source.resolve(path, query);
  const goMod = modfile.parse(`${path}@${version}/go.mod`, await source.goMod(path, version));
  const files = await packages.openModule({ path, version }, source);
  try {
    return await answer({ goMod, files }, paths, flags, { source });
  } finally {
    await files.dispose();
  }
}

async function answer(
  main: packages.MainModule,
  paths: readonly string[],
  { modules }: WhyFlags,
  options: packages.LoadPackagesOptions,
): Promise<string> {
  const told = {
    ...options,
    onError: (error: Error) => void process.stderr.write(`gomodkit: warning: ${error.message}\n`),
  };
  return modules
    ? packages.formatWhy(await packages.whyModules(main, paths, told), 'module')
    : packages.formatWhy(await packages.why(main, paths, told), 'package');
}
