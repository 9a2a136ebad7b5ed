// `gomodkit publish`: a module that has no version control, into a storage or to a server.

import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRepository, dirhash, fileSource, GoModKitError, type module, type PublishContent } from '@gomodkit/core';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { parseModuleVersion } from '../module-argument.ts';
import { putModule } from '../publish/put-module.ts';
import { openStorage } from '../settings/storage-choice.ts';
import { writeZip } from './zip.ts';

/** Declares `gomodkit publish`. */
export function addPublish(program: Command): void {
  program
    .command('publish')
    .summary('publish a directory or a zip as a version')
    .description(
      'Publishes a version under the rules of the go command, into a storage or to a server that takes uploads, and prints its go.sum lines. The first one wins: the same again is fine, other content is refused.',
    )
    .argument('<module@version>', 'what it is to be; the version is canonical, and go.mod names the module')
    .argument('<path>', 'the module root, or a module zip')
    .option('--storage <where>', 'what to publish into: a directory or a storage URL', undefined)
    .option('--to <url>', 'server to publish to, with credentials from the netrc file')
    .option('--time <time>', 'when it was made, such as 2006-01-02T15:04:05Z (default: now)')
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit publish corp.example.com/m@v1.2.3 .\n  gomodkit publish corp.example.com/m@v1.2.3 m.zip --to https://modules.corp.example.com',
    )
    .action(publish);
}

/** Flags of `gomodkit publish`. */
export interface PublishFlags {
  readonly storage?: string | undefined;
  readonly to?: string | undefined;
  readonly time?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Publishes, and prints what go.sum says of it. */
async function publish(argument: string, path: string, flags: PublishFlags): Promise<void> {
  const version = parseModuleVersion(argument);
  const kind = await stat(path).catch(() => undefined);
  if (kind === undefined) throw new GoModKitError('invalid_argument', `${path || '""'} does not exist`);
  if (flags.to !== undefined && flags.storage !== undefined)
    throw new GoModKitError('invalid_argument', 'publish either into a --storage or --to a server');
  const published =
    flags.to === undefined
      ? await intoStorage(version, path, kind.isDirectory(), flags)
      : await toServer(flags.to, version, path, kind.isDirectory(), flags);
  if (flags.json)
    process.stdout.write(`${JSON.stringify({ module: version.path, version: version.version, ...published })}\n`);
  else process.stdout.write(published.created ? published.goSum : `${published.goSum}(was there already)\n`);
}

interface Outcome {
  readonly created: boolean;
  readonly goSum: string;
}

async function intoStorage(
  version: module.ModuleVersion,
  path: string,
  isDirectory: boolean,
  flags: PublishFlags,
): Promise<Outcome> {
  const { config } = await loadConfig(flags.config, process.cwd());
  const { storage } = await openStorage(flags.storage ?? config.storage ?? './modules', process.cwd());
  const repository = createRepository({ storage });
  const add = async (content: PublishContent): Promise<Outcome> => {
    const { created, sums } = await repository.publish(version, content, { time: flags.time });
    return { created, goSum: dirhash.goSumLines(version, sums) };
  };
  try {
    return isDirectory ? await add({ directory: path }) : await withFile(path, (zip) => add({ zip }));
  } finally {
    await repository.close();
    await storage.close?.();
  }
}

async function toServer(
  url: string,
  version: module.ModuleVersion,
  path: string,
  isDirectory: boolean,
  { time }: PublishFlags,
): Promise<Outcome> {
  const temporary = isDirectory ? await mkdtemp(join(tmpdir(), 'gomodkit-publish-')) : undefined;
  try {
    const file = temporary === undefined ? path : join(temporary, 'module.zip');
    if (temporary !== undefined) await writeZip(version, path, file);
    const { created, text } = await withFile(file, (zip) => putModule(url, version, zip, time));
    return { created, goSum: text };
  } finally {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  }
}

async function withFile<T>(
  path: string,
  use: (file: Awaited<ReturnType<typeof fileSource>>) => Promise<T>,
): Promise<T> {
  const file = await fileSource(path);
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}
