// Every fault of a fake object store × every operation of a storage: what comes of it, as a table for people and rows for tests.
//
// Invariants:
// - Each trial has a server, a bucket and a storage of its own, so trials run side by side.
// - After each trial, faults gone, every object that can be seen is read and must be one of the whole ones.

import { isGoModKitError } from '../../packages/core/src/errors/index.ts';
import { bytesSource, type Storage } from '../../packages/core/src/storage/index.ts';
import type { ObjectFault, ObjectServer } from '../../packages/testing/src/buckets/index.ts';
import { type FaultColumn, faultColumns, type OperationKind } from './effects.ts';

/** What is tried. */
export interface FaultRow {
  readonly kind: OperationKind;
  readonly work: (storage: Storage) => Promise<unknown>;
  /** What `work` resolves to when nothing goes wrong. */
  readonly right: unknown;
  /** Faults that must hit first for the operation to be asked for at all. */
  readonly before?: readonly ObjectFault[] | undefined;
  /** Whether `work` does not depend on how the operation ends. */
  readonly bestEffort?: boolean | undefined;
}

/** A backend with its fake. */
export interface FaultTableOptions {
  /** Starts a fake with an empty bucket. */
  readonly start: () => Promise<ObjectServer>;
  /** A storage in that bucket, which gives up on answers after so many milliseconds. */
  readonly open: (server: ObjectServer, timeout: number) => Storage;
  /** What `storage` is asked, by the name of the operation that is hit. */
  readonly rows: Readonly<Record<string, FaultRow>>;
  /** Objects that are there from the start. */
  readonly present: Readonly<Record<string, Uint8Array>>;
  /** What an object may be, besides those. */
  readonly wanted: readonly Uint8Array[];
  /** How many trials run at once. */
  readonly atOnce: number;
}

/** How a trial ended. */
export type Ending = 'right' | 'created: false' | 'transient fault' | 'fault' | `wrong: ${string}`;

/** One cell of the table. */
export interface Trial {
  readonly operation: string;
  readonly column: string;
  readonly times: 'once' | 'always';
  readonly ending: Ending;
  /** What is half-written and can be seen; empty when all is well. */
  readonly torn: string;
}

/** Runs every trial. */
export async function tryFaults(options: FaultTableOptions): Promise<readonly Trial[]> {
  const planned = Object.entries(options.rows).flatMap(([operation, row]) =>
    Object.entries(faultColumns).flatMap(([column, { effect, on }]) =>
      on !== undefined && !on.includes(row.kind)
        ? []
        : (['once', 'always'] as const).map((times) => ({ operation, row, column, effect, times })),
    ),
  );
  const trials: Trial[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < planned.length; at = next++) {
      const plan = planned[at];
      if (plan !== undefined) trials[at] = await tryOne(options, plan);
    }
  };
  await Promise.all(Array.from({ length: options.atOnce }, worker));
  return trials;
}

interface Plan {
  readonly operation: string;
  readonly row: FaultRow;
  readonly column: string;
  readonly effect: FaultColumn['effect'];
  readonly times: 'once' | 'always';
}

/** Milliseconds after which a storage gives up where it waits for nothing. Whatever else it does takes less, also while many trials run. */
const patience = 1500;

async function tryOne(options: FaultTableOptions, { operation, row, column, effect, times }: Plan): Promise<Trial> {
  const server = await options.start();
  try {
    const healthy = options.open(server, 30_000);
    for (const [key, bytes] of Object.entries(options.present)) await healthy.create(key, bytesSource(bytes));
    // Some clients wait for the rest of an answer that was cut off.
    const waits = 'stall' in effect || 'freeze' in effect || 'truncate' in effect;
    const storage = options.open(server, waits ? patience : 30_000);
    // A listing goes wrong in the middle.
    const skip = row.kind === 'list' ? 1 : 0;
    const fault: ObjectFault = { operation, ...effect, skip, ...(times === 'once' && { times: 1 }) };
    server.faults.set([...(row.before ?? []), fault]);
    const ending = await endingOf(row.work(storage), row.right);
    server.faults.set([]);
    return { operation, column, times, ending, torn: await tornIn(healthy, options) };
  } finally {
    await server.close();
  }
}

async function endingOf(work: Promise<unknown>, right: unknown): Promise<Ending> {
  try {
    const value = JSON.stringify(await work);
    if (value === JSON.stringify(right)) return 'right';
    return value === '{"created":false}' ? 'created: false' : `wrong: ${value}`;
  } catch (error) {
    if (!isGoModKitError(error)) return `wrong: ${String(error)}`;
    return error.data.transient === true ? 'transient fault' : 'fault';
  }
}

async function tornIn(storage: Storage, { present, wanted }: FaultTableOptions): Promise<string> {
  const { objects } = await storage.list();
  for (const { key, size } of objects) {
    const object = await storage.get(key);
    const read = Buffer.from(await new Response(object?.body ?? null).arrayBuffer());
    const may = present[key] === undefined ? wanted : [present[key]];
    if (size !== read.length || !may.some((bytes) => read.equals(bytes)))
      return `${key} has ${size} bytes, and the ${read.length} that can be read are not what was to be there`;
  }
  return '';
}

/** What is wrong with a trial; undefined for one that ended as it may. */
export function objectionTo(
  { operation, column, times, ending, torn }: Trial,
  rows: FaultTableOptions['rows'],
): string | undefined {
  const { kind, bestEffort = false } = rows[operation] ?? {};
  const where = `${operation} hit ${times} by ${column}`;
  if (torn !== '') return `${where}: ${torn}`;
  if (ending.startsWith('wrong')) return `${where}: ${ending}`;
  // An answer that was lost, or cut off, may be that of an attempt that succeeded.
  if (ending === 'created: false' && column !== 'lost' && column !== 'stall') return `${where}: ${ending}`;
  if (times === 'always' && faultColumns[column]?.fatal === true && !bestEffort && !ending.endsWith('fault'))
    return `${where} is not noticed: ${ending}`;
  if (ending === 'fault' && kind !== 'list' && /^(50|429|reset|stall|cut|freeze|corrupt|checksum)/.test(column))
    return `${where} is no transient fault`;
  return undefined;
}

const marks: Readonly<Record<string, string>> = {
  right: '✓',
  'created: false': 'f',
  'transient fault': 't',
  fault: 'e',
};

/** The table, a row for each operation: what came of a fault that hit once / every time. */
export function printFaults(title: string, trials: readonly Trial[]): string {
  const columns = Object.keys(faultColumns);
  const operations = [...new Set(trials.map(({ operation }) => operation))];
  const width = Math.max(...operations.map(({ length }) => length));
  const mark = (operation: string, column: string): string => {
    const cell = trials.filter((trial) => trial.operation === operation && trial.column === column);
    return cell.map(({ ending }) => marks[ending] ?? '?').join('/');
  };
  const line = (name: string, cells: readonly string[]): string =>
    [name.padEnd(width), ...cells.map((cell, i) => cell.padEnd(columns[i]?.length ?? 0))].join('  ');
  return [
    `${title}: a fault hits an operation once/always. ✓ success, f created: false, t transient fault, e other typed error`,
    line('', columns),
    ...operations.map((operation) =>
      line(
        operation,
        columns.map((column) => mark(operation, column)),
      ),
    ),
  ].join('\n');
}
