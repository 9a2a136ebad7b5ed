// Generated module graphs: build lists, requirements and updated roots are those of the go command, and errors name the same path.

import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isGoModKitError } from '@gomodkit/core/errors';
import { formatEdges, formatListed, loadModuleGraph, type ModuleGraph } from '@gomodkit/core/graph';
import { parse } from '@gomodkit/core/modfile';
import { goCommand, goEnvironment, tempDirectory } from '@gomodkit/testing';
import { describe, expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo } from './support/go.ts';
import { type GeneratedGraph, generateGraph, graphSource, writeMain, writeProxy } from './support/module-graphs.ts';
import { inParallel } from './support/parallel.ts';
import { randomNumbers, testSeed } from './support/random.ts';

const count = process.env.GOMODKIT_TEST_SCALE === 'full' ? 20_000 : 500;
const batch = 250;

describeWithGo('generated module graphs', () => {
  const keep = closeAfterEach();
  const seed = testSeed();

  describe.each(Array.from({ length: count / batch }, (_, i) => i * batch))(`seed ${seed}, from %i`, (start) => {
    it('agree with go mod graph and go list -m all', { timeout: 600_000 }, async () => {
      const proxy = keep(await tempDirectory());
      const work = keep(await tempDirectory());
      const goproxy = pathToFileURL(proxy.path).href;
      const env = keep(
        goEnvironment({ goproxy, variables: { GOFLAGS: '-mod=mod -modcacherw', GOTOOLCHAIN: 'local' } }),
      );
      const numbers = Array.from({ length: batch }, (_, i) => start + i);
      const differences = await inParallel(numbers, 3, async (number) => {
        const shape = { broken: number % 5 === 0, directives: number % 2 === 0, retract: number % 7 === 0 };
        const graph = generateGraph(randomNumbers(seed + number), `g${number}`, shape);
        const cwd = join(work.path, String(number));
        await writeProxy(proxy.path, graph, false);
        await writeMain(cwd, graph);
        const ours = await loadOurs(graph);
        const theirs = await loadGos(cwd, env.variables, graph.goMod.includes('\ngo '));
        return describeDifference(graph, ours, theirs);
      });
      expect(differences.filter((difference) => difference !== undefined).slice(0, 1)).toEqual([]);
    });
  });
});

interface Answer {
  readonly edges?: string | undefined;
  readonly list?: string | undefined;
  readonly roots?: string | undefined;
  readonly error?: string | undefined;
}

async function loadOurs(graph: GeneratedGraph): Promise<Answer> {
  try {
    const loaded = await loadModuleGraph(parse('go.mod', graph.goMod), { ...graphSource(graph), goVersion: '1.26.8' });
    return {
      edges: [...formatEdges(loaded)].join('\n'),
      list: loaded.buildList.map(formatListed).join('\n'),
      roots: rootsOf(loaded),
    };
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return { error: error.message };
  }
}

async function loadGos(cwd: string, env: Readonly<Record<string, string>>, hasGo: boolean): Promise<Answer> {
  const run = (...args: string[]) => goCommand(args, { cwd, env, allowFailure: true });
  const edges = await run('mod', 'graph');
  if (edges.code !== 0) return { error: edges.stderr };
  // With -mod=mod a missing go line is added, and the graph is another.
  // And where a version at the edge of the graph is not there at all, go list alone minds.
  const list = hasGo ? await run('list', '-m', 'all') : undefined;
  if (list?.code !== 0) return { edges: edges.stdout.trimEnd() };
  const roots = (await run('mod', 'edit', '-json')).stdout;
  return {
    edges: edges.stdout.trimEnd(),
    list: list.stdout.trimEnd(),
    roots: rootsOfJson(roots),
  };
}

function rootsOf({ roots }: ModuleGraph): string {
  return roots
    .filter(({ path }) => path !== 'toolchain')
    .map(({ path, version }) => `${path} ${version}`)
    .sort()
    .join('\n');
}

function rootsOfJson(json: string): string {
  const { Go, Require } = JSON.parse(json) as { Go: string; Require: { Path: string; Version: string }[] | null };
  const required = (Require ?? []).map(({ Path, Version }) => `${Path} ${Version}`);
  // The go command leaves a line that stands twice alone.
  return [...new Set([`go ${Go}`, ...required])].sort().join('\n');
}

function describeDifference(graph: GeneratedGraph, ours: Answer, theirs: Answer): string | undefined {
  const isSame =
    theirs.error === undefined
      ? ours.edges === theirs.edges &&
        (theirs.list === undefined || (ours.list === theirs.list && ours.roots === theirs.roots))
      : ours.error !== undefined && theirs.error.includes(chainOf(ours.error));
  if (isSame) return undefined;
  const modules = [...graph.modules, ...graph.directories].map(([name, text]) => `-- ${name} --\n${text}`);
  return `${graph.goMod}${modules.join('')}\nOURS ${JSON.stringify(ours, null, 1)}\nGO ${JSON.stringify(theirs, null, 1)}`.replaceAll(
    '\\n',
    '\n',
  );
}

/** The path to the module that cannot be read, without the reason, which names files. */
function chainOf(message: string): string {
  const last = message.lastIndexOf('requires\n\t');
  const end = message.indexOf(': ', Math.max(last, 0));
  return message.slice(0, end + 1);
}
