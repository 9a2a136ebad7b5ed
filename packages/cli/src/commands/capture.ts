// `gomodkit capture`: fills a storage with modules and all they depend on.
//
// Invariants:
// - Exit status 0 only when everything is there; 1 when anything was refused, or nothing could go on.
// - Standard output has the result (events with --json), standard error what is for people meanwhile.
// - A signal stops it; what is stored stays, and the same command goes on from there.

import { dirname, join, resolve } from 'node:path';
import { createRepository, GoModKitError, type Wanted } from '@gomodkit/core';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config.ts';
import { parseModuleQuery } from '../module-argument.ts';
import { readArgument } from '../read-argument.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import { type RepositoryFlags, repositorySettings } from '../settings/repository-settings.ts';
import { stopSignals } from '../stop-signals.ts';
import { createProgress, jsonLines, summary } from './capture-progress.ts';

/** Declares `gomodkit capture`. */
export function addCapture(program: Command): void {
  addRepositoryOptions(
    program
      .command('capture')
      .summary('store modules with all they depend on')
      .description(
        'Stores modules and their dependency graphs, so that they build without any network: .info and .mod of every version in the graph, .zip of the versions that are selected. What is stored already is not fetched again; the same command completes what was interrupted.',
      )
      .argument('[module@query...]', 'version, branch, commit prefix, v1, v1.2 or latest'),
  )
    .option('--go-mod <file>', 'capture what a go.mod needs, with its replace and exclude')
    .option('--all-zips', 'zips of every version in the graph')
    .option(
      '--test',
      'also zips for tests of packages that are not imported (go get -t PACKAGE; go test all needs none)',
    )
    .option('--toolchains <platforms>', 'also the Go toolchains that are asked for, for these GOOS-GOARCH', commaList)
    .option('--concurrency <n>', 'versions and zips worked on at once', positiveInteger, 32)
    .option('--json', 'print one event per line; the last has the report')
    .addHelpText(
      'after',
      `
Exit status 0: everything is there. 1: something was refused; the summary says what and why.

Examples:
  gomodkit capture rsc.io/quote@latest
  gomodkit capture --go-mod ./go.mod --storage /var/lib/gomodkit
  gomodkit capture example.com/app@v1.2.3 --toolchains linux-amd64,darwin-arm64
  GOPROXY=file:///var/lib/gomodkit go build ./...    from then on`,
    )
    .action(capture);
}

/** Flags of `gomodkit capture`. */
export interface CaptureFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly goMod?: string | undefined;
  readonly allZips?: boolean | undefined;
  readonly test?: boolean | undefined;
  readonly toolchains?: readonly string[] | undefined;
  readonly concurrency: number;
  readonly json?: boolean | undefined;
}

/** Captures, says what happens, and sets the exit status. */
async function capture(modules: readonly string[], flags: CaptureFlags): Promise<void> {
  for (const each of modules) parseModuleQuery(each);
  const wanted: readonly Wanted[] = [...modules, ...(flags.goMod === undefined ? [] : [await projectAt(flags.goMod)])];
  if (wanted.length === 0)
    throw new GoModKitError('invalid_argument', 'nothing to capture: name MODULE@QUERY or --go-mod FILE');
  const { config } = await loadConfig(flags.config, process.cwd());
  const { close, repository: options } = await repositorySettings(flags, config, undefined);
  const repository = createRepository(options);
  const stop = stopSignals();
  const progress = flags.json ? jsonLines(process.stdout) : createProgress(process.stderr);
  try {
    const { allZips, test: tests, toolchains, concurrency } = flags;
    const events = repository.capture(wanted, { allZips, tests, toolchains, concurrency, signal: stop.signal });
    for await (const event of events) {
      await progress.show(event);
      if (event.type !== 'done') continue;
      // Where both are one terminal, the summary begins on a line of its own.
      progress.end();
      if (!flags.json) process.stdout.write(summary(event.report));
      process.exitCode = event.report.refused.length === 0 ? 0 : 1;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    progress.end();
    process.stderr.write('gomodkit: interrupted; what is stored stays, and the same command goes on from there\n');
  } finally {
    progress.end();
    stop.release();
    await repository.close();
    await close();
  }
}

/** A go.mod, whose directory tells what its `replace` directories require. */
async function projectAt(name: string): Promise<Wanted> {
  const directory = dirname(resolve(name));
  return {
    goMod: await readArgument(name),
    name,
    readReplacement: (replacement) => readArgument(join(resolve(directory, replacement), 'go.mod')),
  };
}

function commaList(text: string): readonly string[] {
  return text.split(',').map((each) => each.trim());
}

function positiveInteger(text: string): number {
  if (!/^[1-9][0-9]{0,5}$/.test(text)) throw new InvalidArgumentError('expected a number of at least 1');
  return Number(text);
}
