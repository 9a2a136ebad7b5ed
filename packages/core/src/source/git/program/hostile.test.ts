// Servers that are broken, slow or hostile: each ends in a clear error within its limit, and the copy serves on.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import * as hostile from '../../../../test/git/hostile.ts';
import { buildRecipe } from '../../../../test/git/recipes.ts';
import { type Behaviour, type GitServer, startGitServer } from '../../../../test/git/server.ts';
import { gitRepositories } from '../cache/index.ts';
import type { GitLimits } from '../driver.ts';
import type { GitRemote, GitRepositories } from '../engine.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-hostile-'));
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
  const repositories = gitRepositories({ directory, engine: 'git', limits, refsMaxAge: 0 });
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
  expect(leftovers(directory)).toEqual([]);
  return failure;
}

const leftovers = (directory: string): string[] =>
  readdirSync(directory, { recursive: true, encoding: 'utf8' }).filter((name) => /tmp_|\.lock$|shallow_/.test(name));

describe('a fetch', () => {
  it.each([
    ['packs without end', hostile.endlessPack(), { fetchBytes: 2 ** 20 }, 'limit_exceeded', /limit of 1048576 bytes/],
    [
      'progress without end',
      hostile.endlessProgress(),
      { fetchMilliseconds: 800 },
      'upstream_timeout',
      /no end within/,
    ],
    ['a stall', hostile.only('pack', hostile.stall()), { idleMilliseconds: 500 }, 'upstream_timeout', /no progress/],
    [
      'a stall in the middle',
      hostile.only('pack', hostile.stallAfter(200)),
      { idleMilliseconds: 500 },
      'upstream_timeout',
      /no progress/,
    ],
    ['a flipped byte', hostile.only('pack', hostile.flipByte(-150)), {}, 'upstream_invalid', /sent something broken/],
    ['an end too early', hostile.only('pack', hostile.truncateAfter(300)), {}, 'upstream_invalid', /broken/],
    ['other objects', hostile.packWith([['blob', Buffer.from('surprise')]]), {}, 'upstream_invalid', /broken|without/],
    ['status 500', hostile.only('pack', hostile.status(500)), {}, 'upstream_unavailable', /cannot answer now/],
    ['a huge object announced', hostile.boastingPack(2 ** 40), {}, 'upstream_invalid', /broken/],
  ] as const)('ends with %s', async (_, behaviour, limits, code, message) => {
    const failure = await fetchBadly(behaviour, limits);
    expect(failure).toMatchObject({ code, message: expect.stringMatching(message) });
    expect((failure as Error).message).not.toContain(scratch);
  });

  it('ends at once when it is cancelled, with its children', async () => {
    const repository = await cache().open(remote());
    const hash = (await repository.refs()).refs[0]?.hash ?? '';
    const abort = new AbortController();
    let children = '';
    server.behave(async (exchange) => {
      if (exchange.request.stage !== 'pack') return exchange.next();
      children = gitChildren();
      abort.abort(new Error('enough'));
      await hostile.stall()(exchange);
    });
    const fetch = repository.fetchCommit({ hash }, { blobs: true, signal: abort.signal });
    await expect(fetch).rejects.toThrow('enough');
    expect(children).toContain('remote-http');
    await expect.poll(gitChildren).toBe('');
  });
});

describe('an old server', () => {
  it.each([
    ['of protocol 0', { protocol: 0, anyHash: false, filter: false }],
    ['that leaves contents out and hands out none', { protocol: 0, anyHash: false, filter: true }],
    ['of protocol 1 without partial clones', { protocol: 1, filter: false }],
  ] as const)('%s gives by name what it does not give by hash', async (_, options) => {
    const old = await startGitServer(join(scratch, 'served'), options);
    const repository = await cache().open({ ...remote(), address: `${old.url}/plain.git` });
    const { refs } = await repository.refs();
    expect(refs.length).toBeGreaterThan(5);
    for (const ref of ['refs/tags/v1.0.0', 'refs/tags/v0.1.0']) {
      const hash = refs.find(({ name }) => name === ref)?.hash ?? '';
      await repository.fetchCommit({ hash, ref }, { blobs: false });
      expect(await repository.readBlob(hash, 'go.mod', { limit: 1000 })).toBeDefined();
      await (await repository.archive(hash, '')).close();
    }
    await repository.fetchHistory();
    const [first, last] = ['refs/tags/v0.1.0', 'HEAD'].map((name) => refs.find((ref) => ref.name === name)?.hash ?? '');
    expect(await repository.ancestors(last ?? '', [first ?? ''])).toEqual(new Set([first]));
    await old.close();
  });
});

