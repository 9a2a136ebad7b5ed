// Which of a module's files go into its zip, and why not (spec §7.2–7.8).
//
// Invariants:
// - The rules are applied in the order of the table of spec §7.4, to each file in list order; the texts are Go's.
// - A path is reported once, with the first thing that is wrong with it.
// - Only a root go.mod is opened, for its go line.

import { concatBytes } from '../bytes/source.ts';
import { filePathProblem } from '../module/path.ts';
import type { CheckedFiles, FileProblem } from './checked.ts';
import { baseName, isClean } from './clean.ts';
import { createCollisionChecker } from './collisions.ts';
import { goVersionOf } from './go-version.ts';
import { maxGoMod, maxLicense, maxPath, maxZipFile } from './limits.ts';
import { createPacer } from './pace.ts';
import { readSourceFile, type ZipSourceFile } from './source-file.ts';
import { isVendored } from './vendor.ts';

/** A list of files, or a stream of them. It is read once. */
export type ZipSourceFiles = Iterable<ZipSourceFile> | AsyncIterable<ZipSourceFile>;

/** Options of {@link checkFiles}. */
export interface CheckFilesOptions {
  /** Cancels the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Says which files would be in a module's zip, which would be left out, and which would make Go refuse the module
 * (spec §7.3–7.7). Data, not an exception: see {@link checkedFilesError}.
 *
 * @example
 * ```ts
 * import { bytesSource, checkFiles } from '@gomodkit/core/zip';
 *
 * const file = (path: string, text: string) => {
 *   const source = bytesSource(new TextEncoder().encode(text));
 *   return { path, kind: 'regular', size: source.size, open: () => source.stream() } as const;
 * };
 * const { valid, omitted, invalid } = await checkFiles([file('go.mod', 'module example.com/m\n'), file('a?.go', '')]);
 * console.log(valid, omitted, invalid); // invalid: malformed file path "a?.go": invalid char '?'
 * ```
 */
export async function checkFiles(files: ZipSourceFiles, options: CheckFilesOptions = {}): Promise<CheckedFiles> {
  return (await selectFiles(files, options.signal)).checked;
}

/** {@link checkFiles} with the files that were found valid, for whoever writes them. */
export async function selectFiles(
  files: ZipSourceFiles,
  signal: AbortSignal | undefined,
): Promise<{ readonly checked: CheckedFiles; readonly files: readonly ZipSourceFile[] }> {
  const pace = createPacer(signal);
  const all: ZipSourceFile[] = [];
  for await (const file of files) {
    signal?.throwIfAborted();
    all.push(file);
  }
  const judge = createJudge(await survey(all, signal));
  for (const file of all) {
    judge.look(file);
    const wait = pace();
    if (wait !== undefined) await wait;
  }
  return judge.verdict();
}

/** What pass 1 finds out (spec §7.3). */
interface Survey {
  /** Whether some parent directory of a path, not the root, holds a go.mod. */
  inOtherModule(path: string): boolean;
  readonly goVersion: string | undefined;
}

async function survey(files: readonly ZipSourceFile[], signal: AbortSignal | undefined): Promise<Survey> {
  const modules = new Set<string>();
  // Testing only prefixes of a length that occurs keeps long paths cheap.
  const lengths = new Set<number>();
  let goVersion: string | undefined;
  for (const file of files) {
    if (file.kind !== 'regular') continue;
    const base = baseName(file.path);
    if (base.length !== 6 || base.toLowerCase() !== 'go.mod') continue;
    const directory = file.path.slice(0, -base.length);
    modules.add(directory);
    lengths.add(directory.length);
    if (file.path === 'go.mod') goVersion = await readGoVersion(file, signal);
  }
  // The root is no other module.
  lengths.delete(0);
  // Files mostly come directory by directory.
  let last = { directory: '', inside: false };
  return {
    goVersion,
    inOtherModule(path) {
      if (lengths.size === 0) return false;
      const directory = path.slice(0, path.lastIndexOf('/') + 1);
      if (directory !== last.directory) last = { directory, inside: someParent(directory, lengths, modules) };
      return last.inside;
    },
  };
}

/** Whether `directory`, which ends with a slash, is one of `modules` or in one. */
function someParent(directory: string, lengths: ReadonlySet<number>, modules: ReadonlySet<string>): boolean {
  for (let slash = directory.indexOf('/'); slash >= 0; slash = directory.indexOf('/', slash + 1)) {
    if (lengths.has(slash + 1) && modules.has(directory.slice(0, slash + 1))) return true;
  }
  return false;
}

async function readGoVersion(file: ZipSourceFile, signal: AbortSignal | undefined): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // The declared size is judged later, by the rules.
    for await (const chunk of readSourceFile({ ...file, size: maxGoMod }, signal)) {
      chunks.push(chunk);
      size += chunk.length;
    }
  } catch {
    signal?.throwIfAborted();
    // As in Go: a go.mod that cannot be read has no version here. Whoever writes the zip opens it again, and fails then.
    return undefined;
  }
  return goVersionOf(concatBytes(chunks, size));
}

