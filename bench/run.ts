// `pnpm bench [PATTERN…] [--rounds N] [--json FILE] [--list]`: measures rows and prints what came out.
//
// Invariants:
// - Whatever is written goes below one temporary directory, which is removed at the end, and into the JSON file.
// - The exit status is 1 when a goal was missed or a row failed, 2 for a wrong command line.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { describeMachine } from './harness/machine.ts';
import { measure, type RowResult } from './harness/measure.ts';
import { benchDirectory } from './harness/paths.ts';
import { describeRow } from './harness/report.ts';
import type { Row } from './harness/row.ts';
import { rows } from './rows/index.ts';

const help = `usage: pnpm bench [PATTERN…] [--rounds N] [--json FILE] [--list]

Measures the rows whose names contain a PATTERN, or all. Each prints its contestants with the median, the spread (median
absolute deviation) and the ratio to the first contestant; all numbers go into a JSON file, by default in bench/results.

  --rounds N   how often each contestant runs (default 5; long rows run less often)
  --json FILE  where the JSON goes
  --list       names the rows and ends`;

interface Settings {
  readonly rows: readonly Row[];
  readonly rounds: number;
  readonly json: string;
  readonly list: boolean;
}

function readCommandLine(parameters: readonly string[]): Settings {
  const { values, positionals } = parseArgs({
    args: parameters.filter((each) => each !== '--'),
    allowPositionals: true,
    options: {
      rounds: { type: 'string', default: '5' },
      json: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) {
    console.log(help);
    process.exit(0);
  }
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1)
    throw new Error(`--rounds ${values.rounds}: want a number of at least 1`);
  const chosen = rows.filter(({ name }) => positionals.length === 0 || positionals.some((part) => name.includes(part)));
  if (chosen.length === 0) throw new Error(`no row is called like ${positionals.join(' or ')}; --list names them`);
  const stamp = new Date().toISOString().replaceAll(':', '-').slice(0, 19);
  // pnpm runs scripts in the root; INIT_CWD is where the user is.
  const json = values.json === undefined ? undefined : resolve(process.env.INIT_CWD ?? '.', values.json);
  return { rows: chosen, rounds, json: json ?? join(benchDirectory, 'results', `${stamp}.json`), list: values.list };
}

async function measureAll(settings: Settings, directory: string): Promise<boolean> {
  const machine = describeMachine();
  console.log(`node ${machine.node}, ${machine.cpus} × ${machine.cpu}, load ${machine.load.toFixed(1)}\n`);
  const results: RowResult[] = [];
  let good = true;
  for (const row of settings.rows) {
    try {
      const result = await measure(row, { rounds: settings.rounds, directory });
      results.push(result);
      good &&= result.goals.every(({ met }) => met !== false);
      console.log(`${describeRow(row, result, process.stdout.columns ?? 80)}\n`);
    } catch (error) {
      good = false;
      console.error(`${row.name}: failed: ${error instanceof Error ? error.message : error}\n`);
    }
  }
  mkdirSync(dirname(settings.json), { recursive: true });
  const report = { date: new Date().toISOString(), machine, rows: results };
  writeFileSync(settings.json, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(`all numbers: ${settings.json}`);
  return good;
}

let settings: Settings;
try {
  settings = readCommandLine(process.argv.slice(2));
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}\n\n${help}`);
  process.exit(2);
}
if (settings.list) {
  const width = Math.max(...settings.rows.map(({ name }) => name.length));
  for (const { name, about } of settings.rows) console.log(`${name.padEnd(width)}  ${about}`);
} else {
  const directory = mkdtempSync(join(tmpdir(), 'gomodkit-bench-'));
  const clean = (): void => rmSync(directory, { recursive: true, force: true });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      clean();
      process.exit(130);
    });
  }
  try {
    process.exitCode = (await measureAll(settings, directory)) ? 0 : 1;
  } finally {
    clean();
  }
}
