// Servers that are broken, slow or hostile: each ends in a clear error within its limit, and the copy serves on.

import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as hostile from '../../../../test/git/hostile.ts';
import { buildRecipe } from '../../../../test/git/recipes.ts';
import { type Behaviour, type GitServer, startGitServer } from '../../../../test/git/server.ts';
import { gitRepositories } from '../cache/index.ts';
import type { GitLimits } from '../driver.ts';
import type { GitRemote, GitRepositories } from '../engine.ts';

const scratch = mkdtempSync(join(tmpdir(), 'isomorphic-hostile-'));
let server: GitServer;
let opened: GitRepositories[] = [];

beforeAll(async () => {
  await buildRecipe('plain', join(scratch, 'served', 'plain.git'));
  server = await startGitServer(join(scratch, 'served'));
});
afterEach(async () => {
  server.behave(undefined);
  for (const each of opened) await each.close();
  opened = [];
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

let directories = 0;
function cache(limits: Partial<GitLimits> = {}, directory = join(scratch, `cache-${directories++}`)) {
  const repositories = gitRepositories({ directory, engine: 'isomorphic', limits, refsMaxAge: 0 });
  opened.push(repositories);
  return repositories;
}
const remote = (): GitRemote => ({
  url: 'https://git.example.com/plain',
  address: `${server.url}/plain.git`,
  trusted: true,
});

/** Fetches HEAD while the server behaves like this, and says how that ended; then well, which has to work. */
async function fetchBadly(behaviour: Behaviour, limits: Partial<GitLimits> = {}): Promise<unknown> {
  const directory = join(scratch, `cache-${directories++}`);
  const repository = await cache(limits, directory).open(remote());
  const hash = (await repository.refs()).refs[0]?.hash ?? '';
  server.behave(behaviour);
  const failure = await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true }).catch((error: unknown) => error);
  server.behave(undefined);
  await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
  const archive = await repository.archive(hash, '');
  expect(archive.files.map(({ path }) => path)).toContain('go.mod');
  await archive.close();
  expect(files(directory, /tmp_/)).toEqual([]);
  return failure;
}

const files = (directory: string, pattern: RegExp): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => pattern.test(name));
const inPack = (behaviour: Behaviour): Behaviour => hostile.only('pack', behaviour);
const flushes: Behaviour = ({ response }) => {
  response.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-result' });
  response.end('0000'.repeat(100_000));
};

describe('a fetch', () => {
  it.each([
    ['a pack without end', hostile.endlessPack(), { packMemory: 2 ** 20 }, 'needs_git_engine', /1048576 bytes/],
    ['a pack beyond what may come', hostile.endlessPack(), { fetchBytes: 2 ** 20 }, 'limit_exceeded', /1048576 bytes/],
    ['what unpacks without end', hostile.endlessPack('zeros'), { packMemory: 2 ** 20 }, 'needs_git_engine', /1048576/],
    [
      'progress without end',
      hostile.endlessProgress(),
      { fetchMilliseconds: 800 },
      'upstream_timeout',
      /longer than 800/,
    ],
    ['a stall', inPack(hostile.stall()), { idleMilliseconds: 500 }, 'upstream_timeout', /no answer/],
    [
      'a stall in the middle',
      inPack(hostile.stallAfter(200)),
      { idleMilliseconds: 500 },
      'upstream_timeout',
      /nothing more came/,
    ],
    ['an end too early', inPack(hostile.truncateAfter(300)), {}, 'upstream_invalid', /ends in the middle/],
    ['a lost connection', inPack(hostile.truncateAfter(300, 'drops')), {}, 'upstream_unavailable', /closed|reset/],
    ['other objects', hostile.packWith([['blob', Buffer.from('surprise')]]), {}, 'upstream_invalid', /did not send/],
    ['status 500', inPack(hostile.status(500)), {}, 'upstream_unavailable', /500/],
    ['a huge object announced', hostile.boastingPack(2 ** 40), {}, 'upstream_invalid', /broken/],
    ['empty lines without end', inPack(flushes), {}, 'upstream_invalid', /empty lines/],
    ['no protocol', inPack(hostile.status(200, {}, 'hello')), {}, 'upstream_invalid', /no protocol/],
  ] as const)('ends with %s', async (_, behaviour, limits, code, message) => {
    const failure = await fetchBadly(behaviour, limits);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((failure as Error).message).not.toContain(scratch);
  });

  it('does not keep what has a wrong byte, wherever that is', async () => {
    for (let at = 10; at < 900; at += 89) {
      const failure = await fetchBadly(inPack(hostile.flipByte(-at)));
      const codes = ['upstream_invalid', 'not_found', 'upstream_unavailable'];
      // What is changed may be a message of progress.
      if (failure !== undefined) expect(codes).toContain((failure as { code?: string }).code);
    }
  });

  it('ends at once when it is cancelled', async () => {
    const repository = await cache().open(remote());
    const hash = (await repository.refs()).refs[0]?.hash ?? '';
    const abort = new AbortController();
    let gone = false;
    server.behave(async (exchange) => {
      if (exchange.request.stage !== 'pack') return exchange.next();
      abort.abort(new Error('enough'));
      await hostile.stall()(exchange);
      gone = true;
    });
    const fetch = repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true, signal: abort.signal });
    await expect(fetch).rejects.toThrow('enough');
    await expect.poll(() => gone).toBe(true);
  });
});

