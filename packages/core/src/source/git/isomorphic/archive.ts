// A directory of a commit as git checks it out, without git (spec §6.16–6.24).
//
// Invariants:
// - Sizes are those of the bytes that `open` delivers. Most are known without the bytes; where attributes change a file, it is
//   converted once to know its size and again when it is opened, so that one file at a time is in memory.
// - Attributes come from all directories of the commit, whatever directory is archived.

import { streamOf } from '../../../bytes/source.ts';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { type ByteString, byteString, bytesOfString } from '../attributes/byte-string.ts';
import { type CheckoutRules, checkoutRules } from '../attributes/checkout.ts';
import { type Conversion, convert } from '../attributes/conversion.ts';
import { type GitLimits, MissingObjects } from '../driver.ts';
import type { GitArchive, GitFile } from '../engine.ts';
import { listTree, type TreeFile } from './checkout-tree.ts';
import { digitsOf, type ObjectName } from './object.ts';
import type { PackStore } from './pack-store.ts';
import { createPause } from './pause.ts';

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
const attributesName = '.gitattributes';
/** Lines in memory take a hundred times as much. */
const maxAttributes = 2 ** 21;

/** What is archived. */
export interface ArchiveRequest {
  /** Of the commit. */
  readonly tree: ObjectName;
  readonly directory: string;
  readonly limits: Pick<GitLimits, 'archiveBytes' | 'archiveEntries'>;
  readonly signal?: AbortSignal | undefined;
}

/** Archives a directory. Rejects as `archive` of a copy does. */
export async function archiveTree(store: PackStore, request: ArchiveRequest): Promise<GitArchive> {
  const { directory, limits, signal, tree } = request;
  const all = await listTree(store, tree, limits.archiveEntries, signal);
  const trimmed = directory.replace(/\/+$/, '');
  const prefix = trimmed === '' ? '' : `${byteString(encodeUtf8(trimmed))}/`;
  const wanted = all.filter(({ path }) => path.startsWith(prefix));
  if (prefix !== '' && wanted.length === 0) {
    throw new GoModKitError('not_found', `there is no directory ${JSON.stringify(trimmed)} in the commit`);
  }
  const rules = checkoutRules(await attributeFiles(store, all, prefix));
  const pause = createPause(signal);
  const files: GitFile[] = [];
  let left = limits.archiveBytes;
  for (const file of wanted) {
    const made = await fileOf(store, file, prefix.length, rules);
    left -= made.size;
    if (left < 0) throw tooLarge(limits.archiveBytes);
    files.push(made);
    await pause.due();
  }
  return { files, close: async () => {} };
}

/** The `.gitattributes` that any file below `prefix` may depend on, by their directories. */
async function attributeFiles(
  store: PackStore,
  files: readonly TreeFile[],
  prefix: ByteString,
): Promise<ReadonlyMap<ByteString, Uint8Array>> {
  const found = new Map<ByteString, Uint8Array>();
  let left = maxAttributes;
  for (const { kind, object, path } of files) {
    const isAttributes = path === attributesName || path.endsWith(`/${attributesName}`);
    const directory = path.slice(0, -attributesName.length);
    if (!isAttributes || kind === 'submodule') continue;
    if (!directory.startsWith(prefix) && !prefix.startsWith(directory)) continue;
    left -= await sizeOf(store, object);
    if (left < 0) throw tooManyAttributes();
    found.set(directory, await readBlob(store, object));
  }
  return found;
}

async function fileOf(store: PackStore, file: TreeFile, cut: number, rules: CheckoutRules): Promise<GitFile> {
  const { kind, object, path } = file;
  const name = decoder.decode(bytesOfString(path.slice(cut)));
  if (kind === 'submodule') return { path: name, kind: 'directory', size: 0, open: () => streamOf(new Uint8Array()) };
  const conversion = kind === 'regular' ? rules.conversion(path) : undefined;
  const open = async (): Promise<ReadableStream<Uint8Array>> => streamOf(await contents(store, file, conversion));
  const size =
    conversion === undefined ? await sizeOf(store, object) : (await contents(store, file, conversion)).length;
  return { path: name, kind, size, open };
}

async function contents(
  store: PackStore,
  { object, path }: TreeFile,
  conversion: Conversion | undefined,
): Promise<Uint8Array> {
  const blob = await readBlob(store, object);
  if (conversion === undefined) return blob;
  return convert(conversion, blob, digitsOf(object), decoder.decode(bytesOfString(path)));
}

async function readBlob(store: PackStore, name: ObjectName): Promise<Uint8Array> {
  const object = await store.read(name);
  if (object?.type === 'blob') return object.data;
  throw noBlob(name, object?.type);
}

async function sizeOf(store: PackStore, name: ObjectName): Promise<number> {
  const described = await store.describe(name);
  if (described?.type === 'blob') return described.size;
  throw noBlob(name, described?.type);
}

function noBlob(name: ObjectName, type: string | undefined): Error {
  const digits = digitsOf(name);
  if (type === undefined) return new MissingObjects(`blob ${digits}`);
  return new GoModKitError('upstream_invalid', `the repository has a ${type} where a file should be: ${digits}`);
}

function tooManyAttributes(): GoModKitError {
  const message = `the commit has more than ${maxAttributes} bytes of ${attributesName}, which need the git program`;
  return new GoModKitError('needs_git_engine', message, { data: { limit: maxAttributes } });
}

function tooLarge(limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `the directory has more than the limit of ${limit} bytes`, {
    data: { limit },
  });
}
