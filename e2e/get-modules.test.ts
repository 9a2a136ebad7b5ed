// Upgrades, downgrades and removals on generated graphs: go.mod and build list after them are those of `go get`.
//
// The modules have no packages, so that what is compared is modules alone.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isGoModKitError } from '@gomodkit/core/errors';
import { formatListed, getModules, type ModuleQuery } from '@gomodkit/core/graph';
import { parse } from '@gomodkit/core/modfile';
import { goCommand, goEnvironment, tempDirectory } from '@gomodkit/testing';
import { describe, expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo } from './support/go.ts';
import { type GeneratedGraph, generateGraph, graphSource, writeMain, writeProxy } from './support/module-graphs.ts';
import { inParallel } from './support/parallel.ts';
import { randomNumbers, testSeed } from './support/random.ts';

const count = process.env.GOMODKIT_TEST_SCALE === 'full' ? 10_000 : 200;
const batch = 100;

describeWithGo('go get on generated module graphs', () => {
  const keep = closeAfterEach();
  const seed = testSeed();

  describe.each(Array.from({ length: count / batch }, (_, i) => i * batch))(`seed ${seed}, from %i`, (start) => {
    it('agrees with getModules', { timeout: 600_000 }, async () => {
      const proxy = keep(await tempDirectory());
      const work = keep(await tempDirectory());
      const goproxy = pathToFileURL(proxy.path).href;
      const env = keep(goEnvironment({ goproxy, variables: { GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' } }));
      const numbers = Array.from({ length: batch }, (_, i) => start + i);
      const differences = await inParallel(numbers, 3, async (number) => {
        const random = randomNumbers(seed + number);
        const shape = { broken: false, directives: number % 2 === 0, retract: number % 3 !== 0 };
        const graph = generateGraph(random, `g${number}`, shape);
        const queries = generateQueries(random, graph);
        const cwd = join(work.path, String(number));
        await writeProxy(proxy.path, graph, true);
        await writeMain(cwd, graph);
        const ours = await getOurs(graph, queries);
        const theirs = await getGos(cwd, env.variables, queries);
        return describeDifference(graph, queries, ours, theirs);
      });
      expect(differences.filter((difference) => difference !== undefined).slice(0, 1)).toEqual([]);
    });
  });
});

function generateQueries(random: () => number, { modules }: GeneratedGraph): readonly ModuleQuery[] {
  const below = (n: number): number => Math.floor(random() * n);
  const names = [...modules.keys()].filter((name) => !name.includes('/main@'));
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const queries = new Map<string, ModuleQuery>();
  for (let i = 1 + below(3); i > 0; i--) {
    const [path = '', version = ''] = pick(names).split('@');
    const words = ['none', 'upgrade', 'patch', 'latest', 'v1', 'v1.1', '<v1.1.0', '<=v1.0.1', '>v1.0.0', '>=v1.1.0'];
    queries.set(path, { path, query: random() < 0.5 ? version : pick(words) });
  }
  return [...queries.values()];
}

interface Answer {
  readonly goMod?: string | undefined;
  readonly list?: string | undefined;
  readonly error?: string | undefined;
}

async function getOurs(graph: GeneratedGraph, queries: readonly ModuleQuery[]): Promise<Answer> {
  try {
    const got = await getModules(parse('go.mod', graph.goMod), queries, { ...graphSource(graph), goVersion: '1.26.8' });
    return { goMod: got.goMod, list: got.graph.buildList.map(formatListed).join('\n') };
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return { error: error.message };
  }
}

async function getGos(
  cwd: string,
  env: Readonly<Record<string, string>>,
  queries: readonly ModuleQuery[],
): Promise<Answer> {
  const run = (...args: string[]) => goCommand(args, { cwd, env, allowFailure: true });
  const get = await run('get', ...queries.map(({ path, query }) => `${path}@${query}`));
  if (get.code !== 0) return { error: get.stderr };
  const list = await run('list', '-mod=mod', '-m', 'all');
  return { goMod: await readFile(join(cwd, 'go.mod'), 'utf8'), list: list.stdout.trimEnd() };
}

function describeDifference(
  graph: GeneratedGraph,
  queries: readonly ModuleQuery[],
  ours: Answer,
  theirs: Answer,
): string | undefined {
  // The go command leaves a go.mod alone, duplicates and all, that says the same as before.
  const isUntouched = theirs.goMod === graph.goMod;
  const isSame =
    (theirs.error === undefined) === (ours.error === undefined) &&
    (isUntouched || theirs.goMod === ours.goMod) &&
    theirs.list === ours.list;
  if (isSame) return undefined;
  const modules = [...graph.modules, ...graph.directories].map(([name, text]) => `-- ${name} --\n${text}`);
  const asked = queries.map(({ path, query }) => `${path}@${query}`).join(' ');
  const answers = `OURS ${JSON.stringify(ours, null, 1)}\nGO ${JSON.stringify(theirs, null, 1)}`.replaceAll(
    '\\n',
    '\n',
  );
  return `go get ${asked}\n${graph.goMod}${modules.join('')}\n${answers}`;
}
