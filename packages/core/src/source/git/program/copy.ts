// One bare repository, read and filled by the git program.
//
// Invariants:
// - A commit is available when the ref `refs/gomodkit/HASH` names it: it is set after the commit and all its trees were seen to be here.
// - What was found once is remembered while the copy is open, for each question starts git anew: what is here stays, until the copy goes.
//   What was not found is asked for again: other processes fetch, too.
// - The repository's own configuration never names a remote: what reads cannot fetch, and reports what is missing instead.
// - Nothing from outside stands where an option could: hashes are checked for their digits, paths follow `--`.

import { fileSource, join, readDirectory, remove } from '#files';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { GitResult } from '../../../platform/git-program.types.ts';
import { type ByteCache, byteCache } from '../byte-cache.ts';
import { DamagedCopy, type EngineCopy, MissingObjects } from '../driver.ts';
import type { GitCommit } from '../engine.ts';
import { archivedFiles } from './archive.ts';
import { excerpt } from './failure.ts';
import { createFetcher } from './fetch.ts';
import { type Invocation, textOf } from './invocation.ts';
import { missingBlobs } from './missing.ts';
import { checkHash, createRepository, hasHistory, isMarked, type Repository } from './repository.ts';
import type { Talker } from './talk.ts';

/** Of commits, and of the contents of files such as go.mod. */
const rememberedBytes = 4 * 2 ** 20;

/** Opens a copy. */
export function createProgramCopy(invocation: Invocation, talker: Talker, directory: string): EngineCopy {
  const repository = createRepository(invocation, directory);
  const fetcher = createFetcher(repository, talker);
  const { run } = repository;
  const commits = byteCache<string, GitCommit>(rememberedBytes, () => 0);
  const blobs = byteCache<string, Uint8Array>(rememberedBytes, (blob) => blob.length);

  const commit = async (hash: string, signal: AbortSignal | undefined): Promise<GitCommit | undefined> => {
    // Nothing but a mark or the history brings commits here: no need to ask git, or memory of a copy that another process threw away.
    const mayBeHere = (await isMarked(repository, hash, signal)) || (await hasHistory(directory));
    return mayBeHere ? remembered(commits, hash, () => readCommit(repository, hash, signal)) : undefined;
  };

  return {
    ...fetcher,
    has: async (hash, { signal } = {}) =>
      (await isMarked(repository, hash, signal)) && (await commit(hash, signal)) !== undefined,
    async findCommits(prefix, { signal } = {}) {
      if (!/^[0-9a-f]{4,64}$/.test(prefix)) return [];
      const found = await run(['rev-parse', `--disambiguate=${prefix}`], { signal });
      const input = textOf(found.output);
      if (input === '') return [];
      const kinds = await run(['cat-file', '--batch-check=%(objectname) %(objecttype)'], { input, signal });
      return [...textOf(kinds.output).matchAll(/^([0-9a-f]+) commit$/gm)].map((match) => match[1] ?? '');
    },
    commit: (hash, { signal } = {}) => commit(hash, signal),
    ancestors: (hash, candidates, { signal } = {}) => findAncestors(repository, hash, candidates, signal),
    async readBlob(hash, path, options) {
      const blob = await remembered(blobs, `${hash}:${path}`, () => readBlob(repository, hash, path, options));
      if (blob !== undefined && blob.length > options.limit) throw tooLarge(`${path} at ${hash}`, options.limit);
      return blob?.slice();
    },
    async archive(hash, wanted, { scratch, signal }) {
      checkHash(hash);
      const directory = wanted.replace(/\/+$/, '');
      if (directory !== '' && !isPlain(directory)) throw noDirectory(hash, directory);
      const file = join(scratch, `archive-${crypto.randomUUID()}.zip`);
      try {
        await writeArchive(repository, hash, directory, file, signal);
        const source = await fileSource(file);
        const close = (): Promise<void> => source.close().then(() => remove(file));
        try {
          const files = await archivedFiles(source, directory, invocation.limits.archiveEntries);
          // It may be a file, a submodule, or empty.
          if (files.length === 0 && directory !== '') throw noDirectory(hash, directory);
          return { files, close };
        } catch (error) {
          await close();
          throw error;
        }
      } catch (error) {
        await remove(file);
        throw error;
      }
    },
    async isDamaged({ signal } = {}) {
      const packs = join(directory, 'objects', 'pack');
      const indexes = ((await readDirectory(packs)) ?? [])
        .map(({ name }) => name)
        .filter((name) => name.endsWith('.idx'));
      const checks = [
        ['rev-parse', '--git-dir'],
        ['for-each-ref', '--format='],
        ...indexes.map((name) => ['verify-pack', '--', join(packs, name)]),
      ];
      for (const args of checks) if ((await run(args, { signal })).status !== 0) return true;
      return false;
    },
    close: async () => {},
  };
}

async function remembered<T>(
  known: ByteCache<string, T>,
  key: string,
  find: () => Promise<T | undefined>,
): Promise<T | undefined> {
  const before = known.get(key);
  if (before !== undefined) return before;
  const found = await find();
  if (found !== undefined) known.set(key, found);
  return found;
}

