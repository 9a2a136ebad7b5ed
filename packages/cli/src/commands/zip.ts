// `gomodkit zip`: the module zip of a directory.
//
// Invariants:
// - The output is complete or absent: it is written under a temporary name beside it and linked into place.
// - An existing output is never overwritten.

import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { link, rm, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { dirhash, fileSource, GoModKitError, type module, zip as moduleZip } from '@gomodkit/core';
import type { Command } from 'commander';
import { parseModuleVersion } from '../module-argument.ts';

/** Declares `gomodkit zip`. */
export function addZip(program: Command): void {
  program
    .command('zip')
    .summary('build the module zip of a directory')
    .description(
      'Builds the zip that go would build from a directory, under the same rules, and prints its go.sum line.',
    )
    .argument('<directory>', 'the module root')
    .requiredOption('--module <module@version>', 'module path and canonical version')
    .requiredOption('-o, --output <file>', 'file to write; an existing one is not overwritten')
    .addHelpText('after', '\nExamples:\n  gomodkit zip . --module example.com/m@v1.2.3 -o m.zip')
    .action(zip);
}

/** Flags of `gomodkit zip`. */
export interface ZipFlags {
  readonly module: string;
  readonly output: string;
}

/** Writes the zip and prints its go.sum line. */
async function zip(directory: string, flags: ZipFlags): Promise<void> {
  const version = parseModuleVersion(flags.module);
  if (await exists(flags.output)) throw alreadyThere(flags.output);
  if (!(await exists(dirname(flags.output))))
    throw new GoModKitError(
      'invalid_argument',
      `${dirname(flags.output)}, where ${flags.output} is to be, does not exist`,
    );
  const temporary = `${flags.output}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await writeZip(version, directory, temporary);
    const h1 = await hashOf(version, temporary);
    await link(temporary, flags.output).catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'EEXIST' ? alreadyThere(flags.output) : error;
    });
    process.stdout.write(dirhash.goSumLines(version, { zip: h1 }));
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Builds the zip of a directory into a new file. */
export async function writeZip(version: module.ModuleVersion, directory: string, file: string): Promise<void> {
  const stream = moduleZip.createZipFromDirectory(version, directory);
  await pipeline(
    Readable.fromWeb(stream as import('node:stream/web').ReadableStream),
    createWriteStream(file, { flags: 'wx' }),
  );
}

async function hashOf(version: module.ModuleVersion, path: string): Promise<string> {
  const file = await fileSource(path);
  try {
    return (await moduleZip.verifyZip(version, file)).h1;
  } finally {
    await file.close();
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

function alreadyThere(path: string): GoModKitError {
  return new GoModKitError('invalid_argument', `${path} exists already and is not overwritten`);
}
