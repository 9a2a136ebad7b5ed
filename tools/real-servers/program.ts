// A server program for the tests: found, started on a free port of the loopback interface over a temporary directory, and stopped.
//
// Invariant: which program it is, in which version, is printed whenever one is started: a run says itself what it was run against.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running server. */
export interface RealServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** The folder that it works in. */
  readonly directory: string;
  /** The Go module that the program was built from, with its version: `github.com/versity/versitygw v1.8.0`. */
  readonly version: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** What a server is started with. */
export interface Launch {
  readonly args: readonly string[];
  /** Beside what this process has. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** Where a program is, in GOMODKIT_TEST_SERVERS or on the PATH; undefined where it is not. */
export function findProgram(name: string): string | undefined {
  const directories = [process.env.GOMODKIT_TEST_SERVERS ?? '', ...(process.env.PATH ?? '').split(delimiter)];
  return directories
    .filter(Boolean)
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** Starts a program with what `launchFor` says for a port and a folder; resolves when it answers below `path`. */
export async function startProgram(
  program: string,
  launchFor: (port: number, directory: string) => Launch,
  path = '/',
): Promise<RealServer> {
  const version = await versionOf(program);
  console.log(`real server: ${version}`);
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-server-'));
  const port = await freePort();
  const { args, env } = launchFor(port, directory);
  const child = spawn(program, [...args], { stdio: 'ignore', env: { ...process.env, ...env } });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  };
  await ready(endpoint + path, child).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { endpoint, directory, version, stop };
}

/** What Go wrote into the program of the module that it was built from (`go version -m` shows the same). */
async function versionOf(program: string): Promise<string> {
  const binary = await readFile(program);
  for (let at = binary.indexOf('\nmod\t'); at >= 0; at = binary.indexOf('\nmod\t', at + 1)) {
    const [, module, version] =
      /^\nmod\t([\w./~-]+)\t(\(devel\)|v[\w.+-]+)/.exec(binary.toString('latin1', at, at + 300)) ?? [];
    if (module !== undefined) return `${module} ${version}`;
  }
  return `${basename(program)}, version not known`;
}

async function ready(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with status ${child.exitCode}`);
    const answer = await fetch(url).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer !== undefined && answer.status !== 503) return;
    await sleep(50);
  }
  throw new Error(`${child.spawnfile} does not answer at ${url}`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