async function readCommit(
  { run }: Repository,
  hash: string,
  signal: AbortSignal | undefined,
): Promise<GitCommit | undefined> {
  checkHash(hash);
  const args = ['log', '--no-walk', '--format=%H %ct', '--end-of-options', hash, '--'];
  const { output, status } = await run(args, { signal });
  const [, found, time] = /^([0-9a-f]+) (\d+)\n$/.exec(textOf(output)) ?? [];
  // A tag leads to a commit, but is none.
  if (status !== 0 || found !== hash) return undefined;
  return { hash, time: Number(time) };
}

async function findAncestors(
  { directory, run }: Repository,
  hash: string,
  candidates: readonly string[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<string>> {
  for (const each of [hash, ...candidates]) checkHash(each);
  const open = new Set(candidates);
  const found = new Set<string>();
  if (open.size === 0) return found;
  // Without it a commit seems to have no parents. Another process may have thrown the copy away that had it.
  if (!(await hasHistory(directory))) throw new MissingObjects(`the history of ${hash}`);
  let rest = '';
  const onOutput = (chunk: Uint8Array): boolean => {
    const lines = (rest + textOf(chunk)).split('\n');
    rest = lines.pop() ?? '';
    for (const each of lines) if (open.delete(each)) found.add(each);
    return open.size === 0;
  };
  const outputLimit = Number.POSITIVE_INFINITY;
  const result = await run(['rev-list', '--end-of-options', hash, '--'], { onOutput, outputLimit, signal });
  if (result.status !== 0) throw new MissingObjects(excerpt(result.messages));
  return found;
}

async function readBlob(
  repository: Repository,
  hash: string,
  path: string,
  { limit, signal }: { readonly limit: number; readonly signal?: AbortSignal | undefined },
): Promise<Uint8Array | undefined> {
  checkHash(hash);
  if (!isPlain(path)) return undefined;
  const what = `${path} at ${hash}`;
  const input = `${hash}:${path}\n`;
  const header = 256;
  const read = await repository
    .run(['cat-file', '--batch'], { input, outputLimit: limit + header, what, signal })
    .catch((error: unknown) => {
      throw isGoModKitError(error, 'limit_exceeded') ? tooLarge(what, limit) : error;
    });
  const end = read.output.indexOf(10);
  const [, kind, size] = / (blob|tree|commit) (\d+)$/.exec(textOf(read.output.subarray(0, Math.max(end, 0)))) ?? [];
  if (kind === 'blob' && read.status === 0) {
    if (Number(size) > limit) throw tooLarge(what, limit);
    return new Uint8Array(read.output.subarray(end + 1, end + 1 + Number(size)));
  }
  if (kind !== undefined && kind !== 'blob') return undefined;
  if (read.status !== 0) throw unreadable(read);
  // Missing here, or not there at all?
  const listed = await repository.run(['ls-tree', '-z', '--full-tree', '--end-of-options', hash, '--', path], {
    signal,
  });
  if (listed.status !== 0) throw unreadable(listed);
  if (!/^\d+ blob /.test(textOf(listed.output))) return undefined;
  throw new MissingObjects(what);
}

function tooLarge(what: string, limit: number): GoModKitError {
  return new GoModKitError('limit_exceeded', `${what}: more than the limit of ${limit} bytes`, { data: { limit } });
}

async function writeArchive(
  repository: Repository,
  hash: string,
  directory: string,
  file: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const args = ['archive', '--format=zip', '-0', `--output=${file}`, '--end-of-options', hash];
  const result = await repository.run(directory === '' ? args : [...args, directory], {
    settings: [
      ['core.autocrlf', 'input'],
      ['core.eol', 'lf'],
    ],
    growth: { path: file, bytes: repository.invocation.limits.archiveBytes },
    what: `checking out ${directory || 'the root'} of ${hash}`,
    signal,
  });
  if (result.status === 0) return;
  if (/did not match any files|current working directory is untracked/.test(result.messages)) {
    throw noDirectory(hash, directory);
  }
  if (/invalid path '/i.test(result.messages)) {
    throw new GoModKitError(
      'upstream_invalid',
      `commit ${hash} has a file name that git refuses (${excerpt(result.messages)})`,
    );
  }
  const error = unreadable(result);
  if (error instanceof MissingObjects) throw error;
  throw (await missingBlobs(repository, hash, directory, signal)).length > 0
    ? new MissingObjects(`commit ${hash}`)
    : error;
}

/** Whether a path names an entry of a tree. Git would take more lines for more questions, and `./x` for a place in a work tree. */
function isPlain(path: string): boolean {
  return !/[\0\n]/.test(path) && path.split('/').every((part) => !['', '.', '..'].includes(part));
}

function noDirectory(hash: string, directory: string): GoModKitError {
  return new GoModKitError('not_found', `there is no directory ${JSON.stringify(directory)} in commit ${hash}`);
}

/** Objects that are missing and objects that are broken sound alike; fetching tells them apart. */
function unreadable({ messages }: GitResult): Error {
  const words = excerpt(messages);
  return /corrupt|inflate|packfile .* (is far too short|cannot be|does not match)|bad (object|pack)|not a git repository|loose object/i.test(
    messages,
  )
    ? new DamagedCopy(words)
    : new MissingObjects(words);
}
