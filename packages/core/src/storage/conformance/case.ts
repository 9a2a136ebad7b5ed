// What a conformance case is and what it says when it fails.
//
// Invariants:
// - Every case names the one clause of the contract it judges; a storage that breaks one clause fails cases of that clause alone.
// - No runner and no assertion library: a case is a function that rejects.

import type { Storage } from '../storage.ts';

/** The clauses of the contract, each with what it demands. */
export const clauses = {
  create: 'create() stores an object that get(), head() and list() then describe; absent keys are undefined',
  'write-once': 'the first object under a key stays: a second create() is `created: false` and changes nothing',
  race: 'of N concurrent creates of one key exactly one is `created: true`',
  whole: 'an object is absent or whole, for every reader at every moment, and reads back byte for byte at any size',
  'source-failure': 'a source that fails makes create() reject and leaves nothing visible',
  'source-size':
    'a source that delivers another number of bytes than its `size` is rejected and leaves nothing visible',
  abort: 'a cancelled call rejects with the signal’s reason and leaves nothing visible',
  release: 'what is cancelled or failed releases its source and its handles',
  range: 'ranges are half-open, clamped to the end of the object, and refused beyond it',
  'list-order': 'keys are listed in UTF-8 byte order',
  'list-complete': 'a listing page by page names every key once, whatever the page size',
  'list-prefix': '`prefix` is a plain string prefix, which need not end at a `/`',
  'list-after': '`after` is exclusive and need not be a key; inserts between pages neither repeat nor hide other keys',
  'read-your-creates': 'what create() resolved for is in every later get(), head() and list()',
  hidden: 'nothing but created objects is ever listed',
  keys: 'every key of the grammar works, up to 900 bytes, and none is taken for another',
  'hostile-keys': 'a key that breaks the grammar is refused with `invalid_key` by every method',
  info: 'size, etag and modified are the same from get(), head() and list() and do not change; other bytes have another etag',
  delete: 'delete() removes an object; an absent key is no error; the key can be created anew',
  sweep: 'sweep() removes leftovers only, never an object',
  'signed-url':
    'signedUrl() makes a URL of one object that needs nothing else to be read, or rejects with `unsupported`',
  close: 'close() is idempotent, calls after it reject with `closed`, and a body that is open can be read on',
  instances: 'two storages over the same data see each other’s objects and race as one',
} as const;

/** A clause of the storage contract. */
export type Clause = keyof typeof clauses;

/** What a case works with. */
export interface CaseContext {
  /** A new, empty storage; released after the case. */
  readonly storage: Storage;
  /** Another storage over the same data, as a second process would open it; undefined where that is impossible. */
  readonly again: (() => Promise<Storage>) | undefined;
  /** How many handles, sockets or the like are held; undefined where that cannot be told. */
  readonly held: (() => number | Promise<number>) | undefined;
  readonly limits: ConformanceLimits;
}

/** How much the suite asks of a storage. */
export interface ConformanceLimits {
  /** Size of a big object in bytes: make it several parts where a backend works in parts. Default 5 MiB + 17. */
  readonly bigBytes: number;
  /** Bytes of a part, where a backend stores in parts: objects around one part and of three are tried. Default 256 KiB. */
  readonly partSize: number;
  /** How many creates race for one key. Default 16. */
  readonly racers: number;
  /** How many keys the paging cases create. Default 120. */
  readonly keys: number;
  /** For how many milliseconds what was cancelled may still hold handles. Default 1,000. */
  readonly patience: number;
}

/** One check of the suite. */
export interface ConformanceCase {
  readonly clause: Clause;
  /** What is checked, as a sentence. */
  readonly name: string;
  /** Optional abilities without which the case is skipped. */
  readonly needs?: readonly Need[] | undefined;
  readonly run: (context: CaseContext) => Promise<void>;
}

/** An ability a storage may lack. */
export type Need = 'delete' | 'sweep' | 'signedUrl' | 'close' | 'again' | 'held';

/** A clause that a storage broke. */
export class ConformanceError extends Error {
  readonly clause: Clause;

  constructor(clause: Clause, found: string, options?: { readonly cause?: unknown }) {
    super(`the storage breaks clause "${clause}" (${clauses[clause]}): ${found}`, options);
    this.name = 'ConformanceError';
    this.clause = clause;
  }
}

/** The checks of one clause, as a table of name → run. */
export function casesOf(
  clause: Clause,
  table: Readonly<Record<string, (context: CaseContext, check: Check) => Promise<void>>>,
  needs: readonly Need[] = [],
): ConformanceCase[] {
  const check = checkOf(clause);
  return Object.entries(table).map(([name, run]) => ({ clause, name, needs, run: (context) => run(context, check) }));
}

/** Fails, naming its clause, unless `condition` holds. Parameters of this type need their annotation: TypeScript asks it of assertions. */
export type Check = (condition: boolean, found: string) => asserts condition;

function checkOf(clause: Clause): Check {
  return (condition, found) => {
    if (!condition) throw new ConformanceError(clause, found);
  };
}
