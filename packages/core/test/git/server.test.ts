import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readlinkSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import * as hostile from './hostile.ts';
import { objectHash } from './pkt-line.ts';
import { buildRecipes, recipeRepository } from './recipes.ts';
import { type GitServer, type GitServerOptions, startGitServer } from './server.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-server-'));
const root = join(scratch, 'root');
beforeAll(() => buildRecipes(['plain', 'sha256'], root));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function start(options?: GitServerOptions): Promise<GitServer> {
  const server = await startGitServer(root, options);
  onTestFinished(() => server.close());
  return server;
}

let count = 0;

interface Result {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** git itself as the client. `{new}` is a fresh directory. */
async function git(args: readonly string[], timeout = 20_000): Promise<Result> {
  const directory = join(scratch, `clone-${++count}`);
  const env = { PATH: process.env.PATH, HOME: scratch, GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };
  const all = args.map((arg) => arg.replace('{new}', directory));
  // A group of its own: git leaves its helpers behind when it is killed.
  const child = spawn('git', all, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const timer = setTimeout(() => process.kill(-(child.pid ?? 0), 'SIGKILL'), timeout);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  clearTimeout(timer);
  return { code: code ?? -1, stdout, stderr };
}

describe('a well-behaved server', () => {
  it.each([0, 1, 2] as const)('serves clones in protocol %i', async (protocol) => {
    const server = await start({ protocol });
    const { code } = await git(['clone', '-q', '--bare', `${server.url}/plain.git`, '{new}']);
    expect(code).toBe(0);
    const stages = server.requests.map(({ stage }) => stage);
    expect(stages).toEqual(protocol === 2 ? ['advertisement', 'refs', 'pack'] : ['advertisement', 'pack']);
  });

  it('lists what the recipe says, with and without compression', async () => {
    const { refs } = await recipeRepository('plain');
    for (const gzip of [true, false]) {
      const server = await start({ gzip });
      const { stdout } = await git(['ls-remote', '-q', `${server.url}/plain`]);
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => line.split('\t').reverse()),
      ).toEqual(refs);
    }
  });

  it('hands out commits without blobs where that is allowed', async () => {
    const clone = ['clone', '--bare', '--filter=blob:none'];
    const allowed = await git([...clone, `${(await start()).url}/plain.git`, '{new}']);
    expect(allowed.stderr).not.toContain('filtering not recognized');
    const refused = await git([...clone, `${(await start({ filter: false })).url}/plain.git`, '{new}']);
    expect(refused.stderr).toContain('filtering not recognized');
  });

  it('has no repository but those below its root', async () => {
    const server = await start();
    const { code, stderr } = await git(['ls-remote', `${server.url}/absent.git`]);
    expect([code, stderr]).toEqual([128, expect.stringContaining('not found')]);
  });

  it('asks for credentials', async () => {
    const server = await start({ auth: { username: 'u', password: 'p' } });
    const refused = await git(['ls-remote', `${server.url}/plain`]);
    expect(refused.stderr).toContain('could not read Username');
    const { code } = await git(['ls-remote', `http://u:p@127.0.0.1:${server.port}/plain`]);
    expect(code).toBe(0);
  });
});

