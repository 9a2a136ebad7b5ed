// Modules that have no version control, from a directory to the real go command, and back: publish, serve, withdraw.

import { createHash } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDirectory } from '@gomodkit/testing';
import { expect, it, vi } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { gomodkit, type ProgramResult, type ServerProgram, serve } from './support/program.ts';

const keep = closeAfterEach();
const lib = 'corp.example.com/lib';
const mid = 'corp.example.com/mid';
const token = 'a-long-random-token';
/** Within which every server follows. */
const promised = 10_000;
/** Every command is a process of its own. */
vi.setConfig({ testTimeout: 180_000 });

interface Site {
  readonly directory: string;
  readonly store: string;
  readonly first: ServerProgram;
  readonly second: ServerProgram;
  /** Runs gomodkit with the credentials of a publisher. */
  run(...args: string[]): Promise<ProgramResult>;
}

/** Two servers on one store, the first of which takes uploads below corp.example.com. */
async function site(): Promise<Site> {
  const directory = keep(await tempDirectory()).path;
  const store = join(directory, 'store');
  const tokens = join(directory, 'tokens');
  const hash = createHash('sha256').update(token).digest('hex');
  await writeFile(tokens, `# publishers\nsha256:${hash} corp.example.com/*\n`, { mode: 0o600 });
  const first = keep(await serve(['--storage', store, '--offline', '--upload-tokens', tokens]));
  const second = keep(await serve(['--storage', store, '--offline']));
  const netrc = join(directory, 'netrc');
  await writeFile(netrc, `machine ${new URL(first.url).host} login ci password ${token}\n`, { mode: 0o600 });
  const env = { PATH: process.env.PATH ?? '', GOENV: 'off', NETRC: netrc };
  return { directory, store, first, second, run: (...args) => gomodkit(args, { env }) };
}

async function moduleAt(directory: string, path: string, files: Record<string, string> = {}): Promise<string> {
  const at = join(directory, path.replaceAll('/', '-') + Object.values(files).join('').length);
  await mkdir(at);
  const all = { 'go.mod': `module ${path}\n\ngo 1.21\n`, 'm.go': 'package m\n', ...files };
  for (const [name, text] of Object.entries(all)) await writeFile(join(at, name), text);
  return at;
}

it('publishes to a server with a token, once, and refuses everybody and everything else', async () => {
  const { directory, store, first, second, run } = await site();
  const at = await moduleAt(directory, lib);
  const published = await run('publish', `${lib}@v1.0.0`, at, '--to', first.url, '--time', '2020-01-02T03:04:05Z');
  expect(published).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^corp\.example\.com\/lib v1\.0\.0 h1:.*\n.*\/go\.mod h1:/),
  });
  const again = await run('publish', `${lib}@v1.0.0`, at, '--storage', store, '--json');
  expect(JSON.parse(again.stdout)).toEqual({ module: lib, version: 'v1.0.0', created: false, goSum: published.stdout });
  expect(await (await fetch(`${second.url}/${lib}/@v/v1.0.0.info`)).json()).toEqual({
    Version: 'v1.0.0',
    Time: '2020-01-02T03:04:05Z',
  });

  const refused: [string[], RegExp][] = [
    [
      [`${lib}@v1.0.0`, await moduleAt(directory, lib, { 'n.go': 'package m\n' }), '--to', first.url],
      /409[\s\S]*another zip/,
    ],
    [
      [`${lib}@v1.1.0`, await moduleAt(directory, 'corp.example.com/else'), '--to', first.url],
      /422[\s\S]*must say module/,
    ],
    [['other.example.com/x@v1.0.0', await moduleAt(directory, 'other.example.com/x'), '--to', first.url], /403/],
    [[`${lib}@v1.1.0`, at, '--to', second.url], /405[\s\S]*upload-tokens/],
  ];
  for (const [args, text] of refused)
    expect(await run('publish', ...args)).toMatchObject({ code: 1, stderr: expect.stringMatching(text) });
  expect(await run('publish', `${lib}@v2.0.0`, at, '--to', first.url)).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('should be v0 or v1'),
  });
  const anonymous = await gomodkit(['publish', `${lib}@v1.1.0`, at, '--to', first.url], {
    env: { PATH: '', NETRC: '/none' },
  });
  expect(anonymous).toMatchObject({ code: 1, stderr: expect.stringMatching(/401/) });
  expect(await (await fetch(`${second.url}/${lib}/@v/list`)).text()).toBe('v1.0.0\n');
  expect(first.stdout + first.stderr + published.stderr).not.toContain(token);
});

