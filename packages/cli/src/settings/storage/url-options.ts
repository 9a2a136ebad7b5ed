// The options of storage URLs: `?endpoint=…&region=…`, read by a table.
//
// Invariants:
// - An unknown, repeated, empty or malformed option is an error that names what is known: a mistyped `storage-clas` never goes unnoticed.
// - Values are never in messages: people put secrets into URLs, wherever they are told to put them.

import { GoModKitError } from '@gomodkit/core';

/** Reads one value; undefined where it is malformed. */
type Read<T> = (text: string) => T | undefined;

/** An option: how it is read, and what is expected of it, for messages. */
export interface UrlOption<T> {
  readonly read: Read<T>;
  readonly want: string;
}

type Values<Table> = { readonly [Name in keyof Table]?: Table[Name] extends UrlOption<infer T> ? T : never };

/** Any text. */
export const text: UrlOption<string> = { read: (value) => value, want: 'a text' };

/** `true` or `false`. */
export const flag: UrlOption<boolean> = {
  read: (value) => (value === 'true' || value === 'false' ? value === 'true' : undefined),
  want: 'true or false',
};

/** A whole number of at least 1. */
export const count: UrlOption<number> = {
  read: (value) => (/^[1-9]\d{0,14}$/.test(value) ? Number(value) : undefined),
  want: 'a whole number of at least 1',
};

/** The URL of a service, without credentials. */
export const serviceUrl: UrlOption<string> = {
  read: (value) => {
    if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) return undefined;
    const { username, password, search, hash } = new URL(value);
    return username + password + search + hash === '' ? value : undefined;
  },
  want: 'an http or https URL without user, query or fragment',
};

/** One of a few words. */
export function oneOf<const Word extends string>(...words: readonly Word[]): UrlOption<Word> {
  return { read: (value) => words.find((word) => word === value), want: words.join(' or ') };
}

/** The options of a query, each at most once. Throws `invalid_argument`. */
export function queryOptions(query: string, kind: string): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (options.has(name)) throw refused(kind, `the option ${JSON.stringify(name)} is there twice`);
    options.set(name, value);
  }
  return options;
}

/** Reads a query by its table. Throws `invalid_argument`. */
export function urlOptions<Table extends Readonly<Record<string, UrlOption<unknown>>>>(
  query: string,
  kind: string,
  table: Table,
): Values<Table> {
  const values: Record<string, unknown> = {};
  for (const [name, value] of queryOptions(query, kind)) {
    const option = Object.hasOwn(table, name) ? table[name] : undefined;
    if (option === undefined) throw refused(kind, `unknown option ${JSON.stringify(name)}; ${known(table)}`);
    values[name] = value === '' ? undefined : option.read(value);
    if (values[name] === undefined) throw refused(kind, `the option ${name} is malformed: want ${option.want}`);
  }
  return values as Values<Table>;
}

/** Members that are set, under the names that an API gives them: options that are not there must not be there as undefined. */
export function given<T extends object>(members: T): { [Name in keyof T]: Exclude<T[Name], undefined> } {
  const set = Object.entries(members).filter(([, value]) => value !== undefined);
  return Object.fromEntries(set) as { [Name in keyof T]: Exclude<T[Name], undefined> };
}

/** Why a storage URL is refused. */
export function refused(kind: string, why: string, cause?: unknown): GoModKitError {
  return new GoModKitError('invalid_argument', `${kind} storage: ${why}`, { cause });
}

function known(table: object): string {
  const names = Object.keys(table);
  return names.length === 0 ? 'it has no options' : `known are ${names.join(', ')}`;
}
