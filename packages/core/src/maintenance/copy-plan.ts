// In which order the keys of a storage are copied.
//
// Invariants:
// - A reader of the target sees at every moment, also after a kill, what it could have seen of a repository at work:
//   1. withdrawals, before anything that they withhold;
//   2. evidence against files, and marks of what was published here, which are written before `.info`;
//   3. versions, each in the order of its publication; and files that are nobody's;
//   4. what was remembered after the fact: verifications, answers of databases, evidence of audits;
//   5. logs of one's own: batches, then what is derived of them, then signed heads, then cosignatures;
//   6. tree heads that were accepted; 7. the index, which names what is there.
// - A series is copied from its first batch on: batch n stands only where n − 1 does. Its keys count downwards, so that is from the
//   last key to the first.
// - What depends on other keys is listed before them and written after them, so that a source at work does not slip in between.
// - Notes of publications under way stay where they are under way; probes are nobody's.

import { compareUtf8 } from '../bytes/utf8.ts';
import { listAll, type Store } from '../repository/store.ts';
import { withdrawalsKey } from '../repository/withdrawal/register.ts';
import type { CallOptions } from '../storage/storage.ts';

/** Keys that stand or fall together. */
export interface Chain {
  /** What they are, for people. */
  readonly name: string;
  readonly kind: 'withdrawals' | 'log' | 'heads' | 'index';
  /** In the order in which they must be created. */
  readonly keys: readonly string[];
}

/** What is below `.gomodkit/`. */
export interface OwnKeys {
  readonly withdrawals: Chain;
  readonly logs: readonly Chain[];
  readonly heads: readonly Chain[];
  readonly index: Chain;
  /** There when the index has everything. */
  readonly marker: string | undefined;
}

const own = '.gomodkit/';
const indexFolder = `${own}index/`;
const backfill = `${own}index-backfill/`;

/** Prefixes that are copied before versions, in this order. */
export const beforeVersions: readonly string[] = [`${own}disproved/`, `${own}own/`];

/** Prefixes that are not copied with the rest. */
const elsewhere: readonly string[] = [
  `${withdrawalsKey}/`,
  ...beforeVersions,
  indexFolder,
  backfill,
  `${own}index-pending/`,
  `${own}probe/`,
  `${own}logs/`,
  `${own}sumdb/`,
];

/** Lists the chains of a storage, those first that depend on others. */
export async function listOwnKeys(store: Store, options: CallOptions): Promise<OwnKeys> {
  const marker = await keysBelow(store, backfill, options);
  const index = downwards(await keysBelow(store, indexFolder, options));
  const heads = await keysBelow(store, `${own}sumdb/`, options);
  const logs = await logKeysOf(store, options);
  const withdrawals = downwards(await keysBelow(store, `${withdrawalsKey}/`, options));
  return {
    withdrawals: { name: 'withdrawals', kind: 'withdrawals', keys: withdrawals },
    logs,
    heads: byDatabase(heads).map(([name, keys]) => ({
      name: `tree heads of ${name}`,
      kind: 'heads',
      keys: downwards(keys),
    })),
    index: { name: 'the index', kind: 'index', keys: index },
    marker: marker[0],
  };
}

/** Keys of which each stands for itself: below `.gomodkit/`, and what an unpacked bundle has of checksum databases. */
export async function* otherOwnKeys(store: Store, options: CallOptions): AsyncGenerator<string> {
  for await (const { key } of listAll(store, 'sumdb/', options)) yield key;
  for await (const { key } of listAll(store, own, options))
    if (!elsewhere.some((each) => key.startsWith(each))) yield key;
}

/** Heads are listed before the batches that they sign. */
async function logKeysOf(store: Store, options: CallOptions): Promise<readonly Chain[]> {
  const isHead = (key: string): boolean => /^[^/]+\/[^/]+\/[^/]+\/heads\//.test(key);
  const heads = (await keysBelow(store, `${own}logs/`, options)).filter(isHead);
  const rest = (await keysBelow(store, `${own}logs/`, options)).filter((key) => !isHead(key));
  return byDatabase([...heads, ...rest]).map(([name, keys]) => {
    const part = (folder: string): string[] => keys.filter((key) => key.startsWith(`${own}logs/${name}/${folder}/`));
    const last = [...part('heads'), ...part('cosignatures'), ...part('batches')];
    const derived = keys.filter((key) => !last.includes(key));
    return {
      name: `the log ${name}`,
      kind: 'log',
      keys: [
        ...downwards(part('batches')),
        ...derived,
        ...downwards(part('heads')),
        ...downwards(part('cosignatures')),
      ],
    };
  });
}

async function keysBelow(store: Store, prefix: string, options: CallOptions): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of listAll(store, prefix, options)) keys.push(key);
  return keys;
}

function downwards(keys: readonly string[]): string[] {
  return [...keys].sort((a, b) => compareUtf8(b, a));
}

/** `.gomodkit/AREA/NAME/…` by NAME. */
function byDatabase(keys: readonly string[]): readonly (readonly [string, readonly string[]])[] {
  const groups = new Map<string, string[]>();
  for (const key of keys) {
    const name = key.split('/')[2] ?? '';
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [key]);
    else group.push(key);
  }
  return [...groups];
}
