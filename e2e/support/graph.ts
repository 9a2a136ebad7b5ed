// A dependency graph of more than forty synthetic modules with everything that makes real graphs hard:
// upper-case paths, major versions, +incompatible versions without go.mod, pseudo-versions, retracted and deprecated versions, a module
// in a sub-directory, one that lost its go.mod again, a fork used by `replace`, and old versions that nobody selects but the graph mentions.

import type { ModuleFixture } from '@gomodkit/testing';

/** Modules by `PATH@VERSION`. */
export type Modules = Readonly<Record<string, ModuleFixture>>;

const layers = 30;

/** The modules that a graph is made of, and the files of a project that needs all of them. */
export interface Graph {
  readonly modules: Modules;
  readonly project: Readonly<Record<string, string>>;
  /** What the project's program prints. */
  readonly output: string;
}

/** The graph. Its shape is fixed, so that failures can be repeated. */
export function syntheticGraph(): Graph {
  const modules: Modules = { ...layeredModules(), ...oddModules() };
  const imports = ['example.com/layer/l00', ...oddPackages.map(({ path }) => path)];
  const main = [
    'package main',
    '',
    'import (',
    ...imports.map((path, index) => `\tp${index} "${path}"`),
    ')',
    '',
    'func main() {',
    ...imports.map((_, index) => `\tprintln(p${index}.Name)`),
    '}',
    '',
  ];
  const requirements = [
    ['example.com/layer/l00', 'v1.2.0'],
    ...oddPackages.map(({ module, version }) => [module, version]),
  ];
  const goMod = [
    'module example.com/project',
    '',
    'go 1.21',
    '',
    ...requirements.map(([module, version]) => `require ${module} ${version}`),
    '',
    'replace example.com/original => example.com/Forks/original v1.0.1',
    '',
  ];
  return {
    modules,
    project: { 'go.mod': goMod.join('\n'), 'main.go': main.join('\n') },
    output: ['example.com/layer/l00', ...oddPackages.map(({ name, path }) => name ?? path)]
      .map((name) => `${name}\n`)
      .join(''),
  };
}

/** A chain of layers, each importing the two after it, in two versions; some with a go line from before graph pruning. */
function layeredModules(): Modules {
  const modules: Record<string, ModuleFixture> = {};
  for (let index = 0; index < layers; index++) {
    for (const version of ['v1.0.0', 'v1.2.0']) {
      const next = [index + 1, index + 2].filter((each) => each < layers);
      const goVersion = index % 3 === 0 ? '1.16' : '1.21';
      // The second dependency is asked for in its old version: the graph mentions it, nobody selects it.
      const required = next.map((each, position) => `require ${layer(each)} ${position === 0 ? version : 'v1.0.0'}\n`);
      modules[`${layer(index)}@${version}`] = {
        files: {
          'go.mod': `module ${layer(index)}\n\ngo ${goVersion}\n\n${required.join('')}`,
          'layer.go': sourceFile(layer(index), next.map(layer)),
          LICENSE: 'Do what you like.\n',
        },
        time: `2024-01-${String(index + 1).padStart(2, '0')}T00:00:00Z`,
      };
    }
  }
  return modules;
}

function layer(index: number): string {
  return `example.com/layer/l${String(index).padStart(2, '0')}`;
}

interface OddPackage {
  /** What is imported. */
  readonly path: string;
  readonly module: string;
  readonly version: string;
  /** The value of its `Name`, where it is not the path. */
  readonly name?: string;
}

const oddPackages: readonly OddPackage[] = [
  { path: 'example.com/Upper/CamelCase', module: 'example.com/Upper/CamelCase', version: 'v1.0.0-RC.1' },
  { path: 'example.com/major/v2', module: 'example.com/major/v2', version: 'v2.1.0' },
  { path: 'example.com/major/v3/deep', module: 'example.com/major/v3', version: 'v3.0.0' },
  { path: 'gopkg.in/thing.v3', module: 'gopkg.in/thing.v3', version: 'v3.0.1' },
  { path: 'example.com/legacy', module: 'example.com/legacy', version: 'v2.3.0+incompatible' },
  { path: 'example.com/untagged', module: 'example.com/untagged', version: 'v0.0.0-20240102030405-abcdef123456' },
  { path: 'example.com/retracting', module: 'example.com/retracting', version: 'v1.0.0' },
  { path: 'example.com/deprecated', module: 'example.com/deprecated', version: 'v1.1.0' },
  { path: 'example.com/repo', module: 'example.com/repo', version: 'v1.0.0' },
  { path: 'example.com/repo/sub/pkg', module: 'example.com/repo/sub', version: 'v0.2.0' },
  { path: 'example.com/lostmod', module: 'example.com/lostmod', version: 'v1.1.0' },
  { path: 'example.com/original', module: 'example.com/original', version: 'v1.0.0', name: 'example.com/fork' },
  { path: 'example.com/early', module: 'example.com/early', version: 'v0.1.0-beta.2' },
];

