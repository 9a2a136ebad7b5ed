// Programs that are not ours: the Go peer of tools/gopeer, and other module proxies where their binaries are named.

import { execFileSync, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { rootDirectory } from './paths.ts';
import { type Program, startProgram, stopProcess } from './program.ts';
import type { RunningServer } from './servers.ts';

let goMissing: string | undefined | null = null;

/** Why programs in Go cannot be built here. */
export function goAbsent(): string | undefined {
  if (goMissing === null) {
    try {
      execFileSync('go', ['version'], { stdio: 'ignore' });
      goMissing = undefined;
    } catch {
      goMissing = 'there is no go command';
    }
  }
  return goMissing;
}

/** Builds tools/gopeer into `directory` (the go command does nothing where that has been done) and starts it. */
export function startGoPeer(directory: string): Program {
  const binary = join(directory, 'gopeer');
  execFileSync('go', ['build', '-o', binary, '.'], {
    cwd: join(rootDirectory, 'tools/gopeer'),
    env: { ...process.env, GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  return startProgram(binary);
}

/** A module proxy in Go, by the environment variable that names its binary. */
export interface OtherProxy {
  readonly name: string;
  readonly variable: string;
  start(binary: string, options: OtherProxyOptions): Promise<RunningServer>;
}

interface OtherProxyOptions {
  readonly upstream: string;
  /** A checksum database to proxy: its name, and its URL. */
  readonly sumdb?: { readonly name: string; readonly url: string } | undefined;
  /** Where it keeps modules and its log. */
  readonly directory: string;
}

/** The binary of a proxy; undefined where none is named. */
export function binaryOf({ variable }: OtherProxy): string | undefined {
  const path = process.env[variable];
  return path !== undefined && statSync(path, { throwIfNoEntry: false })?.isFile() ? path : undefined;
}

/** github.com/goproxy/goproxy. */
export const goproxy: OtherProxy = {
  name: 'goproxy (Go)',
  variable: 'GOMODKIT_BENCH_GOPROXY',
  async start(binary, { upstream, directory, sumdb }) {
    const address = `127.0.0.1:${await freePort()}`;
    const proxied = sumdb === undefined ? [] : ['--proxied-sumdbs', `${sumdb.name} ${sumdb.url}`];
    const parameters = ['server', '--address', address, '--cacher-dir', join(directory, 'cache'), ...proxied];
    return startForeign(binary, parameters, { GOPROXY: upstream, GOSUMDB: 'off' }, address, directory);
  },
};

/** github.com/gomods/athens. */
export const athens: OtherProxy = {
  name: 'Athens (Go)',
  variable: 'GOMODKIT_BENCH_ATHENS',
  async start(binary, { upstream, directory }) {
    const address = `127.0.0.1:${await freePort()}`;
    const environment = {
      ATHENS_PORT: address,
      ATHENS_STORAGE_TYPE: 'disk',
      ATHENS_DISK_STORAGE_ROOT: directory,
      ATHENS_LOG_LEVEL: 'error',
      ATHENS_GONOSUM_PATTERNS: '*',
      ATHENS_GO_BINARY_ENV_VARS: `GOPROXY=${upstream};GOSUMDB=off;GOFLAGS=-modcacherw`,
    };
    return startForeign(binary, [], environment, address, directory);
  },
};

async function startForeign(
  binary: string,
  parameters: readonly string[],
  environment: Readonly<Record<string, string>>,
  address: string,
  directory: string,
): Promise<RunningServer> {
  const logFile = join(directory, 'log.txt');
  const log = openSync(logFile, 'w');
  const child = spawn(binary, parameters, {
    cwd: directory,
    env: { ...process.env, ...environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const url = `http://${address}`;
  for (let tries = 0; !(await answers(url)); tries++) {
    if (tries === 100 || child.exitCode !== null) {
      await stopProcess(child);
      throw new Error(`${binary} does not answer: ${readFileSync(logFile, 'utf8').slice(-2000)}`);
    }
    await sleep(100);
  }
  return { url, pid: child.pid ?? -1, stop: () => stopProcess(child) };
}

async function answers(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

/** For programs that cannot say which port the system gave them. Somebody else may take it first; then the start fails. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
