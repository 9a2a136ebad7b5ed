// Generated repositories: one seed, one repository and what to ask of it, always the same.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { choiceFrom } from './choice.ts';
import type { Entry } from './content.ts';
import { type Commit, type History, historyOf, type Tag } from './history.ts';
import { type Question, questionsAbout } from './questions.ts';

/** A repository on disk and what to ask of it. */
export interface GeneratedRepository {
  readonly seed: number;
  /** `gSEED`: its directory is `gSEED.git` below the root. */
  readonly name: string;
  readonly questions: readonly Question[];
}

/** Options of {@link generateRepository}. */
export interface GenerateOptions {
  /** Directory that gets `gSEED.git`; made if need be. */
  readonly root: string;
  /** Host of the module paths: `HOST/gSEED.git`. Default `example.com`. */
  readonly host?: string | undefined;
  /** How many questions. Default 14. */
  readonly questions?: number | undefined;
}

/** Makes the repository of a seed. */
export async function generateRepository(seed: number, options: GenerateOptions): Promise<GeneratedRepository> {
  const { host = 'example.com', questions = 14, root } = options;
  const name = `g${seed}`;
  const modulePath = `${host}/${name}.git`;
  const choice = choiceFrom(seed);
  const history = historyOf(choice, modulePath);
  await mkdir(root, { recursive: true });
  const hashes = await write(join(root, `${name}.git`), history);
  return { seed, name, questions: questionsAbout(choice, modulePath, history, hashes, questions) };
}

/** The environment of git: nobody's configuration. */
const environment = { PATH: process.env.PATH ?? '', HOME: '/nonexistent', GIT_CONFIG_NOSYSTEM: '1' };

/** Writes it as a bare repository; returns the commits' hashes by mark. */
async function write(directory: string, history: History): Promise<string[]> {
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['--git-dir', directory, ...args], { env: environment });
  await git('init', '-q', '--bare', '-b', history.head);
  const args = ['--git-dir', directory, 'fast-import', '--quiet'];
  const child = spawn('git', args, { env: environment, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => {});
  child.stdin.end(streamOf(history));
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`git fast-import: ${stderr}`);
  const hashes = ['', ...stdout.trim().split('\n')];
  await git('update-ref', '-d', 'refs/heads/scratch');
  // fast-import tags commits only.
  for (const tag of history.tags) if (tag.kind === 'tree') await git('tag', tag.name, `${hashes[tag.mark]}^{tree}`);
  return hashes;
}

/** The input of `git fast-import`, which answers with the hash of each commit. */
function streamOf({ branches, commits, tags }: History): Buffer {
  const parts: Uint8Array[] = [];
  const line = (value: string): void => void parts.push(Buffer.from(`${value}\n`));
  for (const commit of commits) writeCommit(commit, parts, line);
  for (const [name, mark] of branches) line(`reset refs/heads/${name}\nfrom :${mark}\n`);
  for (const tag of tags) writeTag(tag, line);
  for (const { mark } of commits) line(`get-mark :${mark}`);
  line('done');
  return Buffer.concat(parts);
}

type Line = (value: string) => void;

function writeCommit(commit: Commit, parts: Uint8Array[], line: Line): void {
  // On no branch yet, so that another branch's tip is nobody's parent by accident.
  line('reset refs/heads/scratch\n');
  line(`commit refs/heads/scratch\nmark :${commit.mark}`);
  line(`author A <a@example.com> 1000000000 +0000`);
  line(`committer C <c@example.com> ${commit.time} ${commit.zone}`);
  line(`data ${Buffer.byteLength(`commit ${commit.mark}`)}\ncommit ${commit.mark}`);
  const [first, ...others] = commit.parents;
  if (first !== undefined) line(`from :${first}`);
  for (const other of others) line(`merge :${other}`);
  line('deleteall');
  for (const [path, entry] of commit.tree) writeEntry(path, entry, parts, line);
  line('');
}

function writeEntry(path: string, { data, mode }: Entry, parts: Uint8Array[], line: Line): void {
  const quoted = `"${path.replace(/[\\"]/g, '\\$&')}"`;
  if (mode === '160000') {
    line(`M ${mode} ${data} ${quoted}`);
    return;
  }
  const bytes = Buffer.from(data as Uint8Array);
  line(`M ${mode} inline ${quoted}\ndata ${bytes.length}`);
  parts.push(bytes);
  line('');
}

function writeTag({ kind, mark, name }: Tag, line: Line): void {
  if (kind === 'annotated') {
    line(`tag ${name}\nfrom :${mark}\ntagger T <t@example.com> 1700000000 +0000\ndata 3\ntag`);
  }
  if (kind === 'light') line(`reset refs/tags/${name}\nfrom :${mark}\n`);
}
