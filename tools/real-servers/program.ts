// A server program for the tests: found, started on a free port of the loopback interface over a temporary directory, and stopped.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running server. */
export interface RealServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  /** The folder that it works in. */
  readonly directory: string;
  /** Ends it and removes its folder. */
  stop(): Promise<void>;
}

/** Where a program is, in GOMODKIT_TEST_SERVERS or on the PATH; undefined where it is not. */
export function findProgram(name: string): string | undefined {
  const directories = [process.env.GOMODKIT_TEST_SERVERS ?? '', ...(process.env.PATH ?? '').split(delimiter)];
  return directories
    .filter(Boolean)
    .map((directory) => join(directory, name))
    .find(isExecutable);
}

/** Starts a program with the arguments for a port and a folder; resolves when it answers. */
export async function startProgram(
  program: string,
  argumentsFor: (port: number, directory: string) => readonly string[],
): Promise<RealServer> {
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-server-'));
  const port = await freePort();
  const child = spawn(program, [...argumentsFor(port, directory)], { stdio: 'ignore' });
  const endpoint = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(directory, { recursive: true, force: true });
  };
  await ready(endpoint, child).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return { endpoint, directory, stop };
}

async function ready(endpoint: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (child.exitCode !== null) throw new Error(`${child.spawnfile} ended with status ${child.exitCode}`);
    const answer = await fetch(endpoint).catch(() => undefined);
    await answer?.body?.cancel();
    if (answer !== undefined) return;
    await sleep(50);
  }
  throw new Error(`${child.spawnfile} does not answer at ${endpoint}`);
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
