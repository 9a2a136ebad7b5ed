// `go get -u ./...` where modules have packages: what `imports` says makes getModules agree; without it, the difference is the stated one.

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatListed, type GetOptions, getModules, type ModuleGraph } from '@gomodkit/core/graph';
import { parse } from '@gomodkit/core/modfile';
import { upstreamSource } from '@gomodkit/core/source';
import { goCommand, goEnvironment, startTestProxy, tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo } from './support/go.ts';
import type { Modules } from './support/graph.ts';
import { inParallel } from './support/parallel.ts';
import { randomNumbers, testSeed } from './support/random.ts';

const count = process.env.GOMODKIT_TEST_SCALE === 'full' ? 500 : 15;

interface PackageGraph {
  readonly modules: Modules;
  /** Paths of what the package of a module version imports; of the main module's, with the key `main`. */
  readonly imports: ReadonlyMap<string, readonly string[]>;
}

const nameOf = (set: string, index: number): string => `example.com/${set}/m${index}`;

/** Modules of one package each, in which what stands later is imported. Some requirements are of modules that nobody imports. */
function generatePackages(random: () => number, set: string, go: string): PackageGraph {
  const size = 5;
  const chosen = (from: number, share: number): string[] =>
    Array.from({ length: size - from }, (_, i) => nameOf(set, from + i)).filter(() => random() < share);
  const imports = new Map([['main', [nameOf(set, 0), ...chosen(1, 0.3)]]]);
  const versions = ['v1.0.0', 'v1.0.1', 'v1.1.0', 'v1.2.0'];
  const modules: Record<string, Modules[string]> = {};
  for (let index = 0; index < size; index++) {
    for (const version of versions) {
      const path = nameOf(set, index);
      const imported = chosen(index + 1, 0.4);
      const required = new Set([...imported, ...chosen(0, 0.15).filter((other) => other !== path)]);
      const lines = [...required].map((each) => `\nrequire ${each} ${versions[Math.floor(random() * 3)]}\n`);
      imports.set(`${path}@${version}`, imported);
      modules[`${path}@${version}`] = {
        files: { 'go.mod': `module ${path}\n\ngo ${go}\n${lines.join('')}`, 'p.go': packageOf('p', imported) },
      };
    }
  }
  return { modules, imports };
}

function packageOf(name: string, imported: readonly string[]): string {
  return `package ${name}\n\n${imported.map((each) => `import _ "${each}"\n`).join('')}`;
}

/** What loading packages would say. */
function importsOf({ imports }: PackageGraph): NonNullable<GetOptions['imports']> {
  return async (graph: ModuleGraph) => {
    const provided = new Set(imports.get('main'));
    // Grows while it is walked.
    for (const path of provided) {
      for (const other of imports.get(`${path}@${graph.selected(path)}`) ?? []) provided.add(other);
    }
    return { provided, direct: imports.get('main') ?? [] };
  };
}

describeWithGo('go get -u ./...', () => {
  const keep = closeAfterEach();
  const seed = testSeed();

  it.each(['1.16', '1.21'])(
    `agrees with getModules for packages, go ${'%s'}, seed ${seed}`,
    { timeout: 600_000 },
    async (go) => {
      const graphs = Array.from({ length: count }, (_, i) => generatePackages(randomNumbers(seed + i), `s${i}`, go));
      const modules: Modules = Object.assign({}, ...graphs.map((graph) => graph.modules));
      const proxy = keep(await startTestProxy({ modules }));
      const variables = { GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' };
      const env = keep(goEnvironment({ goproxy: proxy.url, variables })).variables;
      let raised = 0;
      const differences = await inParallel([...graphs.keys()], 2, async (index) => {
        const graph = graphs[index] as PackageGraph;
        const required = `require ${nameOf(`s${index}`, 0)} v1.0.0\n`;
        const main = {
          'go.mod': `module example.com/s${index}/main\n\ngo ${go}\n\n${required}`,
          'main.go': `${packageOf('main', graph.imports.get('main') ?? [])}\nfunc main() {}\n`,
        };
        const found: unknown[] = [];
        for (const upgrade of ['upgrade', 'patch'] as const) {
          const cwd = keep(await tempDirectory(main)).path;
          const run = (...args: string[]) => goCommand(args, { cwd, env });
          await run('mod', 'tidy');
          const before = await readFile(join(cwd, 'go.mod'), 'utf8');
          await run('get', upgrade === 'patch' ? '-u=patch' : '-u', './...');
          const theirs = await readFile(join(cwd, 'go.mod'), 'utf8');
          const list = (await run('list', '-mod=mod', '-m', 'all')).stdout.trimEnd();
          const options = {
            source: upstreamSource(proxy.url),
            upgrade,
            imports: importsOf(graph),
            goVersion: '1.26.8',
          };
          const ours = await getModules(parse('go.mod', before), [], options);
          const ourList = ours.graph.buildList.map(formatListed).join('\n');
          if (theirs !== before) raised++;
          if (ours.goMod !== theirs || ourList !== list)
            found.push({ index, upgrade, before, ours: ours.goMod, theirs, ourList, list });
        }
        return found;
      });
      expect(differences.flat().slice(0, 1)).toEqual([]);
      expect(raised, 'go.mod files that changed').toBeGreaterThan(count / 2);
    },
  );

  it('raises what no package needs, and nothing that is new, where nobody says what packages import', async () => {
    const module = (path: string, ...required: string[]) => ({
      files: {
        'go.mod': `module ${path}\n\ngo 1.21\n${required.map((each) => `\nrequire ${each}\n`).join('')}`,
        'p.go': packageOf(
          'p',
          required.map((each) => each.replace(/ .*/, '')),
        ),
      },
    });
    const [used, unused, added] = ['example.com/used', 'example.com/unused', 'example.com/added'];
    const modules: Modules = {
      [`${used}@v1.0.0`]: module(used),
      [`${used}@v1.1.0`]: module(used, `${added} v1.0.0`),
      ...Object.fromEntries(
        [unused, added].flatMap((path) => ['v1.0.0', 'v1.1.0'].map((version) => [`${path}@${version}`, module(path)])),
      ),
    };
    const proxy = keep(await startTestProxy({ modules }));
    const goMod = parse(
      'go.mod',
      `module example.com/m\n\ngo 1.21\n\nrequire ${used} v1.0.0\n\nrequire ${unused} v1.0.0\n`,
    );
    const options = { source: upstreamSource(proxy.url), upgrade: 'upgrade' } as const;
    const selected = async (more: Partial<GetOptions>) => {
      const { graph } = await getModules(goMod, [], { ...options, ...more });
      return [used, unused, added].map((path) => graph.selected(path));
    };
    expect(await selected({})).toEqual(['v1.1.0', 'v1.1.0', 'v1.0.0']);
    const imports = async (graph: ModuleGraph) => {
      const isNew = graph.selected(used) === 'v1.1.0';
      return { provided: isNew ? [used, added] : [used], direct: [used] };
    };
    expect(await selected({ imports })).toEqual(['v1.1.0', 'v1.0.0', 'v1.1.0']);
  });
});
