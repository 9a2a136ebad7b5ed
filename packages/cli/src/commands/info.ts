// `gomodkit info`: what is known of one version.

import { createRepository, dirhash, module, type Storage } from '@gomodkit/core';
import type { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { parseModuleQuery } from '../module-argument.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import { type RepositoryFlags, repositorySettings } from '../settings/repository-settings.ts';

/** Declares `gomodkit info`. */
export function addInfo(program: Command): void {
  addRepositoryOptions(
    program
      .command('info')
      .summary('what is known of one version')
      .argument('<module@query>', 'version, branch, commit prefix, v1, v1.2 or latest'),
  )
    .description('Resolves a version and prints its time, origin and sums. Captures nothing but .info and .mod.')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExamples:\n  gomodkit info rsc.io/quote@latest\n  gomodkit info --offline --json example.com/m@v1.2.3',
    )
    .action(info);
}

/** Flags of `gomodkit info`. */
export interface InfoFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

/** Resolves a query and prints what its `.info`, `.mod` and, if stored, `.zip` say. */
async function info(argument: string, flags: InfoFlags): Promise<void> {
  const { path, query } = parseModuleQuery(argument);
  const { config } = await loadConfig(flags.config, process.cwd());
  const { close, storage, repository: options } = await repositorySettings(flags, config, undefined);
  const repository = createRepository(options);
  try {
    const resolved = query === 'latest' ? await repository.latest(path) : await repository.info(path, query);
    const { version, time, origin } = resolved.info;
    const goMod = await repository.goMod(path, version);
    const zip = await repository.zip(path, version, { cachedOnly: true }).catch(() => undefined);
    const facts = {
      module: path,
      version,
      time,
      origin,
      goModSum: dirhash.hashGoMod(goMod.bytes),
      zipSum: zip?.h1 ?? (await storedZipSum(storage.storage, path, version)),
      zipSize: zip?.size,
    };
    process.stdout.write(flags.json ? `${JSON.stringify(facts)}\n` : readable(facts));
  } finally {
    await repository.close();
    await close();
  }
}

/** The `.ziphash` beside a stored zip, which says its sum without reading it. */
async function storedZipSum(storage: Storage, path: string, version: string): Promise<string | undefined> {
  const key = `${module.escapePath(path)}/@v/${module.escapeVersion(version)}.ziphash`;
  const stored = await storage.get(key);
  return stored === undefined ? undefined : new Response(stored.body).text();
}

function readable(facts: Readonly<Record<string, unknown>>): string {
  return Object.entries(facts)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name.padEnd(9)} ${typeof value === 'object' ? JSON.stringify(value) : String(value)}\n`)
    .join('');
}
