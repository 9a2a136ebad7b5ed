// `gomodkit gc`: what takes room and need not.

import { GoModKitError, maintenance } from '@gomodkit/core';
import { type Command, InvalidArgumentError } from 'commander';
import { loadConfig } from '../config.ts';
import { addRepositoryOptions } from '../settings/repository-options.ts';
import { type RepositoryFlags, repositorySettings } from '../settings/repository-settings.ts';
import { stopSignals } from '../stop-signals.ts';
import { bytes, oneLine, printable } from './capture-progress.ts';

/** Declares `gomodkit gc`. */
export function addGc(program: Command): void {
  addRepositoryOptions(
    program
      .command('gc')
      .summary('reclaim what is left over, and zips that can be captured again')
      .description(
        'Tells, and with --apply reclaims: files of captures that never finished and are a day old, what interrupted writes left, and with --older-than zips that the upstream still has. .info, .mod and .ziphash stay, so that only the same zip can come back. What was published here is never touched. Servers may go on.',
      ),
  )
    .option('--older-than <age>', 'also zips captured longer ago than this: 90d, 12h', age)
    .option('--match <patterns>', 'only zips of these modules, in GOPRIVATE syntax')
    .option('--keep <patterns>', 'never zips of these modules, in GOPRIVATE syntax')
    .option('--apply', 'reclaim; without it nothing is touched')
    .option('--json', 'print one event per line; the last has the report')
    .addHelpText(
      'after',
      `
Examples:
  gomodkit gc                                           what is left over
  gomodkit gc --older-than 90d --keep 'corp.example.com'    and which zips could go
  gomodkit gc --older-than 90d --keep 'corp.example.com' --apply`,
    )
    .action(gc);
}

/** Flags of `gomodkit gc`. */
export interface GcFlags extends RepositoryFlags {
  readonly config?: string | undefined;
  readonly olderThan?: number | undefined;
  readonly match?: string | undefined;
  readonly keep?: string | undefined;
  readonly apply?: boolean | undefined;
  readonly json?: boolean | undefined;
}

async function gc(flags: GcFlags): Promise<void> {
  const { olderThan, match, keep, apply, json } = flags;
  if (olderThan === undefined && (match !== undefined || keep !== undefined))
    throw new GoModKitError('invalid_argument', '--match and --keep are about zips that go by age: name --older-than');
  const { config } = await loadConfig(flags.config, process.cwd());
  const { close, storage, source, offline } = await repositorySettings(flags, config, undefined);
  if (storage.absent) throw new GoModKitError('invalid_argument', `there is no storage at ${storage.name}`);
  if (offline && olderThan !== undefined)
    throw new GoModKitError(
      'invalid_argument',
      'offline nothing could be captured again, so no zip goes: leave out --older-than',
    );
  const retention = olderThan === undefined ? undefined : { olderThan, match, keep, source };
  const stop = stopSignals();
  try {
    for await (const event of maintenance.collectGarbage(storage.storage, { apply, retention, signal: stop.signal })) {
      if (json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else show(event);
    }
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.stderr.write('gomodkit: interrupted\n');
  } finally {
    stop.release();
    await close();
  }
}

function show(event: maintenance.GcEvent): void {
  if (event.type === 'kept') process.stdout.write(`${printable(`kept ${event.key}: ${oneLine(event.reason)}`)}\n`);
  else if (event.type !== 'done')
    process.stdout.write(`${printable(`${event.type} ${event.key} (${bytes(event.bytes)})`)}\n`);
  else {
    const { applied, orphans, zips, kept, swept } = event.report;
    const verb = applied ? 'reclaimed' : 'would reclaim';
    const size = bytes(orphans.bytes + zips.bytes);
    const leftovers = swept === undefined ? '' : `, ${swept} unfinished writes`;
    process.stdout.write(
      `${verb} ${size}: ${zips.objects} zips, ${orphans.objects} orphans${leftovers}; ${kept} zips kept${applied ? '' : ' (--apply does it)'}\n`,
    );
  }
}

const units: Readonly<Record<string, number>> = { h: 3600_000, d: 24 * 3600_000, w: 7 * 24 * 3600_000 };

function age(text: string): number {
  const [, count, unit = ''] = /^(\d{1,5})([hdw])$/.exec(text) ?? [];
  const milliseconds = Number(count) * (units[unit] ?? Number.NaN);
  if (Number.isNaN(milliseconds)) throw new InvalidArgumentError('expected an age such as 90d, 12h or 4w');
  return milliseconds;
}
