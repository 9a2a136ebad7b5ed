// `gomodkit export`: modules with all they need, as one file for a machine without network.
//
// Invariants:
// - What is missing is captured first; what then is not there ends it before anything is written, unless that is allowed.
// - Standard output has the bundle where that is wanted, and else nothing; standard error is for people.

import { dirname, join, resolve } from 'node:path';
import { bundle, createRepository, GoModKitError, type Repository, type Wanted } from '@gomodkit/core';
import type { Command } from 'commander';
import { checkOutput, openBundle, writeBundle } from '../bundle/files.ts';
import { toolchainModule } from '../bundle/toolchains.ts';
import { loadConfig } from '../config.ts';
import { parseModuleQuery } from '../module-argument.ts';
import { readArgument } from '../read-argument.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import { type RepositoryFlags, type RepositorySettings, repositorySettings } from '../settings/repository-settings.ts';
import { stopSignals } from '../stop-signals.ts';
import { bytes, createProgress } from './capture-progress.ts';

/** Declares `gomodkit export`. */
export function addExport(program: Command): void {
  addRepositoryOptions(
    program
      .command('export')
      .summary('write modules with all they need into one file')
      .description(
        'Writes a bundle: modules and their dependency graphs, with their sums and, where the checksum database knows them, proofs, as one tar. Unpacked, it is a GOPROXY by itself (file://); gomodkit import verifies it into a storage. What is not stored yet is captured first.',
      )
      .argument('[module@query...]', 'version, branch, commit prefix, v1, v1.2 or latest'),
  )
    .requiredOption('-o, --output <file>', 'the bundle; "-" is standard output')
    .option('--from-go-mod <file>', 'what a go.mod needs, with its replace and exclude')
    .option('--all', 'everything that is stored')
    .option('--all-zips', 'zips of every version in the graph')
    .option('--test', 'also zips for tests of packages that are not imported')
    .option('--toolchain <name...>', 'also Go toolchains: go1.22.0 for this platform, go1.22.0.linux-arm64 for another')
    .option('--after <bundle...>', 'bundles that the receiver had before, so that its checksum trees go on from theirs')
    .option('--allow-missing', 'leave out what is not there, and say so in the bundle')
    .addHelpText(
      'after',
      `
Examples:
  gomodkit export rsc.io/quote@v1.5.2 -o quote.tar
  gomodkit export --from-go-mod ./go.mod --toolchain go1.26.0.linux-amd64 -o project.tar
  gomodkit export --all --offline -o - | ssh vault gomodkit import -
  mkdir proxy && tar -xf project.tar -C proxy && GOPROXY=file://$PWD/proxy go build ./...`,
    )
    .action(exportModules);
}

/** Flags of `gomodkit export`. */
export interface ExportFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly output: string;
  readonly fromGoMod?: string | undefined;
  readonly all?: boolean | undefined;
  readonly allZips?: boolean | undefined;
  readonly test?: boolean | undefined;
  readonly toolchain?: readonly string[] | undefined;
  readonly after?: readonly string[] | undefined;
  readonly allowMissing?: boolean | undefined;
}

async function exportModules(modules: readonly string[], flags: ExportFlags): Promise<void> {
  const wanted = await wantedBy(modules, flags);
  if (wanted.length === 0 && !flags.all)
    throw new GoModKitError('invalid_argument', 'nothing to export: name MODULE@QUERY, --from-go-mod FILE or --all');
  await checkOutput(flags.output);
  const after = await Promise.all((flags.after ?? []).map(treeOf));
  const { config } = await loadConfig(flags.config, process.cwd());
  const settings = await repositorySettings(flags, config, undefined);
  if (settings.storage.absent && flags.all)
    throw new GoModKitError('invalid_argument', `there is no storage at ${settings.storage.name}`);
  const repository = createRepository(settings.repository);
  const stop = stopSignals();
  try {
    const contents = await contentsOf(repository, settings, wanted, flags, stop.signal);
    const { storage, sumdb = 'off' } = settings.repository;
    const stream = bundle.exportBundle({
      repository,
      storage,
      contents,
      allowMissing: flags.allowMissing,
      sumdb: sumdb === 'off' ? undefined : sumdb.client,
      after: after.filter((note) => note !== undefined),
      signal: stop.signal,
    });
    const size = await writeBundle(stream, flags.output, stop.signal);
    process.stderr.write(await summary(flags.output, size));
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('gomodkit: interrupted; there is no bundle, and what was captured stays\n');
  } finally {
    stop.release();
    await repository.close();
    await settings.close();
  }
}

async function wantedBy(modules: readonly string[], flags: ExportFlags): Promise<readonly Wanted[]> {
  if (flags.all && (modules.length > 0 || flags.fromGoMod !== undefined || flags.toolchain !== undefined))
    throw new GoModKitError('invalid_argument', '--all is everything that is stored: name nothing beside it');
  for (const each of modules) parseModuleQuery(each);
  const toolchains = (flags.toolchain ?? []).map(toolchainModule);
  const project = flags.fromGoMod === undefined ? [] : [await projectAt(flags.fromGoMod)];
  return [...modules, ...project, ...toolchains];
}

/** A go.mod, whose directory tells what its `replace` directories require. */
async function projectAt(name: string): Promise<Wanted> {
  const directory = dirname(resolve(name));
  return {
    goMod: await readArgument(name),
    readReplacement: (replacement) => readArgument(join(resolve(directory, replacement), 'go.mod')),
  };
}

async function treeOf(name: string): Promise<string | undefined> {
  return (await bundle.readManifest(await openBundle(name))).sumdb?.note;
}

async function contentsOf(
  repository: Repository,
  { repository: { storage } }: RepositorySettings,
  wanted: readonly Wanted[],
  flags: ExportFlags,
  signal: AbortSignal,
): Promise<bundle.BundleContents> {
  if (flags.all) return bundle.storedContents(storage, { signal });
  const progress = createProgress(process.stderr);
  try {
    const capture = bundle.captureContents(repository, wanted, { allZips: flags.allZips, tests: flags.test, signal });
    for (;;) {
      const { done, value } = await capture.next();
      if (done) return value;
      await progress.show(value);
    }
  } finally {
    progress.end();
  }
}

async function summary(name: string, size: number): Promise<string> {
  if (name === '-') return `gomodkit: wrote ${bytes(size)}\n`;
  const { modules, sumdb, missing } = await bundle.readManifest(await openBundle(name));
  const zips = modules.filter(({ zip }) => zip !== undefined).length;
  const proven = modules.filter(({ record }) => record).length;
  const lines = [
    `wrote ${name}: ${modules.length} versions, ${zips} zips, ${bytes(size)}`,
    sumdb === undefined ? '  no proofs of a checksum database' : `  ${proven} versions with proofs of ${sumdb.name}`,
    ...missing.map((each) => `  missing ${each}`),
  ];
  return `${lines.join('\n')}\n`;
}
