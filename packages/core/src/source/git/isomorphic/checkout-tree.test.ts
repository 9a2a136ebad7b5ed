// Which names git lets out of a repository, judged by `git archive`.

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { archiveRepository } from '../../../../test/git-archive.ts';
import { archiveTree } from './archive.ts';
import { readCommit } from './history.ts';
import { indexPack } from './index-pack.ts';
import { type PackStore, packStore } from './pack-store.ts';

const repository = archiveRepository();
afterAll(() => repository.remove());
const limits = { archiveBytes: 2 ** 30, archiveEntries: 10_000 };

/** A commit of a tree with these entries, made past git's own checks. */
function commitOf(entries: readonly (readonly [mode: string, name: string])[]): string {
  const blob = repository.git(['hash-object', '-w', '--stdin'], 'x\n').toString().trim();
  const tree = repository.git(['mktree'], '').toString().trim();
  const raw = Buffer.concat(
    entries.map(([mode, name]) =>
      Buffer.concat([Buffer.from(`${mode} ${name}\0`), Buffer.from(mode === '40000' ? tree : blob, 'hex')]),
    ),
  );
  const root = repository.git(['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], raw).toString().trim();
  return repository
    .git(['-c', 'user.name=A', '-c', 'user.email=a@example.com', 'commit-tree', '-m', 'x', root])
    .toString()
    .trim();
}

let stores = 0;
async function storeOf(commit: string): Promise<PackStore> {
  const all = repository.git(['rev-list', '--objects', commit]).toString().replace(/ .*$/gm, '');
  const pack = repository.git(['pack-objects', '--stdout', '-q'], all);
  const directory = join(repository.directory, `store-${stores++}`);
  mkdirSync(directory);
  const store = packStore(directory, 2 ** 24);
  await store.add(pack, await indexPack(pack, { what: 'it', objectBytes: 2 ** 24 }));
  return store;
}

async function archive(commit: string): Promise<readonly string[] | string> {
  const store = await storeOf(commit);
  const tree = (await readCommit(store, commit))?.tree ?? new Uint8Array();
  return archiveTree(store, { tree, directory: '', limits }).then(
    ({ files }) => files.map(({ path }) => path),
    (error: { code?: string }) => error.code ?? 'unknown',
  );
}

describe('names in a tree', () => {
  it.each([
    ...[
      '.git',
      '.GIT',
      '.Git',
      '.git ',
      '.git.',
      '.git. .',
      '.git::$DATA',
      '.git:x',
      '.gitx',
      '.git x',
      'git~1',
      'GIT~1',
      'git~2',
      'git~1 ',
    ],
    ...[
      'a\\.git',
      'a\\.git\\b',
      '\\git~1',
      'a\\b',
      '.gitmodules',
      '.gitattributes',
      'con',
      'a:b',
      '...',
      '. ',
      ' ',
      '-x',
      'é',
      '\u200c.git',
    ],
  ])('%j: git and we agree', async (name) => {
    for (const mode of ['100644', '120000']) {
      const commit = commitOf([[mode, name]]);
      const allowed = await repository.archive(commit).then(
        () => true,
        () => false,
      );
      expect(await archive(commit), mode).toEqual(allowed ? [name] : 'upstream_invalid');
    }
  });

  it.each(['.', '..', 'a/b'])('%j is refused', async (name) => {
    expect(await archive(commitOf([['100644', name]]))).toBe('upstream_invalid');
  });

  it('may be anything in a directory without files', async () => {
    expect(await archive(commitOf([['40000', 'empty']]))).toEqual([]);
  });

  it('that are not UTF-8 become replacement characters, their attributes those of their bytes', async () => {
    const attributes = '"\\344" eol=crlf\n';
    writeFileSync(join(repository.directory, 'a'), attributes);
    const blob = repository.git(['hash-object', '-w', '--stdin'], attributes).toString().trim();
    const text = repository.git(['hash-object', '-w', '--stdin'], 'x\n').toString().trim();
    const raw = Buffer.concat([
      Buffer.from('100644 .gitattributes\0'),
      Buffer.from(blob, 'hex'),
      Buffer.from('100644 \xe4\0', 'latin1'),
      Buffer.from(text, 'hex'),
    ]);
    const root = repository.git(['hash-object', '-w', '-t', 'tree', '--stdin'], raw).toString().trim();
    const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
    const commit = repository
      .git([...author, 'commit-tree', '-m', 'x', root])
      .toString()
      .trim();
    const store = await storeOf(commit);
    const tree = (await readCommit(store, commit))?.tree ?? new Uint8Array();
    const { files } = await archiveTree(store, { tree, directory: '', limits });
    expect(files.map(({ path, size }) => [path, size])).toEqual([
      ['.gitattributes', attributes.length],
      ['\ufffd', 3],
    ]);
  });
});

describe('attributes', () => {
  it('are read from the target of a symbolic link, too, as git does', async () => {
    const link = { path: '.gitattributes', mode: '120000', bytes: Buffer.from('* eol=crlf') };
    const commit = repository.commit([link, { path: 'a', bytes: Buffer.from('x\n') }]);
    expect(Buffer.from((await repository.archive(commit)).get('a') ?? []).toString()).toBe('x\r\n');
    const store = await storeOf(commit);
    const tree = (await readCommit(store, commit))?.tree ?? new Uint8Array();
    const { files } = await archiveTree(store, { tree, directory: '', limits });
    expect(files.map(({ kind, path, size }) => [path, kind, size])).toEqual([
      ['.gitattributes', 'symlink', 10],
      ['a', 'regular', 3],
    ]);
  });
});

describe('limits', () => {
  it('end trees that are many times inside each other', async () => {
    const blob = repository.git(['hash-object', '-w', '--stdin'], 'x\n').toString().trim();
    let tree = '';
    for (let depth = 0; depth < 20; depth++) {
      const entry = depth === 0 ? `100644 blob ${blob}` : `040000 tree ${tree}`;
      const lines = Array.from({ length: 10 }, (_, i) => `${entry}\t${i}\n`).join('');
      tree = repository.git(['mktree'], lines).toString().trim();
    }
    const author = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
    const commit = repository
      .git([...author, 'commit-tree', '-m', 'x', tree])
      .toString()
      .trim();
    expect(await archive(commit)).toBe('limit_exceeded');
  });

  it('are those of bytes, too', async () => {
    const commit = repository.commit([{ path: 'a', bytes: Buffer.alloc(1000) }]);
    const store = await storeOf(commit);
    const tree = (await readCommit(store, commit))?.tree ?? new Uint8Array();
    const small = archiveTree(store, { tree, directory: '', limits: { ...limits, archiveBytes: 999 } });
    await expect(small).rejects.toMatchObject({ code: 'limit_exceeded' });
  });
});

describe('a hostile tree', () => {
  it('cannot fill the memory with its paths', async () => {
    const blob = repository.git(['hash-object', '-w', '--stdin'], '').toString().trim();
    const names = Array.from({ length: 70 }, (_, i) => `100644 blob ${blob}\tf${i}\n`).join('');
    const inner = repository.git(['mktree'], names).toString().trim();
    const entry = Buffer.concat([Buffer.from(`40000 ${'d'.repeat(2 ** 21)}\0`), Buffer.from(inner, 'hex')]);
    const root = repository.git(['hash-object', '-w', '-t', 'tree', '--literally', '--stdin'], entry).toString().trim();
    const who = ['-c', 'user.name=A', '-c', 'user.email=a@example.com'];
    const commit = repository
      .git([...who, 'commit-tree', '-m', 'x', root])
      .toString()
      .trim();
    expect(await archive(commit)).toBe('limit_exceeded');
  });

  it('cannot fill it with attributes either', async () => {
    const attributes = (bytes: number) => ({ path: 'd/.gitattributes', bytes: Buffer.alloc(bytes, 'a b\n') });
    const half = { path: '.gitattributes', bytes: Buffer.alloc(2 ** 20, 'c d\n') };
    expect(await archive(repository.commit([half, attributes(2 ** 20)]))).toHaveLength(2);
    expect(await archive(repository.commit([half, attributes(2 ** 20 + 1)]))).toBe('needs_git_engine');
  });
});
