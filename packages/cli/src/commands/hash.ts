// `gomodkit hash`: what go.sum says of a directory, a module zip or a go.mod.

import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dirhash, fileSource, GoModKitError, isGoModKitError, modfile, module, zip } from '@gomodkit/core';
import type { Command } from 'commander';
import { parseModuleVersion } from '../module-argument.ts';
import { writeZip } from './zip.ts';

/** Declares `gomodkit hash`. */
export function addHash(program: Command): void {
  program
    .command('hash')
    .summary('go.sum lines of a directory, zip or go.mod')
    .description(
      'Prints what go.sum would say: for a directory the sums of the zip that go would build and of its go.mod; for a zip its sum and that of the go.mod in it; for a go.mod its sum.',
    )
    .argument('<path>', 'a directory, a module zip or a go.mod')
    .option('--module <module@version>', 'what it is; a zip says so itself')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit hash . --module example.com/m@v1.2.3\n  gomodkit hash v1.2.3.zip\n  gomodkit hash go.mod --module example.com/m@v1.2.3',
    )
    .action(hash);
}

/** Flags of `gomodkit hash`. */
export interface HashFlags {
  readonly module?: string | undefined;
}

/** Prints go.sum lines; for a go.mod without --module its bare sum, as it does not name its version. */
async function hash(path: string, flags: HashFlags): Promise<void> {
  const named = flags.module === undefined ? undefined : parseModuleVersion(flags.module);
  const kind = await stat(path).catch(() => undefined);
  if (kind === undefined) throw new GoModKitError('invalid_argument', `${path || '""'} does not exist`);
  process.stdout.write(kind.isDirectory() ? await hashDirectory(path, named) : await hashFile(path, named));
}

async function hashDirectory(path: string, named: module.ModuleVersion | undefined): Promise<string> {
  if (named === undefined)
    throw new GoModKitError('invalid_argument', 'a directory does not say its version: add --module MODULE@VERSION');
  const temporary = await mkdtemp(join(tmpdir(), 'gomodkit-hash-'));
  try {
    const file = join(temporary, 'module.zip');
    await writeZip(named, path, file);
    return await hashZip(file, named);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function hashFile(path: string, named: module.ModuleVersion | undefined): Promise<string> {
  const bytes = await readFile(path);
  // A zip begins with a local header, or with the end of the directory when it is empty.
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) return hashZip(path, named);
  if (modfile.modulePath(bytes) === '')
    throw new GoModKitError('invalid_argument', `${path} is neither a directory, a zip nor a go.mod`);
  const goMod = dirhash.hashGoMod(bytes);
  return named === undefined ? `${goMod}\n` : dirhash.goSumLines(named, { goMod });
}

async function hashZip(path: string, named: module.ModuleVersion | undefined): Promise<string> {
  const file = await fileSource(path);
  try {
    const version = named ?? (await versionIn(file, path));
    const verified = await zip.verifyZip(version, file).catch((error: unknown) => {
      throw notGood(path, error);
    });
    // A module without go.mod has the one that go makes up for it.
    const goMod = verified.goMod ?? new TextEncoder().encode(`module ${version.path}\n`);
    return dirhash.goSumLines(version, { zip: verified.h1, goMod: dirhash.hashGoMod(goMod) });
  } finally {
    await file.close();
  }
}

/** A module zip names its module in the prefix of every entry. */
async function versionIn(file: Parameters<typeof zip.openZip>[0], path: string): Promise<module.ModuleVersion> {
  const { entries } = await zip.openZip(file).catch((error: unknown) => {
    throw notGood(path, error);
  });
  const match = /^([^@]+)@([^/]+)\//.exec(entries[0]?.name ?? '');
  const [, modulePath, version] = match ?? [];
  if (modulePath === undefined || version === undefined)
    throw new GoModKitError('invalid_zip', `${path} is no module zip: its entries do not begin with MODULE@VERSION/`);
  module.check(modulePath, version);
  return { path: modulePath, version };
}

/** A refusal names entries; whoever reads it has to know of which file. */
function notGood(path: string, error: unknown): unknown {
  if (!isGoModKitError(error)) return error;
  return new GoModKitError(error.code, `${path} is no good module zip: ${error.message}`, { cause: error });
}
