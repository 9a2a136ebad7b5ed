// Modules read from repositories, compared with the go command in direct mode: the same version, time, sums and origin, or both refuse.
//
// 100 generated repositories in every run, on both engines; GOMODKIT_TEST_SCALE=full makes 3,000. GOMODKIT_TEST_SEED is the first seed.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type GitSource, gitSource } from '@gomodkit/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { generateRepository } from '../packages/core/test/git/generate/generate.ts';
import { modulePaths, type Question } from '../packages/core/test/git/generate/questions.ts';
import { goldenRecipes } from '../packages/core/test/git/golden-recipes.ts';
import { buildRecipes } from '../packages/core/test/git/recipes.ts';
import { type GitServer, startGitServer } from '../packages/core/test/git/server.ts';
import { readVectors } from '../packages/core/test/vectors.ts';
import { disagreement, listDisagreement, ourAnswer, ourList } from './support/git-answers.ts';
import { gitOracle } from './support/git-oracle.ts';
import { goldenQuestions, vectorHosts, vectorQuestions } from './support/git-questions.ts';
import { describeWithGo } from './support/go.ts';
import { inParallel } from './support/parallel.ts';

const full = process.env.GOMODKIT_TEST_SCALE === 'full';
const repositories = full ? 3000 : 100;
const perBatch = 20;
const firstSeed = Number(process.env.GOMODKIT_TEST_SEED ?? 1);

describeWithGo('repositories, compared with go', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'git-differential-'));
  const root = join(scratch, 'root');
  const oracle = gitOracle(Object.fromEntries(vectorHosts.map((host) => [host, root])), join(scratch, 'go'));
  let server: GitServer;
  let sources: readonly GitSource[] = [];
  beforeAll(async () => {
    server = await startGitServer(root);
    const open = (engine: 'git' | 'isomorphic', to: string): GitSource =>
      gitSource({
        engine,
        cache: join(scratch, engine),
        perHost: { concurrency: 8, requestsPerSecond: 1000 },
        refsMaxAge: 600_000,
        rewrites: vectorHosts.map((from) => ({ from, to })),
      });
    sources = [open('git', `${pathToFileURL(root).href}/`), open('isomorphic', `${server.url}/`)];
  });
  afterAll(async () => {
    await Promise.all(sources.map((source) => source.close()));
    await server?.close();
    rmSync(scratch, { recursive: true, force: true });
  });

  /** Asks go and both engines; throws with all that differs. */
  async function compare(questions: readonly Question[]): Promise<void> {
    const [go, ...all] = await Promise.all([
      oracle.ask(questions),
      ...sources.map((source) => inParallel(questions, 2, (question) => ourAnswer(source, question))),
    ]);
    const differences: string[] = [];
    for (const [at, source] of sources.entries()) {
      for (const [i, question] of questions.entries()) {
        const [theirs, ours] = [go[i], all[at]?.[i]];
        const difference = theirs && ours ? disagreement(question, theirs, ours) : 'a question without an answer';
        if (difference !== undefined) differences.push(`${await source.engine()}: ${difference}`);
      }
    }
    expect(differences.join('\n')).toBe('');
  }

  it('our own recipes', async () => {
    const names = goldenRecipes.map(({ name }) => name);
    await buildRecipes(names, root);
    await compare(await goldenQuestions(names));
  }, 300_000);

  const files = ['coderepo-stat', 'version-queries', 'origin-sums', 'coderepo-latest'].flatMap(
    (name) => readVectors<never>(name) ?? [],
  );
  it.skipIf(files.length === 0)(
    'the recipes of the vectors',
    async () => {
      const { names, questions } = vectorQuestions(files);
      await buildRecipes(names, root);
      await compare(questions);
    },
    300_000,
  );

  const batches = Array.from({ length: Math.ceil(repositories / perBatch) }, (_, i) => firstSeed + i * perBatch);
  it.each(batches)(
    'generated repositories from seed %i',
    async (seed) => {
      const seeds = Array.from({ length: perBatch }, (_, i) => seed + i);
      const generated = await inParallel(seeds, 2, (each) =>
        generateRepository(each, { root, questions: full ? 14 : 6 }),
      );
      await compare(generated.flatMap(({ questions }) => questions));
      await compareLists(generated.map(({ name }) => `example.com/${name}.git`));
      for (const { name } of generated) rmSync(join(root, `${name}.git`), { recursive: true });
    },
    300_000,
  );

  /** The versions listed for every module path in these repositories. */
  async function compareLists(roots: readonly string[]): Promise<void> {
    const paths = roots.flatMap(modulePaths);
    const go = await oracle.versions(paths);
    const differences: string[] = [];
    for (const source of sources) {
      await inParallel(paths, 2, async (path, i) => {
        const difference = listDisagreement(path, go[i] ?? [], await ourList(source, path));
        if (difference !== undefined) differences.push(`${await source.engine()}: ${difference}`);
      });
    }
    expect(differences.join('\n')).toBe('');
  }
});
