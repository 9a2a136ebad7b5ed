// Runs the README's start command as a user would, asks the server for a module, and stops it.
//
//   node --conditions=@gomodkit/source --import tsx scripts/check-start.ts
//
// The upstream is a synthetic one, whose modules no checksum database knows, so that nothing of this depends on a network (pnpm itself may want one where its store is empty).

import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startTestProxy, tempDirectory } from '../packages/testing/src/index.ts';
import { root } from './entry-points.ts';

const command = 'npx -y pnpm@10 start';
const bound = { start: 600_000, stop: 30_000 };

/** The server's processes are those of its group. */
interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  readonly output: () => string;
}

function start(args: readonly string[], upstream: string): Started {
  const env = { ...process.env, GOMODKIT_UPSTREAM: upstream };
  const child = spawn(command, args, {
    cwd: root,
    env,
    shell: true,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { child, ended, output: () => output };
}

async function urlOf({ ended, output }: Started): Promise<string> {
  let over = false;
  ended.then(
    () => {
      over = true;
    },
    () => {},
  );
  for (const until = Date.now() + bound.start; Date.now() < until && !over; await sleep(100)) {
    const url = /^gomodkit serves (\S+)$/m.exec(output())?.[1];
    if (url !== undefined) return url;
  }
  throw new Error(`"${command}" ${over ? 'ended' : 'said nothing'} before it named its URL`);
}

async function expectAnswer(url: string, body: RegExp): Promise<void> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  if (response.status !== 200 || !body.test(text)) throw new Error(`${url}: ${response.status} ${text}`);
}

/** Whether any process of the group is left. */
function isAlive({ child }: Started): boolean {
  try {
    process.kill(-(child.pid ?? 0), 0);
    return true;
  } catch {
    return false;
  }
}

async function stop(started: Started): Promise<void> {
  process.kill(-(started.child.pid ?? 0), 'SIGTERM');
  for (const until = Date.now() + bound.stop; isAlive(started); await sleep(100))
    if (Date.now() > until) throw new Error(`processes are left ${bound.stop / 1000} s after SIGTERM`);
}

async function main(): Promise<void> {
  if (!readFileSync(join(root, 'README.md'), 'utf8').includes(`\n${command}\n`))
    throw new Error(`README.md does not say "${command}" any more`);
  const modules = {
    'example.com/hello@v1.0.0': { 'go.mod': 'module example.com/hello\n', 'hello.go': 'package hello\n' },
  };
  const upstream = await startTestProxy({ modules });
  const store = await tempDirectory();
  const started = start(['--listen', '127.0.0.1:0', '--storage', store.path, '--sumdb', 'off'], upstream.url);
  try {
    const url = await urlOf(started);
    await expectAnswer(`${url}/healthz`, /ok/);
    await expectAnswer(`${url}/example.com/hello/@v/list`, /^v1\.0\.0\n$/);
    await expectAnswer(`${url}/example.com/hello/@v/v1.0.0.zip`, /^PK/);
    await stop(started);
    console.log(`"${command}" serves ${url} and stops`);
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    console.error(started.output());
    process.exitCode = 1;
  } finally {
    if (isAlive(started)) process.kill(-(started.child.pid ?? 0), 'SIGKILL');
    await upstream.close();
    await store.close();
  }
}

await main();
