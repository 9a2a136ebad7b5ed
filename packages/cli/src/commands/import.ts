// `gomodkit import`: a bundle into a storage.
//
// Invariants:
// - Exit status 0 only when everything in the bundle is in the storage; 1 when something was refused, or the bundle is none.
// - What is stored stays, whatever comes after it; the same command completes it.

import { bundle, GoModKitError, isGoModKitError } from '@gomodkit/core';
import type { Command } from 'commander';
import { openBundle } from '../bundle/files.ts';
import { loadConfig } from '../config.ts';
import { openStorage } from '../settings/storage-choice.ts';
import { chooseDatabase, type SumdbFlags } from '../settings/sumdb-choice.ts';
import { readGoEnv } from '../settings/upstream-choice.ts';
import { stopSignals } from '../stop-signals.ts';
import { bytes, oneLine, printable } from './capture-progress.ts';

/** Declares `gomodkit import`. */
export function addImport(program: Command): void {
  program
    .command('import')
    .summary('verify a bundle and store what is in it')
    .description(
      'Stores the modules of a bundle. Every file is hashed and judged as it comes, and needs a proof of the checksum database unless it is private; nothing else is asked. What is there with the same sums is passed over, so the same command completes what was cut off.',
    )
    .argument('<bundle>', 'what gomodkit export wrote; "-" is standard input')
    .option('--storage <where>', 'directory or storage URL to store into', undefined)
    .option('--private <patterns>', 'module paths that need no proof, in GOPRIVATE syntax')
    .option(
      '--sumdb <database>',
      'checksum database whose proofs count: off, NAME or NAME+HASH+KEY (default: as go here)',
    )
    .option('--allow-unknown', 'take also what comes without a proof')
    .option('--config <file>', 'configuration file (default: gomodkit.config.{ts,mjs,js,json} if there)')
    .option('--json', 'print one event per line; the last has the report')
    .addHelpText(
      'after',
      `
Exit status 0: everything is there. 1: something was refused, or the bundle was cut off or is none.
Examples:
  gomodkit import project.tar --storage /var/lib/gomodkit
  gomodkit import - --private corp.example.com <project.tar
  gomodkit serve --offline --storage /var/lib/gomodkit      from then on`,
    )
    .action(importModules);
}

/** Flags of `gomodkit import`. */
export interface ImportFlags extends SumdbFlags {
  readonly storage?: string | undefined;
  readonly config?: string | undefined;
  readonly json?: boolean | undefined;
}

async function importModules(name: string, flags: ImportFlags): Promise<void> {
  const { config } = await loadConfig(flags.config, process.cwd());
  const sumdb = await sumdbOf(flags, config);
  const stream = await openBundle(name);
  const { storage } = await openStorage(flags.storage ?? config.storage ?? './modules', process.cwd());
  const stop = stopSignals();
  let stored = 0;
  try {
    for await (const event of bundle.importBundle(stream, {
      storage,
      sumdb,
      policy: config.policy,
      signal: stop.signal,
    })) {
      if (event.type === 'version') stored++;
      if (flags.json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else show(event);
      if (event.type === 'done') process.exitCode = event.report.refused.length === 0 ? 0 : 1;
    }
  } catch (error) {
    if (stop.signal.aborted) {
      process.stderr.write(`gomodkit: interrupted; ${stored} versions are there, and the same command goes on\n`);
      return;
    }
    if (!isGoModKitError(error, 'invalid_bundle') || error.data.truncated !== true) throw error;
    throw new GoModKitError(
      error.code,
      `${error.message}; ${stored} versions before that are there, and importing the whole bundle completes it`,
      {
        cause: error,
      },
    );
  } finally {
    stop.release();
    await storage.close?.();
  }
}

async function sumdbOf(
  flags: ImportFlags,
  config: Parameters<typeof chooseDatabase>[0]['config'],
): Promise<bundle.ImportOptions['sumdb']> {
  const { env } = process;
  const chosen = chooseDatabase({ flags, config, env, goEnv: await readGoEnv(env) });
  const { database, origin, noSumdb, unknown } = chosen;
  if (database !== undefined) return { key: database.key, noSumdb, unknown };
  process.stderr.write(`checksum database off (from ${origin}): the bundle's own sums are all that is compared\n`);
  return 'off';
}

/** One event for people: what is new and what was refused. */
function show(event: bundle.ImportEvent): void {
  if (event.type === 'version' && event.outcome === 'new') {
    const what = event.zip === undefined ? 'go.mod only' : bytes(event.bytes);
    process.stderr.write(
      `${printable(`new ${event.path}@${event.version} (${what}${event.proven ? ', proven' : ''})`)}\n`,
    );
  }
  if (event.type === 'refused')
    process.stderr.write(`${printable(`refused ${event.subject}: ${oneLine(event.reason)}`)}\n`);
  if (event.type !== 'done') return;
  const { report } = event;
  const lines = [
    `  new      ${report.new} versions, ${bytes(report.bytes)} of zips`,
    `  present  ${report.present} versions`,
    `  proven   ${report.proven} versions`,
    `  refused  ${report.refused.length}`,
    ...report.refused.map(({ subject, code, reason }) => `    ${subject}: ${code}: ${oneLine(reason)}`),
    ...report.missing.map((each) => `  missing  ${oneLine(each)} (not in the bundle)`),
  ];
  process.stdout.write(lines.map((line) => `${printable(line)}\n`).join(''));
}
