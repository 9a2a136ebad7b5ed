// One suite for both engines, over smart HTTP from a local server. What only one engine can do says so.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRecipe, peeledRefs, recipeRepository } from '../../../test/git/recipes.ts';
import { type GitServer, startGitServer } from '../../../test/git/server.ts';
import { suiteEngines } from '../../../test/git/suite-engines.ts';
import { readAll } from '../../bytes/source.ts';
import { type GitCacheEvent, gitRepositories } from './cache/index.ts';
import type { GitArchive, GitRemote, GitRepositories, GitRepository } from './engine.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-engines-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe.each(suiteEngines)('the engine %s', (engine) => {
  let server: GitServer;
  let repositories: GitRepositories;
  const events: GitCacheEvent[] = [];
  const root = join(scratch, engine, 'served');
  const clocks = join(root, 'clocks.git');
  const recipes = ['plain', 'layouts', 'content', 'history', 'hidden', 'sha256', 'empty'];

  beforeAll(async () => {
    for (const name of recipes) await buildRecipe(name === 'empty' ? 'bare' : name, join(root, `${name}.git`));
    server = await startGitServer(root);
    const onEvent = (event: GitCacheEvent): void => void events.push(event);
    repositories = gitRepositories({ directory: join(scratch, engine, 'cache'), engine, onEvent });
  });
  afterAll(async () => {
    await repositories.close();
    await server.close();
  });

  const remoteOf = (name: string): GitRemote => ({
    url: `https://git.example.com/${name}`,
    address: `${server.url}/${name}.git`,
    trusted: true,
  });
  const open = (name: string): Promise<GitRepository> => repositories.open(remoteOf(name));
  const hashOf = async (repository: GitRepository, name: string): Promise<string> => {
    const found = (await repository.refs()).refs.find((ref) => ref.name === name);
    if (found === undefined) throw new Error(`no ref ${name}`);
    return found.hash;
  };
  const contents = async ({ files }: GitArchive): Promise<Record<string, string>> => {
    const entries: Record<string, string> = {};
    for (const file of files) {
      const text = Buffer.from(await readAll(await file.open())).toString('latin1');
      entries[file.path] = file.kind === 'regular' ? JSON.stringify(text) : `${file.kind} ${JSON.stringify(text)}`;
    }
    return entries;
  };

  it.each([
    ['1000000000 +0000', 1_000_000_000],
    ['1000000000 +1', 1_000_000_000],
    ['  1000000000  +0000', 1_000_000_000],
    ['1000000000 +0000 x', 1_000_000_000],
    ['0007 -0000', 7],
    ['<x> 7 +0000', 7],
    ['1000000000000000 +0000', 1e15],
    ['99999999999999999999 +0000', 1e20],
    ['1000000000', undefined],
    ['1000000000 0000', undefined],
    ['1000000000 UTC', undefined],
    ['-5 +0000', undefined],
    ['12x +0000', undefined],
    ['7 +0000 >', undefined],
    ['', undefined],
  ])('takes %j for the time %s', async (text, time) => {
    const git = (args: readonly string[], input = ''): string =>
      execFileSync('git', [`--git-dir=${clocks}`, ...args], { input, encoding: 'utf8' }).trim();
    execFileSync('git', ['init', '-q', '--bare', clocks]);
    const commit = `tree ${git(['mktree'])}\nauthor A <a@b.c> 1 +0000\ncommitter A <a@b.c> ${text}\n\nx\n`;
    const hash = git(['hash-object', '-w', '-t', 'commit', '--literally', '--stdin'], commit);
    expect(git(['log', '--no-walk', '--format=%ct', hash]).replace(/^(?=\d)/, '+')).toBe(
      time === undefined ? '' : `+${/\d+(?= *[-+])/.exec(text)?.[0]}`,
    );
    const ref = `refs/heads/${hash}`;
    git(['update-ref', ref, hash]);
    const repository = await open('clocks');
    await repository.fetchCommit({ hash, ref }, { blobs: false });
    expect(await repository.commit(hash)).toEqual(time === undefined ? undefined : { hash, time });
    await repository.close();
  });

  it.each(recipes.filter((name) => name !== 'sha256' || engine === 'git'))('lists the refs of %s', async (name) => {
    const repository = await open(name);
    const { refs } = await repository.refs();
    expect(refs).toEqual(peeledRefs((await recipeRepository(name === 'empty' ? 'bare' : name)).refs));
    await repository.close();
  });

  it.runIf(engine === 'isomorphic')('leaves repositories of SHA-256 to the git program', async () => {
    const repository = await open('sha256');
    await expect(repository.refs()).rejects.toMatchObject({ code: 'needs_git_engine' });
    await repository.close();
  });

  it.each(engine === 'git' ? ['plain', 'sha256'] : ['plain'])('fetches a commit of %s and reads it', async (name) => {
    const repository = await open(name);
    const hash = await hashOf(repository, 'HEAD');
    expect(await repository.commit(hash)).toBeUndefined();
    await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: false });
    expect(await repository.commit(hash)).toMatchObject({ hash, time: expect.any(Number) });
    const goMod = await repository.readBlob(hash, 'go.mod', { limit: 1000 });
    expect(Buffer.from(goMod ?? []).toString()).toContain(`module example.com/${name}.git`);
    expect(await repository.readBlob(hash, 'nothing', { limit: 1000 })).toBeUndefined();
    await expect(repository.readBlob(hash, 'go.mod', { limit: 5 })).rejects.toMatchObject({ code: 'limit_exceeded' });
    const archive = await repository.archive(hash, '');
    expect(Object.keys(await contents(archive))).toContain('go.mod');
    await archive.close();
    await repository.close();
  });

  it('brings contents when they are read, and takes no copy without them for damaged', async () => {
    const repository = await open('layouts');
    const hash = await hashOf(repository, 'HEAD');
    await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: false });
    expect(await repository.readBlob(hash, 'sub/deep/go.mod', { limit: 1000 })).toBeDefined();
    expect(await repository.readBlob(hash, 'sub', { limit: 1000 })).toBeUndefined();
    expect(await repository.readBlob(hash, '../go.mod', { limit: 1000 })).toBeUndefined();
    const archive = await repository.archive(hash, 'sub');
    expect(Object.keys(await contents(archive))).toContain('deep/d.go');
    await archive.close();
    await repository.close();
    expect(events.filter(({ type }) => type === 'discarded')).toEqual([]);
  });

  it('archives as git checks out', async () => {
    const id = '$Id: 28aa67f4063615034bd73a75f3d1533b76c19fe1 $';
    const repository = await open('content');
    const hash = await hashOf(repository, 'refs/tags/v0.1.0');
    await repository.fetchCommit({ hash, ref: 'refs/tags/v0.1.0' }, { blobs: false });
    const archive = await repository.archive(hash, '');
    expect(await contents(archive)).toMatchObject({
      LICENSE: '"root license\\n"',
      'both.lf': '"a\\r\\nb\\n"',
      'crlf.auto': '"a\\r\\nb\\r\\n"',
      'dir/x.off': '"a\\r\\nb\\r\\n"',
      'go.mod': '"module example.com/content.git\\r\\n\\r\\ngo 1.21\\r\\n"',
      'lf.auto': '"a\\nb\\n"',
      link: 'symlink "content.go"',
      module: 'directory ""',
      'run.sh': '"#!/bin/sh\\n"',
      'x.bin': '"a\\n\\u0000\\r\\n"',
      'x.crlf': '"a\\r\\nb\\r\\nc"',
      'x.id': `"${id} and ${id}\\n"`,
      'x.ign': '"kept\\n"',
      'x.sub': '"$Format:%H$\\n"',
    });
    expect(archive.files.map(({ path }) => path)).toEqual([
      ...['.gitattributes', 'LICENSE', 'both.lf', 'content.go', 'crlf.auto', 'dir/.gitattributes', 'dir/x.id'],
      ...['dir/x.off', 'go.mod', 'lf.auto', 'link', 'linked/go.mod', 'linked/l.go', 'module', 'nested/go.mod'],
      ...['nested/n.go', 'own/LICENSE', 'own/go.mod', 'run.sh', 'vendor/example.com/v/v.go', 'vendor/modules.txt'],
      ...['x.bin', 'x.crlf', 'x.id', 'x.ign', 'x.lfs', 'x.sub', 'ünï/ö.go'],
    ]);
    await archive.close();
    const below = await repository.archive(hash, 'dir');
    expect(await contents(below)).toEqual({
      '.gitattributes': '"*.off text eol=crlf\\n* export-ignore\\n"',
      'x.id': '"$Id: 055c8729cdcc372500a08db659c045e16c4409fb $\\n"',
      'x.off': '"a\\r\\nb\\r\\n"',
    });
    await below.close();
    await expect(repository.archive(hash, 'nowhere')).rejects.toMatchObject({ code: 'not_found' });
    await repository.close();
  });

  it('knows ancestors and hash prefixes after it has fetched the history', async () => {
    const repository = await open('history');
    const hash = await hashOf(repository, 'refs/heads/main');
    await repository.fetchCommit({ hash, ref: 'refs/heads/main' }, { blobs: true });
    await repository.fetchHistory();
    const tags = ['v0.1.0', 'v0.2.0', 'v0.3.0-pre', 'v1.0.0'];
    const hashes = await Promise.all(tags.map((tag) => hashOf(repository, `refs/tags/${tag}`)));
    const found = await repository.ancestors(hash, [...hashes, '1'.repeat(40)]);
    expect([...found].sort()).toEqual(hashes.slice(0, 3).sort());
    for (const each of hashes) expect(await repository.findCommits(each.slice(0, 12))).toEqual([each]);
    expect(await repository.findCommits('0000000')).toEqual([]);
    // History does not get lost by fetching more.
    await repository.fetchCommit({ hash: hashes[3] ?? '', ref: 'refs/tags/v1.0.0' }, { blobs: false });
    expect(await repository.ancestors(hash, hashes)).toEqual(found);
    const goMod = await repository.readBlob(hashes[3] ?? '', 'go.mod', { limit: 1000 });
    expect(goMod?.length).toBeGreaterThan(10);
    await repository.close();
  });

  it('asks for nothing that is here', async () => {
    const repository = await open('layouts');
    const hash = await hashOf(repository, 'refs/tags/v1.0.0');
    await repository.fetchCommit({ hash, ref: 'refs/tags/v1.0.0' }, { blobs: true });
    server.clear();
    await repository.fetchCommit({ hash }, { blobs: true });
    await (await repository.archive(hash, 'sub')).close();
    await repository.refs({ maxAge: 600_000 });
    expect(server.requests).toEqual([]);
    await repository.close();
  });

  it('finds nothing by paths that are none, and throws nothing away for them', async () => {
    const repository = await open('content');
    const hash = await hashOf(repository, 'refs/tags/v0.1.0');
    await repository.fetchCommit({ hash, ref: 'refs/tags/v0.1.0' }, { blobs: true });
    for (const path of [
      '.',
      'dir/..',
      '/dir',
      'dir//x',
      'dir\0',
      'x.bin',
      'dir/x.off',
      'module',
      'link',
      ':dir',
      '*',
    ]) {
      await expect(repository.archive(hash, path), path).rejects.toMatchObject({ code: 'not_found' });
    }
    for (const path of [
      '',
      '/x.bin',
      './x.bin',
      'dir//x.off',
      'dir/../x.bin',
      'x.bin/',
      'x\0.bin',
      'x.bin\nx.bin',
      'module',
    ]) {
      expect(await repository.readBlob(hash, path, { limit: 1000 }), path).toBeUndefined();
    }
    await repository.close();
    expect(events.filter(({ type }) => type === 'discarded')).toEqual([]);
  });

  it('says not_found for commits and repositories that are not there', async () => {
    const repository = await open('plain');
    const absent = repository.fetchCommit({ hash: '1'.repeat(40) }, { blobs: false });
    await expect(absent).rejects.toMatchObject({ code: 'not_found' });
    await repository.close();
    const none = await open('none');
    await expect(none.refs()).rejects.toMatchObject({ code: 'not_found' });
    await none.close();
  });
});
