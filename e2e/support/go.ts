// The real go command with an empty module cache, and what tests compare of its answers.

import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findGo, type GoResult, goCommand, goEnvironment, type TempDirectory, tempDirectory } from '@gomodkit/testing';
import { describe } from 'vitest';

const version = await findGo();

/** `describe` for tests that need the go command; where there is none they are skipped, visibly and with the reason. */
export function describeWithGo(name: string, body: () => void): void {
  describe.skipIf(version === undefined)(
    version === undefined ? `${name} (skipped: no go command on PATH)` : name,
    body,
  );
}

/** A go command in a directory of its own, with an empty module cache. */
export interface Go {
  /** The directory it runs in. */
  readonly directory: TempDirectory;
  readonly env: Readonly<Record<string, string>>;
  /** Rejects when the command fails. */
  run(...args: string[]): Promise<GoResult>;
  /** Resolves also when it fails. */
  attempt(...args: string[]): Promise<GoResult>;
  /** Runs a program in the directory; resolves to all that it wrote. */
  exec(program: string): Promise<string>;
  /** A file of the directory. */
  read(name: string): Promise<string>;
  close(): Promise<void>;
}

/** Prepares a go command that sees `goproxy` and `files`. */
export async function goWith(
  goproxy: string,
  files: Readonly<Record<string, string>> = {},
  variables: Readonly<Record<string, string>> = {},
): Promise<Go> {
  // Without -trimpath every module cache would compile everything anew, as its path would be part of what is compiled.
  const environment = goEnvironment({ goproxy, variables: { GOFLAGS: '-mod=mod -trimpath', ...variables } });
  const directory = await tempDirectory(files);
  const options = { cwd: directory.path, env: environment.variables };
  return {
    directory,
    env: environment.variables,
    run: (...args) => goCommand(args, options),
    attempt: (...args) => goCommand(args, { ...options, allowFailure: true }),
    async exec(program) {
      const { stdout, stderr } = await promisify(execFile)(program, { cwd: directory.path });
      return stdout + stderr;
    },
    read: (name) => readFile(join(directory.path, name), 'utf8'),
    async close() {
      await Promise.all([directory.close(), environment.close()]);
    },
  };
}

/** The objects of output such as that of `go mod download -json`, which is many objects one after the other. */
export function jsonObjects(text: string): readonly Readonly<Record<string, unknown>>[] {
  const objects = text.split(/^(?=\{)/m).filter((part) => part.trim() !== '');
  return objects.map((part) => JSON.parse(part) as Record<string, unknown>);
}