describe('a list of refs', () => {
  it.each([
    ['too many', hostile.manyRefs('1'.repeat(40)), { refs: 1000 }, 'limit_exceeded'],
    ['too long', hostile.manyRefs('1'.repeat(40)), { refsBytes: 100_000 }, 'limit_exceeded'],
    ['stalled', hostile.stall(), { idleMilliseconds: 500 }, 'upstream_timeout'],
    ['redirected for ever', hostile.redirectLoop(), {}, 'upstream_invalid'],
    ['gone', hostile.status(410), {}, 'not_found'],
    ['refused', hostile.status(403), {}, 'upstream_unavailable'],
    ['a page', hostile.status(200, { 'Content-Type': 'text/html' }, '<html>hello</html>'), {}, 'upstream_invalid'],
  ] as const)('that is %s is an error', async (_, behaviour, limits, code) => {
    const repository = await cache(limits).open(remote());
    server.behave(behaviour);
    await expect(repository.refs()).rejects.toMatchObject({ code });
    server.behave(undefined);
    expect((await repository.refs()).refs.length).toBeGreaterThan(5);
  });

  it.each([2, 0] as const)('of protocol %i with a line that is no ref is no shorter list', async (protocol) => {
    const lying = await startGitServer(join(scratch, 'served'), { protocol });
    const repository = await cache().open({ ...remote(), address: `${lying.url}/plain.git` });
    const hash = '1'.repeat(40);
    for (const [name, each] of [
      ['refs/tags/v1.0.0', `${hash.slice(1)}g`],
      ['refs/tags/v1.0.0', hash.slice(1)],
      ['refs/tags/v1.0.0 peeled:1', hash],
      ['', hash],
    ] as const) {
      lying.behave(
        hostile.refsNamed([
          ['HEAD', hash],
          [name, each],
        ]),
      );
      await expect(repository.refs()).rejects.toMatchObject({ code: 'upstream_invalid' });
    }
    lying.behave(hostile.refsNamed([['HEAD', hash]]));
    expect((await repository.refs()).refs).toEqual([{ name: 'HEAD', hash }]);
    await lying.close();
  });

  it('drops names that nobody could create, and passes on those that look like options', async () => {
    const hash = '1'.repeat(40);
    const names = [
      'refs/tags/-x',
      'refs/heads/--upload-pack=touch',
      'refs/tags/../../x',
      'refs/pull/1/head',
      'refs/tags/\u3000\u2028',
    ];
    server.behave(hostile.refsNamed(names.map((name) => [name, hash])));
    const repository = await cache().open(remote());
    expect((await repository.refs()).refs.map(({ name }) => name)).toEqual([
      'refs/heads/--upload-pack=touch',
      'refs/tags/-x',
      'refs/tags/\u3000\u2028',
    ]);
    server.behave(undefined);
    const fetch = repository.fetchCommit({ hash, ref: 'refs/heads/--upload-pack=touch' }, { blobs: true });
    await expect(fetch).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('a redirect', () => {
  it('is followed by us, to hosts that may be reached, and remembered', async () => {
    const other = await startGitServer(join(scratch, 'served'));
    server.behave(hostile.redirectTo(other.url));
    const repository = await cache().open(remote());
    const hash = (await repository.refs()).refs[0]?.hash ?? '';
    await repository.fetchCommit({ hash }, { blobs: true });
    expect((await repository.commit(hash))?.hash).toBe(hash);
    // Also where nobody has listed refs before.
    const pinned = await cache().open(remote());
    await pinned.fetchCommit({ hash }, { blobs: true });
    expect((await pinned.commit(hash))?.hash).toBe(hash);
    await other.close();
  });

  it('is forgotten when the server forgets it', async () => {
    const other = await startGitServer(join(scratch, 'served'));
    server.behave(hostile.redirectTo(other.url));
    const repository = await cache().open(remote());
    const { refs } = await repository.refs();
    const [first, second, third] = [...new Set(refs.map(({ hash }) => hash))];
    await repository.fetchCommit({ hash: first ?? '' }, { blobs: true });
    server.behave(undefined);
    other.behave(hostile.status(404));
    // Asked by the list of refs, which finds it where it was at first; then with no list before it.
    await repository.refs();
    await repository.fetchCommit({ hash: second ?? '' }, { blobs: true });
    server.behave(hostile.redirectTo(other.url));
    other.behave(undefined);
    await repository.refs();
    server.behave(undefined);
    other.behave(hostile.status(404));
    await repository.fetchCommit({ hash: third ?? '' }, { blobs: true }).catch(() => {});
    await repository.fetchCommit({ hash: third ?? '' }, { blobs: true });
    await other.close();
  });

  it('is found with the credentials of the address', async () => {
    const other = await startGitServer(join(scratch, 'served'));
    const auth = { username: 'me', password: 'sesame' };
    const closed = await startGitServer(join(scratch, 'served'), { auth, behaviour: hostile.redirectTo(other.url) });
    const hash = (await (await cache().open(remote())).refs()).refs[0]?.hash ?? '';
    const address = `${closed.url.replace('://', '://me:sesame@')}/plain.git`;
    const repository = await cache().open({ ...remote(), address });
    await repository.fetchCommit({ hash }, { blobs: true });
    expect((await repository.commit(hash))?.hash).toBe(hash);
    expect(other.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    await Promise.all([other.close(), closed.close()]);
  });

  it('takes no credentials along', async () => {
    const other = await startGitServer(join(scratch, 'served'));
    server.behave(hostile.redirectTo(other.url.replace('127.0.0.1', 'localhost')));
    const credentials = async () => ({ Authorization: 'Bearer sesame' });
    const repository = await cache().open({ ...remote(), credentials });
    await repository.refs().catch(() => {});
    expect(server.requests.filter(({ headers }) => headers.authorization === 'Bearer sesame').length).toBeGreaterThan(
      0,
    );
    expect(other.requests.filter(({ headers }) => headers.authorization !== undefined)).toEqual([]);
    await other.close();
  });

  it('to nowhere good is refused', async () => {
    server.behave(hostile.redirectTo('http://169.254.169.254'));
    const repository = await cache().open(remote());
    await expect(repository.refs()).rejects.toMatchObject({ code: 'upstream_invalid' });
  });
});

/** Processes of git's whose parent is this process, or that talk to our server. */
function gitChildren(): string {
  const list = execFileSync('ps', ['-eo', 'args'], { encoding: 'utf8' });
  return list
    .split('\n')
    .filter((line) => line.includes(`127.0.0.1:${server.port}`))
    .join('\n');
}
