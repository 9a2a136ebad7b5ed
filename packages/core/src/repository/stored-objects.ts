// What the keys of a storage belong to: versions of modules, or nothing.
//
// Invariants:
// - The keys of a version need not be neighbours in a listing, but versions nest: `v1.0.0-a.info` < `v1.0.0-a.j.info` <
//   `v1.0.0-a.j.zip` < `v1.0.0-a.zip`. A version is complete when a key behind its last possible one has come.
// - Memory does not grow with the storage: one page of keys at a time, and the versions whose keys go on.
// - Our own keys, below `.gomodkit/`, and those of an unpacked bundle's checksum databases are passed over without being listed.

import { compareUtf8 } from '../bytes/utf8.ts';
import { isGoModKitError } from '../errors/error.ts';
import { type ModuleVersion, unescapePath } from '../module/index.ts';
import { isUsableVersion } from '../source/list.ts';
import type { CallOptions, ListOptions, ListPage, ObjectInfo } from '../storage/storage.ts';
import { type Extension, versionOfKey } from './keys.ts';
import { damaged } from './store.ts';

/** What reading keys needs of a `Storage`. */
export interface Listable {
  list(options: ListOptions): Promise<ListPage>;
}

/** The files of a version that a listing named. */
export interface StoredObjects extends ModuleVersion {
  readonly files: Readonly<Partial<Record<Extension, ObjectInfo>>>;
}

/** What a key, or several, belong to, and where a listing can go on without missing anything or cutting a version in two. */
export type StoredThing = { readonly cursor: string | undefined } & (
  | { readonly version: StoredObjects; readonly foreign?: undefined }
  | { readonly foreign: ObjectInfo; readonly version?: undefined }
);

/** Options of {@link storedThings}. */
export interface StoredThingsOptions extends CallOptions {
  /** What module paths must begin with, unescaped. Default: all. */
  readonly prefix?: string | undefined;
  /** A cursor of an earlier listing. */
  readonly after?: string | undefined;
}

/** Everything that a storage holds, in the order in which it is complete. Rejects with `storage_unavailable`. */
export async function* storedThings(
  storage: Listable,
  options: StoredThingsOptions = {},
): AsyncGenerator<StoredThing, void, void> {
  // The innermost last: keys of others come between those of a version only while they begin with its name.
  const open: Open[] = [];
  let cursor = options.after;
  let seen = options.after;
  const close = (): StoredThing[] => {
    const version = open.pop();
    if (open.length === 0) cursor = seen;
    return version === undefined ? [] : [{ version, cursor }];
  };
  for await (const object of moduleKeys(storage, options)) {
    for (let last = open.at(-1); last !== undefined && !mayGoOn(last, object.key); last = open.at(-1)) yield* close();
    seen = object.key;
    const owner = ownerOf(object.key);
    if (owner === undefined) {
      if (open.length === 0) cursor = seen;
      yield { foreign: object, cursor };
      continue;
    }
    const { path, version, extension } = owner;
    let found = open.find((each) => each.version === version);
    if (found === undefined) {
      found = { path, version, files: {}, lastKey: `${object.key.slice(0, -extension.length)}ziphash` };
      open.push(found);
    }
    found.files[extension] = object;
  }
  while (open.length > 0) yield* close();
}

/** A version of which at least one key has come. */
interface Open extends StoredObjects {
  readonly files: Partial<Record<Extension, ObjectInfo>>;
  /** No key behind this one tells more. */
  readonly lastKey: string;
}

function mayGoOn({ lastKey }: Open, key: string): boolean {
  return compareUtf8(key, lastKey) <= 0;
}

/** The version and kind of file that a key names; undefined when it is nobody's. */
export function ownerOf(key: string): (ModuleVersion & { readonly extension: Extension }) | undefined {
  const at = key.indexOf('/@v/');
  const path = at < 0 ? undefined : pathOf(key.slice(0, at));
  const named = path === undefined ? undefined : versionOfKey(key, key.slice(0, at + 4));
  if (path === undefined || named === undefined || !isUsableVersion(path, named.version)) return undefined;
  return { path, ...named };
}

function pathOf(escaped: string): string | undefined {
  try {
    return unescapePath(escaped);
  } catch (error) {
    if (isGoModKitError(error, 'invalid_path')) return undefined;
    throw error;
  }
}

/** How many objects a page should hold, if the storage can: a folder is read anew for every page. */
const pageSize = 10_000;

/** Ours, and what an unpacked bundle has of checksum databases: no module path begins so, as its first element has a dot (spec §1.7). */
const passedOver: readonly string[] = ['.gomodkit/', 'sumdb/'];

/** The objects of modules, and of nobody, page by page. */
async function* moduleKeys(storage: Listable, options: StoredThingsOptions): AsyncGenerator<ObjectInfo, void, void> {
  const prefix = escapedPrefix(options.prefix ?? '');
  let { after } = options;
  for (;;) {
    const { objects, more } = await storage.list({ prefix, after, limit: pageSize, signal: options.signal });
    const folderOf = (key: string): string | undefined => passedOver.find((each) => key.startsWith(each));
    const first = objects.findIndex(({ key }) => folderOf(key) !== undefined);
    yield* first < 0 ? objects : objects.slice(0, first);
    const last = first < 0 ? objects.at(-1)?.key : `${folderOf(objects[first]?.key ?? '')}\u{10ffff}`;
    if (first < 0 && !more) return;
    // Neither an endless loop nor a list that ends early without a word.
    if (last === undefined || last === after) throw damaged(prefix, 'cannot be listed: a page does not move on');
    after = last;
  }
}

/** Part of a path need not be a valid path; only its upper case has to be written as in keys. */
export function escapedPrefix(prefix: string): string {
  return prefix.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}
