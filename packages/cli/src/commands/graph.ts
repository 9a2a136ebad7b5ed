// `gomodkit graph`: the module graph of a go.mod, or of a module at a version, as the go command prints it.
//
// Invariant: standard output has what `go mod graph` or `go list -m all` prints, and nothing else.

import { dirname, join, resolve } from 'node:path';
import { createRepository, GoModKitError, graph, modfile, type Repository, repositorySource } from '@gomodkit/core';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { parseModuleQuery } from '../module-argument.ts';
import { readArgument } from '../read-argument.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import { type RepositoryFlags, repositorySettings } from '../settings/repository-settings.ts';

/** Declares `gomodkit graph`. */
export function addGraph(program: Command): void {
  addRepositoryOptions(
    program
      .command('graph')
      .summary('who requires what, and which versions are selected')
      .argument('[module@query]', 'take this module as main module: version, branch, v1, v1.2 or latest'),
  )
    .description(
      'Prints what `go mod graph` prints: a module and one of its requirements per line, as far as graph pruning looks. go.mod files that are not stored are captured.',
    )
    .option('--go-mod <file>', 'the go.mod of the main module (default: go.mod here)')
    .option('--list', 'print the selected versions instead, as `go list -m all`')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  gomodkit graph --list                             the build list of the module here
  gomodkit graph rsc.io/quote@v1.5.2                without checking it out
  gomodkit graph --go-mod ../app/go.mod --offline   from what is stored alone`,
    )
    .action(printGraph);
}

/** Flags of `gomodkit graph`. */
export interface GraphFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly goMod?: string | undefined;
  readonly list?: boolean | undefined;
  readonly json?: boolean | undefined;
}

async function printGraph(argument: string | undefined, flags: GraphFlags): Promise<void> {
  if (argument !== undefined && flags.goMod !== undefined) {
    throw new GoModKitError('invalid_argument', `one main module at a time: ${argument} or --go-mod ${flags.goMod}`);
  }
  const { config } = await loadConfig(flags.config, process.cwd());
  const { close, repository: options } = await repositorySettings(flags, config, undefined);
  const repository = createRepository(options);
  try {
    const loaded =
      argument === undefined
        ? await graphOfFile(flags.goMod ?? 'go.mod', repository)
        : await graphOfModule(argument, repository);
    for (const line of flags.json ? [JSON.stringify(asJson(loaded))] : lines(loaded, flags.list === true)) {
      process.stdout.write(`${line}\n`);
    }
  } finally {
    await repository.close();
    await close();
  }
}

async function graphOfFile(file: string, repository: Repository): Promise<graph.ModuleGraph> {
  const directory = dirname(resolve(file));
  return graph.loadModuleGraph(modfile.parse(file, await readArgument(file)), {
    source: repositorySource(repository),
    readReplacement: (replacement) => readArgument(join(resolve(directory, replacement), 'go.mod')),
  });
}

async function graphOfModule(argument: string, repository: Repository): Promise<graph.ModuleGraph> {
  const { path, query } = parseModuleQuery(argument);
  const source = repositorySource(repository);
  const { version } = await source.resolve(path, query);
  return graph.loadGraphOf({ path, version }, { source });
}

function lines(loaded: graph.ModuleGraph, list: boolean): Iterable<string> {
  return list ? loaded.buildList.map(graph.formatListed) : graph.formatEdges(loaded);
}

/** Everything at once: selected versions with their replacements, and requirements by `path@version`. */
function asJson(loaded: graph.ModuleGraph): object {
  const { main, pruning, consistent, buildList } = loaded;
  return {
    main: main.path,
    go: loaded.selected('go'),
    pruning,
    consistent,
    buildList,
    requirements: [...loaded.edges()].map(([from, to]) => ({ from, to })),
  };
}