describe('hostile servers', () => {
  const clone = (server: GitServer, timeout?: number) =>
    git(['clone', '-q', '--bare', `${server.url}/plain.git`, '{new}'], timeout);

  it.each([
    ['status', hostile.only('pack', hostile.status(500)), /500/],
    ['redirect loop', hostile.redirectLoop(), /redirect/i],
    ['truncated pack', hostile.only('pack', hostile.truncateAfter(900)), /early EOF|unexpected disconnect|hung up/],
    [
      'dropped connection',
      hostile.only('pack', hostile.truncateAfter(900, 'drops')),
      /early EOF|disconnect|hung up|transfer closed/,
    ],
    ['changed checksum', hostile.flipPackByte(-1), /corrupt|SHA1|hash|index-pack failed/i],
    [
      'other objects',
      hostile.packWith([['blob', Buffer.from('other\n')]]),
      /missing|did not send|not send all|bad object/,
    ],
    ['boasts', hostile.boastingPack(2 ** 33), /early EOF|inflate|index-pack failed|unpack/],
  ])('are told from good ones by git: %s', async (_, behaviour, message) => {
    const server = await start({ behaviour });
    const { code, stderr } = await clone(server);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it.each([
    ['stall', hostile.stall()],
    ['stall after the headers', hostile.stallAfter(0)],
    ['stall in the pack', hostile.only('pack', hostile.stallAfter(600))],
    ['endless pack', hostile.endlessPack()],
    ['endless zeros', hostile.endlessPack('zeros')],
    ['endless progress', hostile.endlessProgress()],
    ['endless refs', hostile.manyRefs('1'.repeat(40))],
    ['trickle', hostile.trickle(50)],
  ])('go on until the client goes: %s', async (_, behaviour) => {
    const server = await start({ behaviour });
    const { code, stderr } = await clone(server, 700);
    expect(code, stderr).toBe(-1);
  });

  it('make lists and packs that git takes for real', async () => {
    const blob = ['blob', Buffer.from('hello\n')] as const;
    const hash = objectHash(blob);
    const tree = ['tree', Buffer.concat([Buffer.from('100644 a\0'), Buffer.from(hash, 'hex')])] as const;
    const person = 'A <a@example.com> 1600000000 +0000';
    const text = `tree ${objectHash(tree)}\nauthor ${person}\ncommitter ${person}\n\nx\n`;
    const commit = ['commit', Buffer.from(text)] as const;
    for (const protocol of [0, 2] as const) {
      const server = await start({ protocol });
      const list = hostile.refsNamed([['refs/heads/main', objectHash(commit)]]);
      const pack = hostile.packWith([commit, tree, blob]);
      server.behave((exchange) => (exchange.request.stage === 'pack' ? pack(exchange) : list(exchange)));
      const { code, stderr } = await git(['clone', '--bare', '-b', 'main', `${server.url}/plain.git`, '{new}']);
      expect([code, stderr]).toEqual([0, expect.stringContaining('Cloning')]);
    }
  });
});

it('leaves no program behind when a client goes in the middle of a pack', async () => {
  const directory = join(root, 'large.git');
  const env = { PATH: process.env.PATH, HOME: scratch, GIT_CONFIG_NOSYSTEM: '1' };
  execFileSync('git', ['init', '-q', '--bare', '-b', 'main', directory], { env });
  const content = randomBytes(8_000_000);
  const head = `commit refs/heads/main\ncommitter A <a@example.com> 1600000000 +0000\ndata 1\nx\nM 100644 inline a\ndata ${content.length}\n`;
  const input = Buffer.concat([Buffer.from(head), content, Buffer.from('\n')]);
  execFileSync('git', ['--git-dir', directory, 'fast-import', '--quiet'], { env, input });
  const server = await start();
  const { body } = await fetch(`${server.url}/large.git/git-upload-pack`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-git-upload-pack-request', 'git-protocol': 'version=2' },
    body: `0011command=fetch0001000fno-progress0032want ${await headOf(directory)}\n0009done\n0000`,
  });
  const reader = body?.getReader();
  await reader?.read();
  await reader?.cancel();
  await expect.poll(() => programsIn(directory), { timeout: 10_000 }).toEqual([]);
});

async function headOf(directory: string): Promise<string> {
  return (await git(['--git-dir', directory, 'rev-parse', 'main'])).stdout.trim();
}

/** Programs that work in a directory, on Linux. */
function programsIn(directory: string): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc').filter((pid) => {
    try {
      return /^\d+$/.test(pid) && readlinkSync(`/proc/${pid}/cwd`) === realpathSync(directory);
    } catch {
      return false;
    }
  });
}
