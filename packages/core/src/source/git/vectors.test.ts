// What the vectors say of versions in repositories, read by plain git: the rules above the engines.

import { expect, it } from 'vitest';
import { localRepositories } from '../../../test/git/local-repositories.ts';
import { recipeRepository } from '../../../test/git/recipes.ts';
import { describeVectors } from '../../../test/vectors.ts';
import { bytesSource, readAll } from '../../bytes/source.ts';
import { MainDirectives } from '../../graph/replacements.ts';
import { Summaries } from '../../graph/summaries.ts';
import { VersionQueries } from '../../graph/version-queries.ts';
import { Nodes } from '../../graph/versions.ts';
import { parse } from '../../modfile/index.ts';
import { verifyZip } from '../../zip/index.ts';
import { moduleSource } from './module-source.ts';
import { refTable } from './revision/ref-table.ts';
import { latestRevision, resolveRevision } from './revision/revision.ts';
import { repoSum, tagSum } from './revision/sums.ts';

interface Row {
  readonly vcs?: string;
  readonly repo: string | null;
  readonly root: string;
  readonly subdir: string;
  readonly path: string;
}

/** A source whose every module is in the repository of a row. */
async function sourceOf(row: Row) {
  const { directory } = await recipeRepository(row.repo ?? '');
  const find = async () => ({
    root: row.root,
    kind: 'git' as const,
    url: `https://${row.root}`,
    subdirectory: row.subdir,
  });
  const remote = { url: `https://${row.root}`, address: directory };
  const repositories = localRepositories(() => directory, { unchanging: true });
  return moduleSource({ repositories, find, remoteOf: () => remote, proxies: {} });
}

const local = <R extends Row>(rows: readonly R[]) => rows.filter(({ vcs = 'git', repo }) => vcs === 'git' && repo);

interface LatestCase extends Row {
  readonly version?: string;
  readonly err?: string;
}

describeVectors<LatestCase>('coderepo-latest', ({ cases }) => {
  it.each(local(cases))('$path', async (row) => {
    // `latest` is what a list has first (spec §4.16); the tip of the default branch is HEAD, where there is one.
    const latest = (await sourceOf(row)).resolve(row.path, row.err === 'no commits' ? 'latest' : 'HEAD');
    if (row.err !== undefined) {
      const failure = await latest.catch((error) => error);
      expect(failure).toMatchObject({ code: 'not_found' });
      expect(failure.message).toContain(row.err);
    } else expect((await latest).version).toBe(row.version);
  });
});

interface VersionsCase extends Row {
  readonly prefix: string;
  readonly versions: readonly string[];
}

describeVectors<VersionsCase>('coderepo-versions', ({ cases }) => {
  it.each(local(cases))('$path $prefix', async (row) => {
    const versions = (await sourceOf(row)).versions(row.path).catch((error) => {
      expect(error).toMatchObject({ code: 'not_found' });
      return [];
    });
    expect((await versions).filter((version) => version.startsWith(row.prefix))).toEqual(row.versions);
  });
});

interface StatCase extends Row {
  readonly rev: string;
  readonly version?: string;
  readonly name?: string;
  readonly time?: string;
  readonly errContains?: string;
  readonly err?: string;
  readonly gomod?: string;
  readonly gomodErr?: string;
  readonly zipErr?: string;
  readonly zipFiles?: readonly string[];
  readonly zipH1?: string;
}

describeVectors<StatCase>('coderepo-stat', ({ cases }) => {
  it.each(local(cases))('$path@$rev', async (row) => {
    const source = await sourceOf(row);
    const resolving = source.resolve(row.path, row.rev);
    const refusal = row.errContains ?? row.err;
    if (refusal !== undefined) {
      const failure = await resolving.catch((error) => error);
      expect(failure).toMatchObject({ code: 'not_found' });
      expect(failure.message).toContain(refusal);
      return;
    }
    const info = await resolving;
    expect(info).toMatchObject({ version: row.version, time: row.time, origin: { Hash: row.name } });
    const goMod = source.goMod(row.path, info.version);
    if (row.gomodErr !== undefined) await expect(goMod).rejects.toThrow(row.gomodErr);
    else if (row.gomod !== undefined) expect(new TextDecoder().decode(await goMod)).toBe(row.gomod);
    if (row.zipErr !== undefined) {
      const zip = source.zip(row.path, info.version).then(({ body }) => readAll(body));
      // The go command says in front what it was doing.
      await expect(zip).rejects.toThrow(row.zipErr.replace(/^create zip: /, ''));
    } else if (row.zipH1 !== undefined || row.zipFiles !== undefined) {
      const { body } = await source.zip(row.path, info.version);
      const verified = await verifyZip({ path: row.path, version: info.version }, bytesSource(await readAll(body)));
      if (row.zipH1 !== undefined) expect(verified.h1).toBe(row.zipH1);
    }
  });
});

interface OriginCase extends Row {
  readonly query: string;
  readonly fails: boolean;
  readonly origin: Readonly<Record<string, string>>;
  readonly absent: readonly string[];
  readonly version: string;
  readonly errContains?: string;
  readonly tags?: Readonly<Record<string, string>>;
  readonly refs?: Readonly<Record<string, string>>;
}