describe('a list of refs', () => {
  it.each([
    ['too many', hostile.manyRefs('1'.repeat(40), 2000), { refs: 1000 }, 'limit_exceeded'],
    ['too long', hostile.manyRefs('1'.repeat(40)), { refsBytes: 100_000 }, 'limit_exceeded'],
    ['stalled', hostile.stall(), { idleMilliseconds: 500 }, 'upstream_timeout'],
    ['cut off', hostile.only('refs', hostile.truncateAfter(100)), {}, 'upstream_invalid'],
    ['redirected for ever', hostile.redirectLoop(), {}, 'upstream_invalid'],
    ['gone', hostile.status(410), {}, 'not_found'],
    ['refused', hostile.status(403), {}, 'upstream_unavailable'],
    ['no git', hostile.status(200, {}, '<html>hello</html>'), {}, 'upstream_invalid'],
  ] as const)('that is %s is an error', async (_, behaviour, limits, code) => {
    const repository = await cache(limits).open(remote());
    server.behave(behaviour);
    await expect(repository.refs()).rejects.toMatchObject({ code });
    server.behave(undefined);
    expect((await repository.refs()).refs.length).toBeGreaterThan(5);
  });

  it('drops names that nobody could create, and passes on those that look like options', async () => {
    const hash = '1'.repeat(40);
    const names = [
      'refs/tags/-x',
      'refs/heads/--x=y',
      'refs/tags/../../x',
      'refs/tags/a~b',
      'refs/pull/1/head',
      'refs/tags/\u3000\u2028',
    ];
    server.behave(hostile.refsNamed(names.map((name) => [name, hash])));
    const repository = await cache().open(remote());
    const expected = ['refs/heads/--x=y', 'refs/tags/-x', 'refs/tags/\u3000\u2028'];
    expect((await repository.refs()).refs.map(({ name }) => name)).toEqual(expected);
  });

  it.each([
    ['ssh://git@example.com/x', 'needs_git_engine'],
    ['http://example.com/x', 'denied'],
  ])('at %s is for others', async (address, code) => {
    const repository = await cache().open({ url: address, address });
    await expect(repository.refs()).rejects.toMatchObject({ code });
  });
});

describe('a redirect', () => {
  it('holds for what is asked next', async () => {
    const other = await startGitServer(join(scratch, 'served'));
    server.clear();
    server.behave(hostile.redirectTo(other.url));
    const repository = await cache().open(remote());
    const hash = (await repository.refs()).refs[0]?.hash ?? '';
    await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
    expect((await repository.commit(hash))?.hash).toBe(hash);
    expect(server.requests.filter(({ method }) => method === 'POST')).toEqual([]);
    await other.close();
  });

  it('takes no credentials along', async () => {
    const other = await startGitServer(join(scratch, 'served'));
    server.clear();
    server.behave(hostile.redirectTo(other.url.replace('127.0.0.1', 'localhost')));
    const credentials = async () => ({ Authorization: 'Bearer sesame' });
    const repository = await cache().open({ ...remote(), credentials });
    await repository.refs();
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer sesame']);
    expect(other.requests.length).toBeGreaterThan(1);
    expect(other.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    await other.close();
  });

  it('to nowhere good is refused', async () => {
    server.behave(hostile.redirectTo('http://169.254.169.254'));
    const repository = await cache().open(remote());
    await expect(repository.refs()).rejects.toMatchObject({ code: 'upstream_invalid' });
  });
});

describe('credentials', () => {
  it('are sent when asked, from the address too', async () => {
    const guarded = await startGitServer(join(scratch, 'served'), { auth: { username: 'u', password: 'p@ss' } });
    const address = `${guarded.url}/plain.git`;
    const without = await cache().open({ ...remote(), address });
    await expect(without.refs()).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(/credentials/),
    });
    const repository = await cache().open({ ...remote(), address: address.replace('://', '://u:p%40ss@') });
    const hash = (await repository.refs()).refs[0]?.hash ?? '';
    await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
    expect(await repository.commit(hash)).toBeDefined();
    await guarded.close();
  });
});

describe('a damaged copy', () => {
  it.each([
    ['a truncated pack', (pack: string) => truncateSync(pack, 100)],
    ['a lost pack', (pack: string) => rmSync(pack)],
    ['a truncated index', (pack: string) => truncateSync(pack.replace(/pack$/, 'idx'), 1100)],
    ['leftovers of a killed fetch', (pack: string) => writeFileSync(join(pack, '..', 'tmp_1'), 'x')],
  ])('with %s is made anew, with its history', async (_, damage) => {
    const directory = join(scratch, `cache-${directories++}`);
    const first = cache({}, directory);
    const repository = await first.open(remote());
    const { refs } = await repository.refs();
    const [hash, oldest] = ['HEAD', 'refs/tags/v0.1.0'].map(
      (name) => refs.find((ref) => ref.name === name)?.hash ?? '',
    );
    await repository.fetchCommit({ hash: hash ?? '', ref: 'HEAD' }, { blobs: true });
    await repository.fetchHistory();
    await first.close();
    for (const pack of files(directory, /\.pack$/)) damage(join(directory, pack));
    const again = await cache({}, directory).open(remote());
    expect([[], [hash]]).toContainEqual(await again.findCommits(hash?.slice(0, 12) ?? ''));
    await again.fetchCommit({ hash: hash ?? '', ref: 'HEAD' }, { blobs: true });
    const archive = await again.archive(hash ?? '', '');
    expect(archive.files.map(({ path }) => path)).toContain('go.mod');
    await archive.close();
    await again.fetchHistory();
    expect(await again.ancestors(hash ?? '', [oldest ?? ''])).toEqual(new Set([oldest]));
  });
});
