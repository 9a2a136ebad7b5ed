// What goes wrong in the fault tables of storages: every effect of the fakes.

import type { ObjectFaultEffect } from '../../packages/testing/src/buckets/object-fault.ts';

/** What kind of request an operation is, as far as faults differ. */
export type OperationKind = 'upload' | 'control' | 'download' | 'look' | 'list' | 'delete';

/** A column of a table. */
export interface FaultColumn {
  readonly effect: ObjectFaultEffect;
  /** The kinds that it is tried on: others have nothing that it could hit, or cannot tell it from the truth. Default: all. */
  readonly on?: readonly OperationKind[] | undefined;
  /** Whether an operation that it hits every time must fail. */
  readonly fatal: boolean;
}

/** Columns by their headings. */
export const faultColumns: Readonly<Record<string, FaultColumn>> = {
  '503': { effect: { status: 503, code: 'SlowDown' }, fatal: true },
  '500': { effect: { status: 500, code: 'InternalError' }, fatal: true },
  '429': { effect: { status: 429, code: 'TooManyRequests' }, fatal: true },
  '409': { effect: { status: 409, code: 'OperationAborted' }, fatal: true },
  '403': { effect: { status: 403, code: 'AccessDenied' }, fatal: true },
  // An object that is looked for is absent then, which is an answer.
  '404': { effect: { status: 404, code: 'NoSuchThing' }, on: ['upload', 'list'], fatal: true },
  '503@100': { effect: { status: 503, code: 'SlowDown', after: 100 }, on: ['upload'], fatal: true },
  reset: { effect: { reset: true }, fatal: true },
  lost: { effect: { lost: true }, fatal: false },
  stall: { effect: { stall: true }, fatal: true },
  cut: { effect: { truncate: 10 }, on: ['download', 'list'], fatal: true },
  freeze: { effect: { freeze: 10 }, on: ['download', 'list'], fatal: true },
  // A listing carries no checksum: what damages it is for TLS to find.
  corrupt: { effect: { corrupt: true }, on: ['download'], fatal: true },
  checksum: { effect: { wrongChecksum: true }, on: ['download'], fatal: true },
  damage: { effect: { damage: true }, on: ['upload'], fatal: true },
  stale: { effect: { page: 'stale' }, on: ['list'], fatal: true },
  empty: { effect: { page: 'empty' }, on: ['list'], fatal: true },
};
