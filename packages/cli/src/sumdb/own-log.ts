// `gomodkit sumdb init`, `add` and `key`: a checksum database of one's own.

import { createRepository, GoModKitError, isGoModKitError, type module, repositorySums, sumdb } from '@gomodkit/core';
import { loadConfig } from '../config.ts';
import { parseModuleVersion } from '../module-argument.ts';
import { openStorage } from '../settings/storage-choice.ts';
import { createKeyFile, readKeyFile } from './key-file.ts';

/** Flags of `gomodkit sumdb init`. */
export interface InitFlags {
  readonly name: string;
  readonly keyFile: string;
}

/** Makes a key and says how it is used. */
export async function initialize({ name, keyFile }: InitFlags): Promise<void> {
  const verifierKey = await createKeyFile(keyFile, name);
  process.stdout.write(
    `verifier key  ${verifierKey}\nserve it      gomodkit serve --sumdb-key-file ${keyFile}\nuse it        GOSUMDB=${verifierKey} GOPROXY=http://127.0.0.1:3000 go build ./...\n`,
  );
}

/** Prints the verifier key of a key file. */
export async function showKey(file: string): Promise<void> {
  process.stdout.write(`${(await readKeyFile(file)).verifierKey}\n`);
}

/** Flags of `gomodkit sumdb add`. */
export interface AddFlags {
  readonly keyFile: string;
  readonly storage?: string | undefined;
  readonly config?: string | undefined;
}

/** Records stored versions. */
export async function addVersions(versions: readonly string[], flags: AddFlags): Promise<void> {
  const modules = versions.map(parseModuleVersion);
  const { config } = await loadConfig(flags.config, process.cwd());
  const { signer } = await readKeyFile(flags.keyFile);
  const { storage, name, absent } = await openStorage(flags.storage ?? config.storage ?? './modules', process.cwd());
  if (absent) throw new GoModKitError('invalid_argument', `there is no storage at ${name}; --storage names another`);
  // From storage alone: what was captured was verified then.
  const repository = createRepository({ storage, offline: true, sumdb: 'off' });
  const sumsOf = repositorySums(repository, { storage });
  const failures: unknown[] = [];
  const database = sumdb.createChecksumDatabase({ storage, signer, onError: (error) => failures.push(error) });
  try {
    const records = await Promise.all(modules.map(async (each) => ({ ...each, sums: await sumsOf(each, {}) })));
    const numbers = await database.add(records);
    for (const [i, number] of numbers.entries()) process.stdout.write(`${number} ${nameOf(modules[i])}\n`);
    // What is recorded is durable; a tree that contains it is signed now, or by whoever opens the log next.
    await database.head();
  } finally {
    await database.idle();
    await repository.close();
    await storage.close?.();
  }
  const failure = failures.find((error) => isGoModKitError(error));
  if (failure !== undefined) throw failure;
}

function nameOf(version: module.ModuleVersion | undefined): string {
  return version === undefined ? '' : `${version.path}@${version.version}`;
}