function oddModules(): Modules {
  const simple = (path: string, goMod: string = `module ${path}\n\ngo 1.21\n`): ModuleFixture => ({
    files: { 'go.mod': goMod, 'p.go': sourceFile(path) },
  });
  const withoutGoMod = (path: string): ModuleFixture => ({ files: { 'p.go': sourceFile(path) } });
  return {
    'example.com/Upper/CamelCase@v1.0.0-RC.1': simple('example.com/Upper/CamelCase'),
    'example.com/major@v1.0.0': simple('example.com/major'),
    'example.com/major/v2@v2.0.0': simple('example.com/major/v2'),
    'example.com/major/v2@v2.1.0': {
      files: {
        'go.mod': 'module example.com/major/v2\n\ngo 1.21\n\nrequire example.com/major v1.0.0\n',
        'p.go': sourceFile('example.com/major/v2', ['example.com/major']),
      },
    },
    'example.com/major/v3@v3.0.0': {
      files: {
        'go.mod': 'module example.com/major/v3\n\ngo 1.21\n',
        'deep/p.go': sourceFile('example.com/major/v3/deep'),
        'deep/testdata/blob.bin': new Uint8Array(70_000).map((_, index) => (index * 7919) >> 3),
      },
    },
    'gopkg.in/thing.v3@v3.0.1': simple('gopkg.in/thing.v3'),
    'example.com/legacy@v1.0.0': withoutGoMod('example.com/legacy'),
    'example.com/legacy@v2.3.0+incompatible': withoutGoMod('example.com/legacy'),
    'example.com/untagged@v0.0.0-20240102030405-abcdef123456': {
      ...simple('example.com/untagged'),
      time: '2024-01-02T03:04:05Z',
      branches: ['main'],
    },
    'example.com/retracting@v1.0.0': simple('example.com/retracting'),
    'example.com/retracting@v1.1.0': simple(
      'example.com/retracting',
      'module example.com/retracting\n\ngo 1.21\n\nretract v1.0.0 // published by mistake\n',
    ),
    'example.com/deprecated@v1.1.0': simple(
      'example.com/deprecated',
      '// Deprecated: use example.com/layer/l00 instead.\nmodule example.com/deprecated\n\ngo 1.21\n',
    ),
    'example.com/repo@v1.0.0': simple('example.com/repo'),
    'example.com/repo/sub@v0.2.0': {
      files: {
        'go.mod': 'module example.com/repo/sub\n\ngo 1.21\n\nrequire example.com/repo v1.0.0\n',
        'pkg/p.go': sourceFile('example.com/repo/sub/pkg', ['example.com/repo']),
      },
    },
    'example.com/lostmod@v1.0.0': simple('example.com/lostmod'),
    'example.com/lostmod@v1.1.0': withoutGoMod('example.com/lostmod'),
    'example.com/original@v1.0.0': simple('example.com/original'),
    // A fork says its origin's path: legal, because it is used by `replace` (spec §5.7).
    'example.com/Forks/original@v1.0.1': {
      files: { 'go.mod': 'module example.com/original\n\ngo 1.21\n', 'p.go': sourceFile('example.com/fork') },
    },
    'example.com/early@v0.1.0-beta.2': simple('example.com/early'),
  };
}

/** A package whose `Name` is `path`, importing others. */
function sourceFile(path: string, imports: readonly string[] = []): string {
  const lines = imports.map((each) => `import _ "${each}"\n`).join('');
  return `package p\n\n${lines}\nconst Name = "${path}"\n`;
}
