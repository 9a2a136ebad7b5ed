// What the vectors say of refs, files and checked-out bytes, on both engines, over smart HTTP.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Recipe, RecipeStep } from '../../../test/git/recipe.ts';
import { at, commit, git, recipe, recipeOfSha256, type TreeChange } from '../../../test/git/recipe-builder.ts';
import { buildRecipe } from '../../../test/git/recipes.ts';
import { type GitServer, startGitServer } from '../../../test/git/server.ts';
import { suiteEngines } from '../../../test/git/suite-engines.ts';
import { bytesOf, describeVectors, type VectorText } from '../../../test/vectors.ts';
import { readAll } from '../../bytes/source.ts';
import { gitRepositories } from './cache/index.ts';
import type { GitRepositories, GitRepository } from './engine.ts';
import { parseGitVersion } from './program/driver.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-engine-vectors-'));
const served = join(scratch, 'served');
let server: GitServer;
beforeAll(async () => {
  server = await startGitServer(served);
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

function cacheFor(engine: (typeof suiteEngines)[number], name: string): () => GitRepositories {
  let repositories: GitRepositories;
  beforeAll(() => {
    repositories = gitRepositories({ directory: join(scratch, engine, name), engine });
  });
  afterAll(() => repositories.close());
  return () => repositories;
}

const open = (repositories: GitRepositories, name: string): Promise<GitRepository> =>
  repositories.open({ url: `https://git.example.com/${name}`, address: `${server.url}/${name}.git`, trusted: true });

interface HostCase {
  readonly op: string;
  readonly repo?: string;
  readonly rev?: string;
  readonly file?: string;
  readonly subdir?: string;
  readonly data?: string;
  readonly notExist?: boolean;
  readonly files?: Readonly<Record<string, number>>;
  readonly prefix?: string;
  readonly tags?: readonly (readonly [string, string])[];
  readonly input?: string;
  readonly version?: string;
}

const isSha256 = (name: string): boolean => name.endsWith('sha256');

describeVectors<HostCase>('codehost-git', ({ cases }) => {
  const of = (op: string): HostCase[] => cases.filter((each) => each.op === op);
  const names = [...new Set(cases.flatMap(({ repo }) => (repo === undefined ? [] : [repo.replace(/^.*#/, '')])))];
  beforeAll(() => Promise.all(names.map((name) => buildRecipe(name, join(served, `${name}.git`)))));

  it.each(of('gitVersion'))('reads the version in $input', ({ input = '', version }) => {
    expect(parseGitVersion(input)).toBe(version);
  });

  describe.each(suiteEngines)('%s', (engine) => {
    const cache = cacheFor(engine, 'host');
    const canRead = ({ repo = '' }: HostCase): boolean => engine === 'git' || !isSha256(repo);
    const openAt = async ({ repo = '', rev = '' }: HostCase) => {
      const repository = await open(cache(), repo.replace(/^.*#/, ''));
      const { refs } = await repository.refs();
      const wanted = rev === 'latest' ? ['HEAD'] : [`refs/tags/${rev}`, `refs/heads/${rev}`];
      const ref = refs.find(({ name }) => wanted.includes(name));
      if (ref === undefined) return { repository, hash: '' };
      await repository.fetchCommit({ hash: ref.hash, ref: ref.name }, { blobs: false });
      return { repository, hash: ref.hash };
    };

    it.each(of('tags').filter(canRead))('lists the tags of $repo that begin with "$prefix"', async (row) => {
      const { repository } = await openAt(row);
      const tags = (await repository.refs()).refs.filter(({ name }) => name.startsWith(`refs/tags/${row.prefix}`));
      expect(tags.map(({ hash, name }) => [name.slice('refs/tags/'.length), hash])).toEqual(row.tags);
      await repository.close();
    });

    it.each(of('readFile').filter(canRead))('reads $file of $repo at $rev', async (row) => {
      const { hash, repository } = await openAt(row);
      const bytes = await repository.readBlob(hash, row.file ?? '', { limit: 1000 });
      expect(bytes === undefined ? undefined : Buffer.from(bytes).toString()).toBe(row.notExist ? undefined : row.data);
      await repository.close();
    });

    it.each(of('readZip').filter(canRead))('checks out "$subdir" of $repo at $rev', async (row) => {
      const { hash, repository } = await openAt(row);
      const archive = await repository.archive(hash, row.subdir ?? '');
      const prefix = row.subdir ? `prefix/${row.subdir}/` : 'prefix/';
      const expected = Object.entries(row.files ?? {}).filter(([name]) => !name.endsWith('/'));
      expect(archive.files.map(({ path, size }) => [prefix + path, size]).sort()).toEqual(expected.sort());
      await archive.close();
      await repository.close();
    });
  });
});

interface AttributesCase {
  readonly name: string;
  readonly gitattributes?: string;
  readonly subdir?: string;
  readonly blobs?: Readonly<Record<string, VectorText>>;
  readonly archived?: Readonly<Record<string, VectorText>>;
  readonly mod?: string;
  readonly objectFormat?: string;
  readonly paths?: readonly string[];
  readonly order?: readonly string[];
  readonly gitattributesArchivedAs?: string;
}

const time = '2022-05-01T10:00:00Z';

/** Past all clean conversions. */
function byteExact(name: string, files: Readonly<Record<string, VectorText>>): Recipe {
  const changes = Object.entries(files).map(([path, text]) => [path, changeOf(text)] as const);
  return recipe(name, commit(time, Object.fromEntries(changes)));
}

/** The shorthand for that knows hashes of SHA-1 only. */
function plainSteps(files: Readonly<Record<string, VectorText>>): RecipeStep[] {
  const writes = Object.entries(files).map(([path, data]) => ({ write: path, data }));
  return [...writes, git('add', '.'), ...at(time), git('commit', '-q', '-m', 'one')];
}

const changeOf = (text: VectorText): TreeChange => (typeof text === 'string' ? text : { b64: text.b64 });

describeVectors<AttributesCase>('git-archive-attributes', ({ cases }) => {
  const repositoryName = (row: AttributesCase): string => `attributes-${cases.indexOf(row)}`;
  const canRead = (engine: string, row: AttributesCase): boolean =>
    engine === 'git' ||
    (row.objectFormat === undefined && !/working-tree-encoding=(?!UTF-8)/.test(row.gitattributes ?? ''));
  beforeAll(() =>
    Promise.all(
      cases.map(async (row) => {
        const attributes = row.gitattributes === undefined ? {} : { '.gitattributes': row.gitattributes };
        const paths = Object.fromEntries((row.paths ?? []).map((path) => [path, `${path}\n`]));
        const files: Record<string, VectorText> = { ...attributes, ...row.blobs, ...paths };
        const name = repositoryName(row);
        const made = row.objectFormat === 'sha256' ? recipeOfSha256(name, plainSteps(files)) : byteExact(name, files);
        await buildRecipe(made, join(served, `${name}.git`));
      }),
    ),
  );

  describe.each(suiteEngines)('%s', (engine) => {
    const cache = cacheFor(engine, 'attributes');

    it.each(cases)('$name', async (row) => {
      const repository = await open(cache(), repositoryName(row));
      if (!canRead(engine, row)) {
        await expect(checkOut(repository, row)).rejects.toMatchObject({ code: 'needs_git_engine' });
        return repository.close();
      }
      const { bytes, mod, order } = await checkOut(repository, row);
      for (const [path, text] of Object.entries(row.archived ?? {})) {
        const name = row.subdir === undefined ? path : path.slice(row.subdir.length + 1);
        expect(bytes.get(name), path).toEqual(Buffer.from(bytesOf(text)));
      }
      if (row.gitattributesArchivedAs !== undefined) {
        expect(bytes.get('.gitattributes')?.toString()).toBe(row.gitattributesArchivedAs);
      }
      if (row.mod !== undefined) expect(mod).toBe(row.mod);
      if (row.order !== undefined) {
        expect(order.map((path) => `prefix/${path}`)).toEqual(row.order.filter((path) => !path.endsWith('/')));
      }
      await repository.close();
    });
  });
});

async function checkOut(repository: GitRepository, { subdir = '' }: AttributesCase) {
  const head = (await repository.refs()).refs.find(({ name }) => name === 'HEAD');
  const hash = head?.hash ?? '';
  await repository.fetchCommit({ hash, ref: 'HEAD' }, { blobs: true });
  const archive = await repository.archive(hash, subdir);
  try {
    const bytes = new Map<string, Buffer>();
    for (const file of archive.files) bytes.set(file.path, Buffer.from(await readAll(await file.open())));
    const mod = await repository.readBlob(hash, 'go.mod', { limit: 1000 });
    return { bytes, order: [...bytes.keys()], mod: mod === undefined ? undefined : Buffer.from(mod).toString() };
  } finally {
    await archive.close();
  }
}
