// What `git archive` makes of files, called as the go command calls it (spec §6.16): the judge of our own reading of attributes.

import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import JSZip from 'jszip';

/** A file to commit; `mode` as git writes it, default `100644`. */
export interface CommittedFile {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly mode?: string | undefined;
}

/** Says that git itself crashed: 2.39.5 does over some attribute files, in some runs. */
export class GitCrashed extends Error {}

const crashes = ['SIGSEGV', 'SIGABRT', 'SIGBUS'];
const triesOfArchive = 5;

/** A bare repository of its own. */
export interface ArchiveRepository {
  readonly directory: string;
  /** Commits just these files; resolves to the commit. */
  commit(files: readonly CommittedFile[]): string;
  /**
   * The archived bytes of every file by its path, directories left out. Throws git's own message where git refuses, and a
   * {@link GitCrashed} where it dies.
   */
  archive(commit: string, directory?: string): Promise<ReadonlyMap<string, Uint8Array>>;
  /** Runs git there. */
  git(args: readonly string[], input?: Uint8Array | string): Buffer;
  remove(): void;
}

const environment = {
  PATH: process.env.PATH,
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_ATTR_NOSYSTEM: '1',
  HOME: '/nonexistent',
  XDG_CONFIG_HOME: '/nonexistent',
};

/** Makes an empty repository below the OS temp directory. */
export function archiveRepository(): ArchiveRepository {
  const directory = mkdtempSync(join(tmpdir(), 'git-archive-'));
  const git = (args: readonly string[], input?: Uint8Array | string): Buffer =>
    execFileSync('git', [`--git-dir=${directory}`, ...args], {
      input,
      env: environment,
      maxBuffer: 2 ** 30,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
  git(['init', '-q', '--bare']);
  appendFileSync(join(directory, 'info/attributes'), '\n* -export-subst -export-ignore\n');
  return {
    directory,
    git,
    commit: (files) => {
      git(['fast-import', '--quiet', '--force'], importStream(files));
      return git(['rev-parse', 'refs/heads/main']).toString().trim();
    },
    archive: async (commit, below) => {
      const settings = ['-c', 'core.autocrlf=input', '-c', 'core.eol=lf'];
      const how = ['archive', '--format=zip', '-0', '--prefix=prefix/', '--end-of-options', commit];
      const zip = await JSZip.loadAsync(
        archived(() => git([...settings, ...how, ...(below === undefined ? [] : [below])])),
      );
      const files = Object.values(zip.files).filter((entry) => !entry.dir);
      const read = files.map(async (entry) => [entry.name.slice(7), await entry.async('uint8array')] as const);
      return new Map(await Promise.all(read));
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
}

/** The answer of `run`, which is called again when git crashes: not every run does. */
function archived(run: () => Buffer): Buffer {
  for (let tries = 1; ; tries++) {
    try {
      return run();
    } catch (error) {
      const signal = (error as { readonly signal?: string | null }).signal ?? '';
      if (!crashes.includes(signal)) throw error;
      if (tries === triesOfArchive)
        throw new GitCrashed(`git archive died by ${signal} ${tries} times`, { cause: error });
    }
  }
}

function importStream(files: readonly CommittedFile[]): Buffer {
  const parts: (Uint8Array | string)[] = [
    'commit refs/heads/main\ncommitter A <a@example.com> 1000000000 +0000\ndata 0\n\n',
  ];
  for (const { path, bytes, mode = '100644' } of files) {
    const quoted = [...Buffer.from(path)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`).join('');
    parts.push(`M ${mode} inline "${quoted}"\ndata ${bytes.length}\n`, bytes, '\n');
  }
  return Buffer.concat(parts.map((part) => Buffer.from(part as Uint8Array)));
}