describeVectors<OriginCase>('origin-sums', ({ cases }) => {
  it.each(cases)('$path@$query', async (row) => {
    const source = await sourceOf({ ...row, subdir: row.subdir ?? '' });
    const resolving = source.resolve(row.path, row.query);
    // [Q] A branch may get a version that cannot be had (spec §3.8f).
    if (row.fails && row.version !== row.query) {
      await expect(source.resolve(row.path, row.version)).rejects.toThrow(row.errContains);
    } else if (row.fails) {
      // What a client could keep of a failure (RepoSum) has no place in an answer of a source, and is tested by itself.
      const failure = await resolving.catch((error) => error);
      expect(failure).toMatchObject({ code: 'not_found' });
      if (row.query !== 'latest') expect(failure.message).toContain(row.errContains);
      return;
    }
    const { version, origin = {} } = await resolving;
    expect(version).toBe(row.version);
    expect(origin).toMatchObject(row.origin);
    for (const member of row.absent) expect(origin).not.toHaveProperty(member);
  });

  it.each(cases.filter(({ refs }) => refs !== undefined))('RepoSum of $query', ({ refs = {}, origin }) => {
    const list = Object.entries(refs).map(([name, hash]) => ({ name, hash }));
    expect(repoSum(list)).toBe(origin.RepoSum);
  });

  it.each(cases.filter(({ tags }) => tags !== undefined))('TagSum of $path@$query', ({ tags = {}, origin }) => {
    const list = Object.entries(tags).map(([tag, hash]) => ({ tag, hash }));
    expect(tagSum(list, origin.TagPrefix ?? '')).toBe(origin.TagSum);
  });
});

interface CodeHostCase {
  readonly op: string;
  readonly repo: string;
  readonly rev: string;
  readonly prefix: string;
  readonly tags?: readonly (readonly [string, string])[];
  readonly tagSum?: string;
  readonly repoSum?: string;
  readonly info?: {
    readonly name: string;
    readonly short: string;
    readonly version: string;
    readonly time: string;
    readonly tags: readonly string[];
  };
  readonly errContains?: string;
}

describeVectors<CodeHostCase>('codehost-git', ({ cases }) => {
  const openRepository = async ({ repo }: CodeHostCase) => {
    const { directory } = await recipeRepository(repo);
    return localRepositories(() => directory, { unchanging: true }).open({
      url: 'https://git.example',
      address: directory,
    });
  };

  it.each(cases.filter(({ op }) => op === 'tags'))('tags of $repo with $prefix', async (row) => {
    const { tags } = refTable(await (await openRepository(row)).refs());
    const found = tags.filter(({ tag }) => tag.startsWith(row.prefix));
    // Tags that cannot begin with a version count in neither (spec §6.13).
    expect(found.map(({ tag, hash }) => [tag, hash])).toEqual(expect.arrayContaining([...(row.tags ?? [])]));
    expect(tagSum(tags, row.prefix)).toBe(row.tagSum);
  });

  it.each(cases.filter(({ op }) => op === 'repoSum'))('sum of $repo', async (row) => {
    expect(repoSum(refTable(await (await openRepository(row)).refs()).list.refs)).toBe(row.repoSum);
  });

  it.each(cases.filter(({ op }) => op === 'stat' || op === 'latest'))('$op of $repo $rev', async (row) => {
    const repository = await openRepository(row);
    const finding = row.op === 'latest' ? latestRevision(repository) : resolveRevision(repository, row.rev);
    if (row.info === undefined) {
      // A tag of a tree is unknown to us, as a server had better say (spec §6.10).
      const text = /^unexpected response/.test(row.errContains ?? '') ? 'unknown revision' : (row.errContains ?? '');
      await expect(finding).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining(text) });
      return;
    }
    const { name, short, version, time, tags } = row.info;
    const expected = { hash: name, short, name: version, tags, time: Date.parse(time) / 1000 };
    expect(await finding).toMatchObject(expected);
  });
});

interface QueryCase extends Row {
  readonly query: string;
  readonly current: string;
  readonly allow: string;
  readonly version?: string;
  readonly err?: string;
}

describeVectors<QueryCase>('version-queries', ({ cases }) => {
  it.each(cases)('$path@$query from $current', async (row) => {
    const source = await sourceOf(row);
    // Nothing is allowed where the row says so: every version is excluded.
    const excluded = row.allow === '*' ? [] : await source.versions(row.path);
    const goMod = ['module m', ...excluded.map((version) => `exclude ${row.path} ${version}`), ''].join('\n');
    const directives = new MainDirectives(parse('go.mod', goMod));
    const queries = new VersionQueries(source, new Summaries(new Nodes(), directives, { source }), {});
    const resolving = queries.resolve(row.path, row.query, row.current);
    if (row.err === undefined) expect(await resolving).toBe(row.version);
    else await expect(resolving).rejects.toThrow(row.err);
  });
});
