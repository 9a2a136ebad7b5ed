// The manifest: what a bundle holds, told before it comes.
//
// Invariants:
// - One spelling: what parses is what was written, so equal bundles have equal manifests, and nothing hides in one.
// - It is a claim. What it names is checked here for its shape, and by the importer against what really comes.
// - Modules stand in the order of their files: by escaped path, then by version. So each is there once.

import { compareUtf8, decodeUtf8, encodeUtf8 } from '../bytes/utf8.ts';
import { isGoModKitError } from '../errors/error.ts';
import { escapePath } from '../module/index.ts';
import { targetOf } from '../repository/keys.ts';
import { compare } from '../semver/index.ts';
import { checkDatabaseName } from '../sumdb/client/go-sumdb.ts';
import { invalidBundle, shown } from './tar.ts';
import type { BundleManifest, BundleModule, BundleRoot } from './types.ts';

/** What the first line of a manifest says. */
const format = 'gomodkit-bundle/1';

/** The most bytes of a manifest: some 250,000 versions. */
export const maxManifest: number = 64 * 1024 * 1024;

/** The bytes of a manifest. Throws `invalid_bundle` where it would not be one. */
export function formatManifest(manifest: BundleManifest): Uint8Array {
  const { roots, missing, sumdb, modules } = manifest;
  const head = { format, roots: roots.map(plainRoot), missing, ...(sumdb === undefined ? {} : { sumdb }) };
  const lines = modules.map((each) => JSON.stringify(plainModule(each)));
  const bytes = encodeUtf8(`${JSON.stringify(head).slice(0, -1)},"modules":[\n${lines.join(',\n')}\n]}\n`);
  if (bytes.length > maxManifest) throw invalidBundle(`${modules.length} versions are too many for one bundle`);
  return bytes;
}

/** Reads a manifest. Throws `invalid_bundle`. */
export function parseManifest(bytes: Uint8Array): BundleManifest {
  const value = parseJson(bytes);
  if (value.format !== format) {
    throw invalidBundle(`its manifest is of the format ${shown(String(value.format))}; this version reads ${format}`);
  }
  const manifest: BundleManifest = {
    roots: list(value.roots, 'roots').map(rootOf),
    missing: list(value.missing, 'missing').map((each) => text(each, 'missing')),
    ...(value.sumdb === undefined ? {} : { sumdb: sumdbOf(value.sumdb) }),
    modules: list(value.modules, 'modules').map(moduleOf),
  };
  for (const [i, each] of manifest.modules.entries()) {
    const before = manifest.modules[i - 1];
    if (before !== undefined && inOrder(before, each) >= 0)
      throw invalidBundle(`its manifest names ${nameOf(each)} twice or out of order`);
    if (each.record && manifest.sumdb === undefined)
      throw invalidBundle(`its manifest has a record of ${nameOf(each)}, and names no checksum database`);
  }
  return manifest;
}

/** The order of versions in a bundle. */
export function inOrder(a: BundleModule, b: BundleModule): number {
  return (
    compareUtf8(escapePath(a.path), escapePath(b.path)) ||
    compare(a.version, b.version) ||
    compareUtf8(a.version, b.version)
  );
}

/** `path@version`. */
export function nameOf({ path, version }: { readonly path: string; readonly version: string }): string {
  return `${path}@${version}`;
}

function plainRoot({ wanted, path, version, requires }: BundleRoot): BundleRoot {
  return { wanted, path, version, ...(requires === undefined ? {} : { requires }) };
}

/** The members in their one order. */
function plainModule({ path, version, goMod, info, zip, size, record }: BundleModule): BundleModule {
  return { path, version, goMod, info, zip, size, record: record === true ? true : undefined };
}

type Members = Readonly<Record<string, unknown>>;

function parseJson(bytes: Uint8Array): Members {
  const source = decodeUtf8(bytes);
  try {
    return members(JSON.parse(source ?? ''), 'it');
  } catch (error) {
    if (isGoModKitError(error)) throw error;
    throw invalidBundle('its manifest is no JSON', {}, error);
  }
}

function rootOf(value: unknown): BundleRoot {
  const { wanted, path, version, requires } = members(value, 'roots');
  const root = { wanted: text(wanted, 'wanted'), path: text(path, 'path'), version: text(version, 'version') };
  if (requires === undefined) return root;
  return { ...root, requires: list(requires, 'requires').map((each) => text(each, 'requires')) };
}

function sumdbOf(value: unknown): { readonly name: string; readonly note: string } {
  const { name, note } = members(value, 'sumdb');
  const sumdb = { name: text(name, 'name'), note: text(note, 'note') };
  return checked(() => {
    checkDatabaseName(sumdb.name);
    return sumdb;
  });
}

const h1 = /^h1:[A-Za-z0-9+/]{43}=$/;

function moduleOf(value: unknown): BundleModule {
  const { path, version, goMod, info, zip, size, record } = members(value, 'modules');
  const module = { path: text(path, 'path'), version: text(version, 'version') };
  checked(() => targetOf(module.path, module.version));
  const name = nameOf(module);
  const sums = {
    goMod: matching(goMod, h1, `the sum of the go.mod of ${name}`),
    ...(info === undefined ? {} : { info: matching(info, /^[0-9a-f]{64}$/, `the sum of the info of ${name}`) }),
    ...(zip === undefined ? {} : { zip: matching(zip, h1, `the sum of the zip of ${name}`) }),
    ...(typeof size === 'number' && Number.isSafeInteger(size) && size >= 0 ? { size } : {}),
    ...(record === true ? { record } : {}),
  };
  if (sums.zip !== undefined && sums.info === undefined)
    throw invalidBundle(`its manifest has a zip of ${name} and no info`);
  return { ...module, ...sums };
}

function matching(value: unknown, pattern: RegExp, what: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value;
  throw invalidBundle(`its manifest is malformed: ${what} is none`);
}

function members(value: unknown, what: string): Members {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Members;
  throw invalidBundle(`its manifest is malformed: ${what} is no object`);
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalidBundle(`its manifest is malformed: ${what} is no list`);
}

function text(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  throw invalidBundle(`its manifest is malformed: ${what} is no text`);
}

function checked<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw invalidBundle(`its manifest is malformed: ${(error as Error).message}`, {}, error);
  }
}
