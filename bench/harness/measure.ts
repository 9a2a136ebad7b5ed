// Runs a row: everybody is set up first, then all run in turn, in rounds.
//
// Invariants:
// - Rounds go A B C, C B A, A B C …: what slowly changes about the machine meets all contestants alike.
// - Every contestant that was set up is torn down, whatever happens.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Contestant, Ready, Row, Sample } from './row.ts';
import { type Summary, summarize } from './statistics.ts';

/** What came out for a contestant. */
export interface ContestantResult {
  readonly name: string;
  /** Why there are no numbers. */
  readonly skipped?: string | undefined;
  readonly value?: Summary | undefined;
  /** Of medians: ours divided by the first contestant's. */
  readonly ratio?: number | undefined;
  readonly details: Readonly<Record<string, Summary>>;
}

/** What came out for a row. */
export interface RowResult {
  readonly name: string;
  readonly unit: string;
  readonly better: 'higher' | 'lower';
  readonly rounds: number;
  readonly seconds: number;
  readonly contestants: readonly ContestantResult[];
  readonly goals: readonly { readonly says: string; readonly met: boolean | undefined }[];
}

/** How a row is run. */
export interface MeasureOptions {
  readonly rounds: number;
  /** The directory that all rows share. */
  readonly directory: string;
}

interface Entry {
  readonly contestant: Contestant;
  readonly skipped: string | undefined;
  readonly ready: Ready | undefined;
  readonly samples: Sample[];
}

/** Measures `row`. Rejects when a contestant fails. */
export async function measure(row: Row, { rounds: wanted, directory }: MeasureOptions): Promise<RowResult> {
  const start = performance.now();
  const rounds = Math.max(1, Math.min(wanted, row.mostRounds ?? wanted));
  const entries: Entry[] = [];
  const own = await mkdtemp(join(directory, `${row.name}-`));
  try {
    for (const contestant of row.contestants) entries.push(await enter(contestant, own, directory));
    await play(entries, rounds, row.warmUp ?? true);
  } finally {
    await Promise.allSettled(entries.map(({ ready }) => ready?.teardown()));
    await rm(own, { recursive: true, force: true });
  }
  return resultOf(row, entries, rounds, (performance.now() - start) / 1000);
}

async function enter(contestant: Contestant, own: string, shared: string): Promise<Entry> {
  const skipped = contestant.absent?.();
  if (skipped !== undefined) return { contestant, skipped, ready: undefined, samples: [] };
  const directory = join(own, contestant.name.replaceAll(/[^a-zA-Z0-9]+/g, '-'));
  await mkdir(directory);
  return { contestant, skipped, ready: await contestant.setup({ directory, shared }), samples: [] };
}

async function play(entries: readonly Entry[], rounds: number, warmUp: boolean): Promise<void> {
  if (warmUp) for (const { ready } of entries) await ready?.run();
  for (let round = 0; round < rounds; round++) {
    for (const { ready, samples } of round % 2 === 0 ? entries : entries.toReversed()) {
      if (ready !== undefined) samples.push(await ready.run());
    }
  }
}

function resultOf(row: Row, entries: readonly Entry[], rounds: number, seconds: number): RowResult {
  const values = entries.map(({ samples }) =>
    samples.length === 0 ? undefined : summarize(samples.map(({ value }) => value)),
  );
  const first = values.find((value) => value !== undefined)?.median;
  const contestants = entries.map(({ contestant, skipped, samples }, index): ContestantResult => {
    const value = values[index];
    const ratio = value === undefined || first === undefined ? undefined : value.median / first;
    return { name: contestant.name, skipped, value, ratio, details: detailsOf(row, samples) };
  });
  const median = (name: string): number | undefined => contestants.find((each) => each.name === name)?.value?.median;
  const goals = (row.goals ?? []).map((goal) => ({ says: goal.says, met: goal.met(median) }));
  return { name: row.name, unit: row.unit, better: row.better, rounds, seconds, contestants, goals };
}

function detailsOf(row: Row, samples: readonly Sample[]): Record<string, Summary> {
  const details: Record<string, Summary> = {};
  for (const name of Object.keys(row.details ?? {})) {
    const numbers = samples.map((sample) => sample.details?.[name]).filter((value) => value !== undefined);
    if (numbers.length > 0) details[name] = summarize(numbers);
  }
  return details;
}
