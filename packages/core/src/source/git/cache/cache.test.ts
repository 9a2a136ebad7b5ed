// What the cache promises: one copy for all, gentle to hosts, bounded, whole after damage and kills, shared by processes.

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { buildRecipes } from '../../../../test/git/recipes.ts';
import { type GitServer, startGitServer } from '../../../../test/git/server.ts';
import { suiteEngines } from '../../../../test/git/suite-engines.ts';
import type { GitRemote, GitRepositories, GitRepository } from '../engine.ts';
import { type GitCacheEvent, type GitCacheOptions, gitRepositories } from './index.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-cache-'));
const names = ['plain', 'layouts', 'history'];
let server: GitServer;
let opened: GitRepositories[] = [];
let events: GitCacheEvent[] = [];
let directory = '';
let count = 0;

beforeAll(async () => {
  await buildRecipes(names, join(scratch, 'served'));
  server = await startGitServer(join(scratch, 'served'));
});
afterEach(async () => {
  for (const each of opened) await each.close();
  opened = [];
  events = [];
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

const remoteOf = (name: string): GitRemote => ({
  url: `https://git.example.com/${name}`,
  address: `${server.url}/${name}.git`,
  trusted: true,
});

async function headOf(repository: GitRepository): Promise<string> {
  return (await repository.refs()).refs.find(({ name }) => name === 'HEAD')?.hash ?? '';
}

/** Fetches HEAD, reads it, and gives the repository back. */
async function use(repositories: GitRepositories, name: string): Promise<void> {
  const repository = await repositories.open(remoteOf(name));
  const hash = await headOf(repository);
  await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
  const archive = await repository.archive(hash, '');
  expect(archive.files.length).toBeGreaterThan(2);
  await archive.close();
  await repository.close();
}

const copies = (): string[] =>
  readdirSync(join(directory, 'copies')).map((name) => name.replace(/-[0-9a-f]{24}-.*/, ''));
const fetches = (): number => server.requests.filter(({ stage }) => stage === 'pack').length;

describe.each(suiteEngines)('with the engine %s, the cache', (engine) => {
  const cache = (options: Partial<GitCacheOptions> = {}): GitRepositories => {
    const onEvent = (event: GitCacheEvent): void => void events.push(event);
    const repositories = gitRepositories({ directory, engine, onEvent, ...options });
    opened.push(repositories);
    return repositories;
  };
  const fresh = (options: Partial<GitCacheOptions> = {}): GitRepositories => {
    directory = join(scratch, `cache-${count++}`);
    server.clear();
    return cache(options);
  };

  it('asks once for what many want at once', async () => {
    const repository = await fresh().open(remoteOf('plain'));
    await Promise.all(Array.from({ length: 8 }, () => repository.refs()));
    expect(server.requests.filter(({ stage }) => stage === 'advertisement').length).toBe(1);
    const hash = await headOf(repository);
    await Promise.all(Array.from({ length: 8 }, () => repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true })));
    expect(events.filter((event) => event.type === 'remote' && event.what === 'commit').length).toBe(1);
    await repository.close();
  });

  it('brings with one request what several wait for, and fails nobody for what others want', async () => {
    const repository = await fresh().open(remoteOf('history'));
    const { refs } = await repository.refs();
    const hashes = [...new Set(refs.map(({ hash }) => hash))];
    expect(hashes.length).toBeGreaterThan(3);
    const absent = 'f'.repeat(40);
    const wanted = [hashes[0] ?? '', absent, ...hashes.slice(1)];
    const fetched = wanted.map((hash) => repository.fetchCommit({ hash }, { blobs: true }));
    const ends = await Promise.allSettled(fetched);
    expect(ends.map(({ status }) => status)).toEqual(
      wanted.map((hash) => (hash === absent ? 'rejected' : 'fulfilled')),
    );
    for (const hash of hashes) expect(await repository.commit(hash)).toMatchObject({ hash });
    await repository.close();

    const together = await fresh().open(remoteOf('history'));
    await together.refs();
    await Promise.all(hashes.map((hash) => together.fetchCommit({ hash }, { blobs: true })));
    // The first is on its way before the others are known.
    if (engine === 'git') expect(fetches()).toBeLessThanOrEqual(2);
    await together.close();
  });

  it('fails nobody for the lock that a killed git left on what others want', async () => {
    const repository = await fresh().open(remoteOf('history'));
    const hashes = [...new Set((await repository.refs()).refs.map(({ hash }) => hash))];
    await repository.fetchCommit({ hash: hashes[0] ?? '' }, { blobs: true });
    const copy = join(directory, 'copies', readdirSync(join(directory, 'copies'))[0] ?? '', 'repository');
    if (engine === 'git') writeFileSync(join(copy, 'refs/gomodkit', `${hashes.at(-1)}.lock`), '');
    await Promise.all(hashes.map((hash) => repository.fetchCommit({ hash }, { blobs: true })));
    for (const hash of hashes) expect(await repository.commit(hash)).toMatchObject({ hash });
    await repository.close();
  });

  it('asks again for refs that are too old', async () => {
    const repository = await fresh({ refsMaxAge: 60_000 }).open(remoteOf('plain'));
    await repository.refs();
    const once = server.requests.length;
    await repository.refs();
    expect(server.requests.length).toBe(once);
    await repository.refs({ maxAge: 0 });
    expect(server.requests.length).toBe(2 * once);
    await repository.close();
  });

  it('is shared by several, also over restarts', async () => {
    const [first, second] = [fresh(), cache()];
    await use(first, 'plain');
    const before = fetches();
    await use(second, 'plain');
    await first.close();
    await use(cache(), 'plain');
    expect(fetches()).toBe(before);
  });

  it('evicts what was unused for longest, and nothing that is open', async () => {
    const repositories = fresh({ maxBytes: 1 });
    const held = await repositories.open(remoteOf('plain'));
    const hash = await headOf(held);
    await held.fetchCommit({ hash }, { blobs: true });
    await use(repositories, 'layouts');
    await use(repositories, 'history');
    const kept = ['plain', 'history'].map((name) => expect.stringContaining(name));
    expect(copies().sort()).toEqual(kept.sort((a, b) => `${a.sample}`.localeCompare(`${b.sample}`)));
    expect(events.filter(({ type }) => type === 'evicted').length).toBe(1);
    expect(await held.readBlob(hash, 'go.mod', { limit: 1000 })).toBeDefined();
    expect(readdirSync(join(directory, 'trash'))).toEqual([]);
    await held.close();
  });

  it('fetches anew what was damaged', async () => {
    const repositories = fresh();
    await use(repositories, 'layouts');
    const packs = join(directory, 'copies', readdirSync(join(directory, 'copies'))[0] ?? '', 'repository/objects/pack');
    for (const name of readdirSync(packs)) if (name.endsWith('.pack')) truncateSync(join(packs, name), 40);
    const before = fetches();
    await use(cache(), 'layouts');
    const after = fetches();
    expect(after).toBeGreaterThan(before);
    await use(cache(), 'layouts');
    expect(fetches()).toBe(after);
  });

  it('knows ancestors also where somebody threw the copy away since their history was fetched', async () => {
    const repositories = fresh();
    const [repository, other] = [
      await repositories.open(remoteOf('history')),
      await repositories.open(remoteOf('history')),
    ];
    const hash = await headOf(repository);
    const all = [...new Set((await repository.refs()).refs.map((ref) => ref.hash))];
    await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
    await repository.fetchHistory();
    const before = await repository.ancestors(hash, all);
    expect(before.size).toBeGreaterThan(1);
    await expect(other.readBlob('f'.repeat(40), 'go.mod', { limit: 1000 })).rejects.toThrow();
    expect(events.filter(({ type }) => type === 'discarded').length).toBe(1);
    await other.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
    expect(await repository.ancestors(hash, all)).toEqual(before);
    await other.close();
    await repository.close();
  });

  it('fetches anew what was deleted', async () => {
    const repositories = fresh();
    await use(repositories, 'layouts');
    rmSync(join(directory, 'copies'), { recursive: true });
    await use(repositories, 'layouts');
    await use(repositories, 'plain');
  });

  it('does not take history for fetched that a killed process threw away', async () => {
    const repositories = fresh();
    const repository = await repositories.open(remoteOf('history'));
    const head = await headOf(repository);
    const first = (await repository.refs()).refs.find(({ name }) => name === 'refs/tags/v0.1.0')?.hash ?? '';
    await repository.fetchHistory();
    await repositories.close();
    const copy = join(directory, 'copies', readdirSync(join(directory, 'copies'))[0] ?? '');
    renameSync(join(copy, 'repository'), join(directory, 'trash', 'somebody'));
    const again = await cache().open(remoteOf('history'));
    await again.fetchCommit({ hash: head, ref: 'HEAD' }, { blobs: false });
    await again.fetchHistory();
    expect(await again.ancestors(head, [first])).toEqual(new Set([first]));
    await again.close();
  });

  it('is used for as long as somebody uses it, whoever comes and goes', async () => {
    const repositories = fresh({ maxBytes: 1 });
    const [first, second] = [await repositories.open(remoteOf('plain')), await repositories.open(remoteOf('plain'))];
    const hash = await headOf(first);
    await first.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
    // The second opens the copy in the very turn in which the first gives it back.
    await Promise.all([second.commit(hash), first.close()]);
    const users = join(directory, 'copies', readdirSync(join(directory, 'copies'))[0] ?? '', 'users');
    expect(readdirSync(users)).toHaveLength(1);
    await second.close();
    expect(readdirSync(users)).toEqual([]);
  });

  it('keeps what came without certificates to those who ask for it so', async () => {
    const repositories = fresh({ refsMaxAge: 60_000 });
    const [insecure, secure] = [true, false].map((each) =>
      repositories.open({ ...remoteOf('plain'), insecure: each || undefined }),
    );
    const hash = await headOf((await insecure) as GitRepository);
    await (await insecure)?.fetchCommit({ hash, ref: 'HEAD' }, { blobs: false });
    const before = server.requests.length;
    expect(await headOf((await secure) as GitRepository)).toBe(hash);
    expect(server.requests.length).toBeGreaterThan(before);
    expect(await (await secure)?.commit(hash)).toBeUndefined();
  });

  it('names nothing after what may be secret', async () => {
    const repositories = fresh();
    const { address, url } = remoteOf('plain');
    const token = address.replace('://', '://ghp-sesame@');
    const repository = await repositories.open({ url, address: token, trusted: true });
    await repository.fetchCommit({ hash: await headOf(repository), ref: 'HEAD' }, { blobs: false });
    expect(readdirSync(directory, { recursive: true }).join('\n')).not.toContain('sesame');
  });

  it('does any number of things at once without a word of warning', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    const repository = await fresh().open(remoteOf('plain'));
    await Promise.all(Array.from({ length: 30 }, () => repository.refs()));
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', onWarning);
    expect(warnings).toEqual([]);
  });

  it('says what is wrong with its directory', async () => {
    directory = join(scratch, `cache-${count++}`);
    writeFileSync(directory, 'a file');
    const repositories = cache();
    const failure = await repositories.open(remoteOf('plain')).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'storage_unavailable', message: expect.stringContaining(directory) });
  });

  it('takes over from processes that ended', async () => {
    await use(fresh(), 'plain');
    const copy = join(directory, 'copies', readdirSync(join(directory, 'copies'))[0] ?? '');
    const [dead, old] = [readdirSync(join(directory, 'scratch'))[0]?.replace(/-\d+-/, '-999999999-') ?? '', 'somebody'];
    writeFileSync(join(copy, 'lock'), dead);
    writeFileSync(join(copy, 'users', dead), '');
    const past = new Date(Date.now() - 3_600_000);
    for (const place of ['scratch', 'trash']) {
      for (const name of [dead, old]) {
        mkdirSync(join(directory, place, name), { recursive: true });
        utimesSync(join(directory, place, name), past, past);
      }
    }
    await use(cache(), 'plain');
    expect(existsSync(join(copy, 'lock'))).toBe(false);
    for (const place of ['scratch', 'trash']) {
      const left = readdirSync(join(directory, place));
      expect(left).not.toContain(dead);
      expect(left).not.toContain(old);
    }
  });

  it('ends everything when it closes', async () => {
    const repositories = fresh();
    const repository = await repositories.open(remoteOf('plain'));
    server.behave(({ gone }) => new Promise((resolve) => gone.addEventListener('abort', () => resolve())));
    const refs = repository.refs();
    const ended = expect(refs).rejects.toMatchObject({ code: 'closed' });
    await expect.poll(() => server.requests.length).toBeGreaterThan(0);
    await repositories.close();
    await ended;
    server.behave(undefined);
    await expect(repositories.open(remoteOf('plain'))).rejects.toMatchObject({ code: 'closed' });
    expect(readdirSync(join(directory, 'scratch'))).toEqual([]);
  });
});

describe('options', () => {
  it.each([
    { directory: '' },
    { engine: 'svn' },
    { maxBytes: 0 },
    { refsMaxAge: -1 },
    { perHost: { concurrency: 0 } },
    { perHost: { concurrency: 1.5 } },
    { limits: { refs: Number.NaN } },
  ])('refuses %j', (options) => {
    expect(() => gitRepositories({ directory: 'x', ...(options as object) })).toThrow(
      expect.objectContaining({ code: 'invalid_argument' }),
    );
  });

  it('asks for a git program that is there', async () => {
    const directory = join(scratch, 'none');
    const none = gitRepositories({ directory, engine: 'git', program: '/nonexistent/git' });
    await expect(none.engine()).rejects.toMatchObject({ code: 'unsupported' });
    await none.close();
    const either = gitRepositories({ directory, program: '/nonexistent/git' });
    expect(await either.engine()).toBe('isomorphic-git');
    await either.close();
  });
});
