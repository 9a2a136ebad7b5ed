// A cache whose processes are killed at any moment serves on.

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { only, stall } from '../../../../test/git/hostile.ts';
import { type GitServer, startGitServer } from '../../../../test/git/server.ts';
import { suiteEngines } from '../../../../test/git/suite-engines.ts';
import { readAll } from '../../../bytes/source.ts';
import { gitRepositories } from './index.ts';

const kills = process.env.GOMODKIT_TEST_SCALE === 'full' ? 100 : 3;
const scratch = mkdtempSync(join(tmpdir(), 'git-kill-'));
const commits = 40;
let server: GitServer;

beforeAll(async () => {
  const served = join(scratch, 'served', 'many.git');
  mkdirSync(served, { recursive: true });
  const git = (args: string[], input = ''): void =>
    void execFileSync('git', ['--git-dir', served, ...args], { input, stdio: ['pipe', 'ignore', 'ignore'] });
  git(['init', '-q', '--bare', '--initial-branch=main']);
  git(['fast-import', '--quiet'], history());
  server = await startGitServer(join(scratch, 'served'));
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

/** A stream for fast-import: commits with a tag each, of a few files that are hard to compress. */
function history(): string {
  return Array.from({ length: commits }, (_, i) => {
    const files = Array.from(
      { length: 5 },
      (_, j) => `M 100644 inline dir${j}/f${i % 7}.txt\n${data(contentOf(i, j))}`,
    );
    const head = `commit refs/heads/main\nmark :${i + 1}\ncommitter A <a@example.com> ${1_600_000_000 + i} +0000\n${data(`c${i}`)}`;
    return `${head}${files.join('')}reset refs/tags/v0.${i}.0\nfrom :${i + 1}\n\n`;
  }).join('');
}
const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
function contentOf(i: number, j: number): string {
  const line = (n: number): string => createHash('sha256').update(`${i}/${j}/${n}`).digest('hex');
  return Array.from({ length: 200 }, (_, n) => line(n)).join('\n');
}

function startChild(directory: string, engine: string, first: number, ...more: readonly string[]): ChildProcess {
  const program = fileURLToPath(new URL('../../../../test/git/fetch-child.ts', import.meta.url));
  const loader = ['--conditions=@gomodkit/source', '--import', import.meta.resolve('tsx'), program];
  const args = [...loader, directory, `${server.url}/many.git`, engine, `${first}`, ...more];
  return spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

describe.each(suiteEngines)('with the engine %s', (engine) => {
  it('every kill leaves a cache that serves, and that is tidied up', async () => {
    const directory = join(scratch, `cache-${engine}`);
    for (let i = 0; i < kills; i++) {
      const children = [startChild(directory, engine, i * 5), startChild(directory, engine, i * 5 + 2)];
      await Promise.all(children.map(({ stdout }) => stdout && once(stdout, 'data')));
      await setTimeout((i * 37) % 400);
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(children.map((child) => child.exitCode ?? child.signalCode ?? once(child, 'exit')));

      const repositories = gitRepositories({ directory, engine });
      const repository = await repositories.open({
        url: 'https://git.example.com/many',
        address: `${server.url}/many.git`,
        trusted: true,
      });
      const { refs } = await repository.refs();
      const wanted = (i * 5) % commits;
      const { hash = '' } = refs.find(({ name }) => name === `refs/tags/v0.${wanted}.0`) ?? {};
      await repository.fetchCommit({ hash, ref: `refs/tags/v0.${wanted}.0` }, { blobs: true });
      const archive = await repository.archive(hash, '');
      const file = archive.files.find(({ path }) => path === `dir1/f${wanted % 7}.txt`);
      expect(Buffer.from(await readAll((await file?.open()) ?? new ReadableStream())).toString()).toBe(
        contentOf(wanted, 1),
      );
      await archive.close();
      await repository.close();
      await repositories.close();
    }
    expect(readdirSync(join(directory, 'scratch'))).toEqual([]);
    const left = readdirSync(directory, { recursive: true, encoding: 'utf8' });
    expect(left.filter((name) => /tmp_|\.lock$|shallow_|\/lock$/.test(name))).toEqual([]);
  }, 1_800_000);
});

describe.runIf(process.platform === 'linux')('a kill in the middle of a silence', () => {
  it('leaves no program behind for longer than a server may be silent', async () => {
    const stalled = new Promise<void>((resolve) => {
      server.behave(
        only('pack', async (exchange) => {
          resolve();
          await stall()(exchange);
        }),
      );
    });
    const child = startChild(join(scratch, 'cache-silent'), 'git', 0, '2000');
    await stalled;
    expect(gitPrograms()).toContain('remote-http');
    child.kill('SIGKILL');
    await expect.poll(gitPrograms, { timeout: 30_000, interval: 200 }).toBe('');
    server.behave(undefined);
  }, 60_000);
});

/** Programs of git that talk to our server. */
function gitPrograms(): string {
  const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' }).split('\n');
  return list.filter((line) => /^\S*git/.test(line) && line.includes(`127.0.0.1:${server.port}`)).join('\n');
}
