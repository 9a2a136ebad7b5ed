// `gomodkit copy`: from any storage into any other.

import { GoModKitError, maintenance } from '@gomodkit/core';
import { type Command, InvalidArgumentError } from 'commander';
import { openStorage } from '../settings/storage-choice.ts';
import { stopSignals } from '../stop-signals.ts';
import { bytes, oneLine, printable } from './capture-progress.ts';

/** Declares `gomodkit copy`. */
export function addCopy(program: Command): void {
  program
    .command('copy')
    .summary('copy a storage into another')
    .description(
      'Copies all that a storage holds: versions, withdrawals, the index, logs, what was verified. The target is a repository at every moment, and what it has already stays and is compared. Servers may go on with both; the same command completes what was interrupted.',
    )
    .argument('<from>', 'directory or storage URL')
    .argument('<to>', 'directory or storage URL')
    .option('--concurrency <n>', 'versions copied at once', positiveInteger, 16)
    .option('--no-verify', 'do not hash zips on their way')
    .option('--json', 'print one event per line; the last has the report')
    .addHelpText(
      'after',
      `
Exit status 0: the target has everything. 1: something differs there, or is damaged here.
Examples:
  gomodkit copy ./modules /mnt/backup/modules
  gomodkit copy /var/lib/gomodkit 's3://modules/prefix?region=eu-central-1'`,
    )
    .action(copy);
}

/** Flags of `gomodkit copy`. */
export interface CopyFlags {
  readonly concurrency: number;
  readonly verify: boolean;
  readonly json?: boolean | undefined;
}

async function copy(from: string, to: string, { concurrency, verify, json }: CopyFlags): Promise<void> {
  const source = await openStorage(from, process.cwd());
  if (source.absent) throw new GoModKitError('invalid_argument', `there is no storage at ${source.name}`);
  const target = await openStorage(to, process.cwd());
  // Buckets of one name may be those of two services; where it is the same one after all, a copy changes nothing.
  if (queryOf(from) === queryOf(to)) checkApart(source.name, target.name);
  const stop = stopSignals();
  try {
    const copying = maintenance.copyStorage(source.storage, target.storage, {
      concurrency,
      verify,
      signal: stop.signal,
    });
    for await (const event of copying) {
      if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else if (event.type === 'conflict')
        process.stderr.write(`${printable(`conflict ${event.key}: ${oneLine(event.reason)}`)}\n`);
      if (event.type !== 'done') continue;
      const { copied, present, skipped, conflicts } = event.report;
      const counts = `copied ${copied} objects, ${bytes(event.report.bytes)}; ${present} present, ${skipped} skipped, ${conflicts.length} conflicts`;
      if (!json) process.stdout.write(`${counts}\n`);
      process.exitCode = conflicts.length === 0 ? 0 : 1;
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('gomodkit: interrupted; what is copied stays, and the same command goes on from there\n');
  } finally {
    stop.release();
    await source.storage.close?.();
    await target.storage.close?.();
  }
}

function checkApart(from: string, to: string): void {
  if (from === to) throw new GoModKitError('invalid_argument', `${from} and ${to} are one storage`);
  if (from.startsWith(`${to}/`) || to.startsWith(`${from}/`))
    throw new GoModKitError('invalid_argument', `of ${from} and ${to}, one is inside the other: it would hold itself`);
}

function queryOf(place: string): string {
  return place.includes('?') ? place.slice(place.indexOf('?')) : '';
}

function positiveInteger(text: string): number {
  if (!/^[1-9][0-9]{0,3}$/.test(text)) throw new InvalidArgumentError('expected a number from 1 to 9999');
  return Number(text);
}
