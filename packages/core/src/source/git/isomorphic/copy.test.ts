// What is asked of servers, and how little of it twice.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRecipe, peeledRefs, recipeRepository } from '../../../../test/git/recipes.ts';
import { type GitServer, startGitServer } from '../../../../test/git/server.ts';
import { networkGuard } from '../../network-guard.ts';
import { defaultGitLimits, type EngineCopy } from '../driver.ts';
import type { GitRemote } from '../engine.ts';
import { isomorphicDriver } from './driver.ts';

const scratch = mkdtempSync(join(tmpdir(), 'isomorphic-copy-'));
const root = join(scratch, 'served');
const driver = isomorphicDriver({ limits: defaultGitLimits, network: networkGuard() });
let server: GitServer;
let old: GitServer;

beforeAll(async () => {
  for (const name of ['history', 'plain']) await buildRecipe(name, join(root, `${name}.git`));
  server = await startGitServer(root);
  old = await startGitServer(root, { protocol: 0, anyHash: false });
});
afterAll(async () => {
  await Promise.all([server.close(), old.close()]);
  rmSync(scratch, { recursive: true, force: true });
});

let copies = 0;
async function newCopy(): Promise<{ copy: EngineCopy; directory: string }> {
  const directory = join(scratch, `copy-${copies++}`);
  mkdirSync(directory);
  await driver.createCopy(directory, 'sha1');
  return { copy: await driver.openCopy(directory, 'sha1'), directory };
}
const remote = (name: string, at: GitServer = server): GitRemote => {
  const address = `${at.url}/${name}.git`;
  return { url: address, address, trusted: true };
};
const git = (name: string, args: readonly string[], input = ''): string =>
  execFileSync(
    'git',
    [`--git-dir=${join(root, `${name}.git`)}`, '-c', 'user.name=A', '-c', 'user.email=a@b.c', ...args],
    {
      input,
      encoding: 'utf8',
    },
  ).trim();
const commit = (name: string, parent?: string): string => {
  const tree = git(name, ['mktree']);
  return git(name, ['commit-tree', '-m', `${copies}`, ...(parent === undefined ? [] : ['-p', parent]), tree]);
};

describe('servers that speak the oldest protocol only', () => {
  it('are asked for refs and commits all the same', async () => {
    const { refs } = await driver.listRefs(remote('history', old));
    expect(refs).toEqual(peeledRefs((await recipeRepository('history')).refs));
    const { copy } = await newCopy();
    for (const { hash, name } of refs) {
      await copy.fetchCommit(remote('history', old), { hash, ref: name }, { blobs: true });
      expect(await copy.has(hash)).toBe(true);
    }
    await copy.close();
  });
});

describe('a commit', () => {
  it('comes alone', async () => {
    const { copy } = await newCopy();
    const head = git('history', ['rev-parse', 'refs/heads/main']);
    await copy.fetchCommit(remote('history'), { hash: head, ref: 'refs/heads/main' }, { blobs: false });
    expect(await copy.findCommits(git('history', ['rev-parse', `${head}^`]))).toEqual([]);
    expect(await copy.findCommits(head.slice(0, 7))).toEqual([head]);
    await copy.close();
  });

  it('that a ref has left is found by its hash', async () => {
    const { copy } = await newCopy();
    const first = git('plain', ['rev-parse', 'HEAD']);
    git('plain', ['update-ref', 'refs/heads/moves', commit('plain', first)]);
    await copy.fetchCommit(remote('plain'), { hash: first, ref: 'refs/heads/moves' }, { blobs: false });
    expect(await copy.has(first)).toBe(true);
    await copy.close();
  });

  it('that no ref leads to stays unknown, though the server would hand it out', async () => {
    const { copy } = await newCopy();
    const stray = commit('plain');
    const fetch = copy.fetchCommit(remote('plain'), { hash: stray }, { blobs: false });
    await expect(fetch).rejects.toMatchObject({ code: 'not_found' });
    git('plain', ['update-ref', 'refs/pull/1/head', stray]);
    const again = copy.fetchCommit(remote('plain'), { hash: stray }, { blobs: false });
    await expect(again).rejects.toMatchObject({ code: 'not_found' });
    await copy.close();
  });

  it('comes from a repository without HEAD, too', async () => {
    git('history', ['symbolic-ref', 'HEAD', 'refs/heads/nowhere']);
    const { refs } = await driver.listRefs(remote('history'));
    expect(refs.map(({ name }) => name)).not.toContain('HEAD');
    const { copy } = await newCopy();
    const [first] = refs;
    await copy.fetchCommit(remote('history'), { hash: first?.hash ?? '', ref: first?.name }, { blobs: true });
    await copy.fetchHistory(remote('history'), { objectFormat: 'sha1', refs });
    for (const { hash } of refs) expect(await copy.has(hash)).toBe(true);
    git('history', ['symbolic-ref', 'HEAD', 'refs/heads/main']);
    await copy.close();
  });
});

describe('the history', () => {
  const packs = (directory: string): string[] =>
    readdirSync(join(directory, 'objects/pack')).filter((name) => name.endsWith('.pack'));

  it('comes once, then what is new, for every process', async () => {
    const { copy, directory } = await newCopy();
    const before = await driver.listRefs(remote('history'));
    await copy.fetchHistory(remote('history'), before);
    server.clear();
    await copy.fetchHistory(remote('history'), before);
    expect(server.requests).toEqual([]);

    const main = git('history', ['rev-parse', 'refs/heads/main']);
    const next = commit('history', main);
    git('history', ['update-ref', 'refs/heads/main', next]);
    await copy.fetchHistory(remote('history'), await driver.listRefs(remote('history')));
    expect(server.requests.at(-1)?.body).toContain(`have ${main}`);
    expect(packs(directory).length).toBe(2);
    expect(await copy.ancestors(next, [main, '1'.repeat(40)])).toEqual(new Set([main]));

    const other = await driver.openCopy(directory, 'sha1');
    expect(await other.ancestors(next, [main])).toEqual(new Set([main]));
    const later = commit('history', next);
    git('history', ['update-ref', 'refs/heads/main', later]);
    await copy.fetchCommit(remote('history'), { hash: later, ref: 'refs/heads/main' }, { blobs: true });
    expect(await other.has(later)).toBe(true);
    await other.close();
    await copy.close();
  });

  it('is packed so that git can read it', async () => {
    const { copy, directory } = await newCopy();
    const refs = await driver.listRefs(remote('history'));
    await copy.fetchHistory(remote('history'), refs);
    const hashes = refs.refs.map(({ hash }) => hash);
    const listed = execFileSync('git', [`--git-dir=${directory}`, 'rev-list', '--objects', ...hashes], {
      encoding: 'utf8',
    });
    expect(listed.split('\n').length).toBeGreaterThan(10);
    execFileSync('git', [`--git-dir=${directory}`, 'fsck', '--full', '--strict'], { stdio: 'pipe' });
    await copy.close();
  });
});

it('a closed copy reads no more', async () => {
  const { copy } = await newCopy();
  const head = git('plain', ['rev-parse', 'HEAD']);
  await copy.fetchCommit(remote('plain'), { hash: head, ref: 'HEAD' }, { blobs: true });
  const { files } = await copy.archive(head, '', { scratch });
  await copy.close();
  await copy.close();
  await expect(Promise.resolve(files[0]?.open())).rejects.toMatchObject({ code: 'closed' });
});
