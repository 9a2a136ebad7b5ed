// What the vectors say of versions in repositories, read by plain git: the rules above the engines.

import { expect, it } from 'vitest';
import { localRepositories } from '../../../test/git/local-repositories.ts';
import { recipeRepository } from '../../../test/git/recipes.ts';
import { describeVectors } from '../../../test/vectors.ts';
import { bytesSource, readAll } from '../../bytes/source.ts';
import { verifyZip } from '../../zip/index.ts';
import { moduleSource } from './module-source.ts';

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
    fromPage: false,
  });
  const remote = { url: `https://${row.root}`, address: directory };
  const repositories = localRepositories(() => directory);
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
