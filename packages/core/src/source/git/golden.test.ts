// Answers about our own repositories, kept as text: what a checkout without the vectors still tests. e2e/git-differential.test.ts holds the
// same repositories against the go command.

import { describe, expect, it } from 'vitest';
import { goldenRecipes } from '../../../test/git/golden-recipes.ts';
import { localRepositories } from '../../../test/git/local-repositories.ts';
import { peeledRefs, recipeRepository } from '../../../test/git/recipes.ts';
import { bytesSource, readAll } from '../../bytes/source.ts';
import { isGoModKitError } from '../../errors/error.ts';
import { openZip } from '../../zip/index.ts';
import type { ModuleSource } from '../source.ts';
import { moduleSource } from './module-source.ts';

async function openRecipe(name: string) {
  const { directory, refs } = await recipeRepository(name);
  const root = `example.com/${name}.git`;
  const url = `https://example.com/${name}`;
  const source = moduleSource({
    repositories: localRepositories(() => directory, { unchanging: true }),
    find: async () => ({ root, kind: 'git', url, subdirectory: '' }),
    remoteOf: () => ({ url, address: directory }),
    proxies: {},
  });
  return { source, root, refs: peeledRefs(refs).map(({ name }) => name) };
}

/** Module paths that tags may be about, each with its tags' versions. */
function pathsOf(root: string, refs: readonly string[]): Map<string, string[]> {
  const paths = new Map<string, string[]>([[root, []]]);
  for (const ref of refs.filter((each) => each.startsWith('refs/tags/'))) {
    const tag = ref.slice('refs/tags/'.length);
    const slash = tag.lastIndexOf('/');
    const base = slash === -1 ? root : `${root}/${tag.slice(0, slash)}`;
    const version = tag.slice(slash + 1);
    const major = /^v([2-9])\./.exec(version)?.[1];
    for (const path of major === undefined ? [base] : [base, `${base}/v${major}`]) {
      paths.set(path, [...(paths.get(path) ?? []), version]);
    }
  }
  return paths;
}

async function answer(source: ModuleSource, path: string, query: string): Promise<string> {
  try {
    const { version, time, origin } = await source.resolve(path, query);
    const { Ref, Subdir, TagPrefix, TagSum } = origin ?? {};
    const from = [Ref, Subdir && `in ${Subdir}`, TagSum && `${TagPrefix ?? ''} ${TagSum}`].filter(Boolean);
    return [
      `${query} = ${version} ${time} ${origin?.Hash} ${from.join(' ')}`.trimEnd(),
      await files(source, path, version),
    ].join('\n    ');
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return `${query}: ${error.code}: ${error.message}`;
  }
}

async function files(source: ModuleSource, path: string, version: string): Promise<string> {
  try {
    const goMod = new TextDecoder().decode(await source.goMod(path, version));
    const zip = bytesSource(await readAll((await source.zip(path, version)).body));
    const { entries } = await openZip(zip);
    const names = entries.map(({ name }) => name.slice(`${path}@${version}/`.length));
    return [JSON.stringify(goMod), ...names].join(' ');
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return `${error.code}: ${error.message}`;
  }
}

describe('answers about', () => {
  it.each(goldenRecipes.map(({ name }) => name))('%s are as they were', async (name) => {
    const { source, root, refs } = await openRecipe(name);
    const branches = refs.flatMap((ref) => (ref.startsWith('refs/heads/') ? [ref.slice('refs/heads/'.length)] : []));
    const lines: string[] = [];
    for (const [path, versions] of pathsOf(root, refs)) {
      const listed = await source.versions(path).catch((error: Error) => [error.message]);
      lines.push(`${path}: ${listed.join(' ')}`);
      const queries = ['latest', 'v1', ...versions, ...(path === root ? branches : [])];
      for (const query of new Set(queries)) lines.push(`  ${await answer(source, path, query)}`);
    }
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`./testdata/${name}.txt`);
  });
});