interface Judge {
  look(file: ZipSourceFile): void;
  verdict(): { readonly checked: CheckedFiles; readonly files: readonly ZipSourceFile[] };
}

function createJudge(surveyed: Survey): Judge {
  const files: ZipSourceFile[] = [];
  const omitted: FileProblem[] = [];
  const invalid: FileProblem[] = [];
  const reported = new Set<string>();
  const collide = createCollisionChecker();
  let room = maxZipFile;
  let sizeError: string | undefined;

  const fits = (size: number): boolean => size >= 0 && size <= room;
  const report = (list: FileProblem[], path: string, error: string): void => {
    if (reported.has(path)) return;
    reported.add(path);
    list.push({ path, error });
  };

  return {
    look(file) {
      const { path, size } = file;
      const early = earlyOutcome(path, surveyed) ?? collisionOutcome(collide, file) ?? kindOutcome(file);
      if (early !== undefined) return report(early.omit ? omitted : invalid, path, early.error);
      // A file that does not fit is not counted; smaller ones after it may still be.
      if (fits(size)) room -= size;
      else sizeError ??= `module source tree too large (max size is ${maxZipFile} bytes)`;
      const large = sizeProblem(path, size);
      if (large !== undefined) return report(invalid, path, large);
      files.push(file);
    },
    verdict: () => ({ files, checked: { valid: files.map(({ path }) => path), omitted, invalid, sizeError } }),
  };
}

interface Outcome {
  readonly omit: boolean;
  readonly error: string;
}

const omit = (error: string): Outcome => ({ omit: true, error });
const refuse = (error: string): Outcome => ({ omit: false, error });

/** Rows 1 to 7 of spec §7.4: what the path alone decides. */
function earlyOutcome(path: string, { goVersion, inOtherModule }: Survey): Outcome | undefined {
  if (!isClean(path)) return refuse('file path is not clean');
  if (path.startsWith('/')) return refuse('file path is not relative');
  if (isVendored(path, goVersion)) return omit('file is in vendor directory');
  if (inOtherModule(path)) return omit('file is in another module');
  if (path === '.hg_archival.txt') return omit("file is inserted by 'hg archive' and is always omitted");
  const problem = namingProblem(path);
  if (problem !== undefined) return refuse(problem);
  if (path !== 'go.mod' && path.toLowerCase() === 'go.mod') return refuse(goModCase);
  return undefined;
}

/** Row 8. */
function collisionOutcome(
  collide: ReturnType<typeof createCollisionChecker>,
  file: ZipSourceFile,
): Outcome | undefined {
  const problem = collide(file.path, file.kind === 'directory');
  return problem === undefined ? undefined : refuse(problem);
}

/** Rows 9 and 10. */
function kindOutcome({ kind }: ZipSourceFile): Outcome | undefined {
  if (kind === 'regular') return undefined;
  return omit(kind === 'symlink' ? 'file is a symbolic link' : 'not a regular file');
}

/** What Go says of a go.mod in other letters. */
export const goModCase = 'go.mod files must have lowercase names';

/** Why a path inside a module cannot name a file, in Go's words; and our own limit on its length. */
export function namingProblem(path: string): string | undefined {
  if (path.length > maxPath) return `file path is longer than ${maxPath} characters`;
  return filePathProblem(path);
}

/** Row 12 of spec §7.4, row 10 of spec §7.10. */
export function sizeProblem(path: string, size: number): string | undefined {
  const limit = path === 'go.mod' ? maxGoMod : path === 'LICENSE' ? maxLicense : Number.POSITIVE_INFINITY;
  return size > limit ? `${path} file too large (max size is ${limit} bytes)` : undefined;
}