it('does not start with a file of tokens that others can read, or that is none', async () => {
  const directory = keep(await tempDirectory()).path;
  const tokens = join(directory, 'tokens');
  const start = () =>
    gomodkit(['serve', '--storage', join(directory, 'store'), '--offline', '--upload-tokens', tokens]);
  expect(await start()).toMatchObject({ code: 2, stderr: expect.stringContaining('tokens does not exist') });
  await writeFile(tokens, 'sha256:00 *\n');
  await chmod(tokens, 0o644);
  expect(await start()).toMatchObject({ code: 2, stderr: expect.stringContaining('chmod 600') });
  await chmod(tokens, 0o600);
  expect(await start()).toMatchObject({ code: 2, stderr: expect.stringContaining('line 1') });
});

describeWithGo('a withdrawn version', () => {
  it('is refused with its reason and unlisted in both servers within 10 s; graphs that mention it still load', async () => {
    const { directory, store, first, second, run } = await site();
    const requires = `module ${mid}\n\ngo 1.21\n\nrequire ${lib} v1.1.0\n`;
    const libAt = await moduleAt(directory, lib);
    for (const version of ['v1.0.0', 'v1.1.0']) await run('publish', `${lib}@${version}`, libAt, '--storage', store);
    await run('publish', `${mid}@v1.0.0`, await moduleAt(directory, mid, { 'go.mod': requires }), '--storage', store);

    const goMod = `module example.com/main\n\ngo 1.21\n\nrequire (\n\t${lib} v1.1.0\n\t${mid} v1.0.0\n)\n`;
    const before = keep(await goWith(second.url, { 'go.mod': goMod }));
    await before.run('mod', 'download', 'all');
    expect((await before.run('list', '-m', '-versions', lib)).stdout).toBe(`${lib} v1.0.0 v1.1.0\n`);

    const withdrawn = await run('withdraw', `${lib}@v1.1.0`, '--reason', 'leaks a key, use v1.2.0', '--storage', store);
    expect(withdrawn).toMatchObject({ code: 0, stdout: expect.stringContaining('withdrawn (block)') });
    const start = Date.now();
    for (const { url } of [first, second]) {
      const status = async () => (await fetch(`${url}/${lib}/@v/v1.1.0.zip`)).status;
      await vi.waitFor(async () => expect(await status()).toBe(403), { timeout: promised, interval: 200 });
    }
    expect(Date.now() - start).toBeLessThan(promised + 2_000);
    await run('publish', `${lib}@v1.2.0`, libAt, '--storage', store);

    const latest = goMod.replace('v1.1.0', 'v1.2.0');
    const after = keep(await goWith(second.url, { 'go.mod': latest }));
    // The graph reads the .mod of v1.1.0, which mid requires.
    expect((await after.run('list', '-m', 'all')).stdout).toContain(`${lib} v1.2.0\n`);
    expect((await after.run('mod', 'graph')).stdout).toContain(`${mid}@v1.0.0 ${lib}@v1.1.0\n`);
    await expect(after.run('mod', 'download', `${lib}@v1.1.0`)).rejects.toThrow(
      /was withdrawn on .*: leaks a key, use v1\.2\.0/,
    );
    expect((await run('withdraw', '--list', '--storage', store)).stdout).toMatch(
      /^corp\.example\.com\/lib@v1\.1\.0 withdrawn \(block\)/,
    );
  });

  it('is passed over by @latest and lists, gone with 410, and back when it is reinstated', async () => {
    const { directory, store, second, run } = await site();
    const libAt = await moduleAt(directory, lib);
    for (const version of ['v1.0.0', 'v1.1.0']) await run('publish', `${lib}@${version}`, libAt, '--storage', store);
    await run('withdraw', `${lib}@v1.1.0`, '--reason', 'a mistake', '--gone', '--storage', store);
    const follows = (text: string) =>
      vi.waitFor(async () => expect(await (await fetch(`${second.url}/${lib}/@v/list`)).text()).toBe(text), {
        timeout: promised,
        interval: 200,
      });
    await follows('v1.0.0\n');
    const go = keep(await goWith(second.url, { 'go.mod': 'module example.com/main\n\ngo 1.21\n' }));
    expect((await go.run('list', '-m', `${lib}@latest`)).stdout).toBe(`${lib} v1.0.0\n`);
    expect((await fetch(`${second.url}/${lib}/@v/v1.1.0.zip`)).status).toBe(410);
    const undone = await run('withdraw', `${lib}@v1.1.0`, '--undo', '--reason', 'was none', '--storage', store);
    expect(undone.code).toBe(0);
    await follows('v1.0.0\nv1.1.0\n');
    const history = (await run('withdraw', '--history', '--json', '--storage', store)).stdout.trim().split('\n');
    expect(history.map((line) => JSON.parse(line).type)).toEqual(['withdraw', 'reinstate']);
  });
});
