// `gomodkit audit`: whether a storage holds what it held.

import {
  type AuditOptions,
  type AuditReport,
  createRepository,
  GoModKitError,
  gosum,
  type OriginSource,
  type Repository,
} from '@gomodkit/core';
import { type Command, InvalidArgumentError } from 'commander';
import { checking } from '../audit/checking.ts';
import { humanView, jsonView } from '../audit/show.ts';
import { loadConfig } from '../config.ts';
import { readArgument } from '../read-argument.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import { type RepositoryFlags, repositorySettings } from '../settings/repository-settings.ts';
import { stopSignals } from '../stop-signals.ts';

/** Declares `gomodkit audit`. */
export function addAudit(program: Command): void {
  addRepositoryOptions(program.command('audit'))
    .summary('prove that a storage holds what it held')
    .description(
      'Reads and hashes everything stored and says what is not as it must be: missing and foreign files, damaged zips, sums that differ. Also asks the checksum database where one verifies what is served, unless --offline.',
    )
    .argument('[prefix]', 'only module paths that begin with this')
    .option('--sample <n>', 'read only so many versions, picked by chance: 5% or 500', sampleOf)
    .option('--seed <n>', 'which sample', integer)
    .option('--go-sum <file>', "compare a project's go.sum with what is stored")
    .option('--source', 'also look what became of the tags that versions were captured from, in their repositories')
    .option('--diff', 'with --source: name the files that differ where a tag was moved')
    .option('--purge-disproved', 'remove versions that the checksum database disproves, keeping evidence')
    .option('--remove-damaged', 'remove damaged zips, keeping evidence; the next capture fetches them anew')
    .option('--resume <cursor>', 'go on where an interrupted audit stopped')
    .option('--concurrency <n>', 'versions read at once', integer)
    .option('--json', 'print one event per line; the last has the report')
    .addHelpText(
      'after',
      `
Exit status 0: no damage and no warning. 1: findings. 2: the audit could not run, or did not end.

Examples:
  gomodkit audit
  gomodkit audit example.com/ --storage /var/lib/gomodkit --offline
  gomodkit audit --sample 5% --seed "$(date +%j)" --json      another twentieth every day
  gomodkit audit --go-sum ./go.sum
  gomodkit audit --source github.com/acme/        tags that were moved or deleted since the capture
  gomodkit audit --remove-damaged; gomodkit capture MODULE@VERSION      repairs a damaged zip`,
    )
    .action((prefix: string | undefined, flags: AuditFlags) => checking(() => audit(prefix, flags)));
}

/** Flags of `gomodkit audit`. */
export interface AuditFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly sample?: number | undefined;
  readonly seed?: number | undefined;
  readonly goSum?: string | undefined;
  readonly source?: boolean | undefined;
  readonly diff?: boolean | undefined;
  readonly purgeDisproved?: boolean | undefined;
  readonly removeDamaged?: boolean | undefined;
  readonly resume?: string | undefined;
  readonly concurrency?: number | undefined;
  readonly json?: boolean | undefined;
}

async function audit(prefix: string | undefined, flags: AuditFlags): Promise<boolean> {
  const { seed, purgeDisproved, removeDamaged, resume, concurrency } = flags;
  const goSum = flags.goSum === undefined ? undefined : await readGoSum(flags.goSum);
  // 100 % is no sample.
  const sample = flags.sample === Number.POSITIVE_INFINITY ? undefined : flags.sample;
  if (flags.diff && !flags.source)
    throw new GoModKitError('invalid_argument', '--diff names files of moved tags: give --source, too');
  if (flags.source && flags.offline)
    throw new GoModKitError('invalid_argument', '--source asks repositories, and --offline nobody: give one of them');
  const options = { prefix, sample, seed, goSum, purgeDisproved, removeDamaged, after: resume, concurrency };
  return withStored(flags, async (repository, origins) => {
    const asked = flags.source ? { origins: origins(), differences: flags.diff } : {};
    return (await runAudit(repository, { ...options, ...asked }, flags.json)).clean;
  });
}

/** Opens the repository that flags name, which must be there. */
export async function withStored<T>(
  flags: RepositoryFlags & { readonly config?: string | undefined },
  use: (repository: Repository, origins: () => OriginSource) => Promise<T>,
): Promise<T> {
  const { config } = await loadConfig(flags.config, process.cwd());
  const { close, origins, repository: options, storage, offline } = await repositorySettings(flags, config, undefined);
  const { name, absent } = storage;
  if (absent) throw new GoModKitError('invalid_argument', `there is no storage at ${name}; --storage names another`);
  const repository = createRepository(offline ? { ...options, sumdb: 'off' } : options);
  try {
    return await use(repository, origins);
  } finally {
    await repository.close();
    await close();
  }
}

/** Runs an audit and shows it. */
export async function runAudit(
  repository: Repository,
  options: AuditOptions,
  json: boolean | undefined,
): Promise<AuditReport> {
  const stop = stopSignals();
  const view = json ? jsonView(process.stdout) : humanView(process.stdout, process.stderr);
  let cursor: string | undefined;
  try {
    const events = repository.audit({ ...options, signal: stop.signal });
    for (;;) {
      const { done, value } = await events.next();
      if (done) {
        checkLooked(value, options);
        await view.report(value);
        return value;
      }
      await view.event(value);
      cursor = value.cursor ?? cursor;
    }
  } catch (error) {
    view.end();
    if (cursor !== undefined) process.stderr.write(`gomodkit: go on with --resume '${cursor}'\n`);
    if (stop.signal.aborted) throw new GoModKitError('closed', 'the audit was interrupted');
    throw error;
  } finally {
    view.end();
    stop.release();
  }
}

/** Nothing is found where nothing is looked at: most likely a slip. */
function checkLooked({ versions, findings }: AuditReport, { prefix, after }: AuditOptions): void {
  if (!prefix || after !== undefined || versions > 0 || findings.foreign !== undefined) return;
  const help = 'gomodkit list says what is stored';
  throw new GoModKitError('invalid_argument', `no stored module path begins with ${JSON.stringify(prefix)}; ${help}`);
}

/** Reads a go.sum. */
export async function readGoSum(file: string): Promise<gosum.GoSum> {
  return gosum.parseGoSum(await readArgument(file), { name: file });
}

function sampleOf(text: string): number {
  const percent = /^(\d{1,3}(?:\.\d{1,6})?)%$/.exec(text)?.[1];
  if (percent !== undefined && Number(percent) > 0 && Number(percent) <= 100)
    return Number(percent) === 100 ? Number.POSITIVE_INFINITY : Number(percent) / 100;
  if (/^[1-9][0-9]{0,5}$/.test(text)) return Number(text);
  throw new InvalidArgumentError('expected a share such as 5%, or a number of versions');
}

function integer(text: string): number {
  if (!/^[0-9]{1,9}$/.test(text)) throw new InvalidArgumentError('expected a number');
  return Number(text);
}
