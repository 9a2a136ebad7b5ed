// Generated module graphs, as files that the go command reads from a file:// proxy and as a source for ours.
//
// Invariant: graphs share no module path, so that one module cache can hold many of them.

import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { GoModKitError } from '@gomodkit/core/errors';
import type { ModuleSource } from '@gomodkit/core/source';
import { createZip, sourceFile } from '@gomodkit/core/zip';

/** A main module and everything that may be in its graph. */
export interface GeneratedGraph {
  /** The go.mod of the main module. */
  readonly goMod: string;
  /** The go.mod of each module version by `path@version`. */
  readonly modules: ReadonlyMap<string, string>;
  /** The go.mod of each directory that may replace a module. */
  readonly directories: ReadonlyMap<string, string>;
}

/** What may be in a generated graph. */
export interface GraphShape {
  /** Whether versions may be missing, and go.mod files broken. */
  readonly broken: boolean;
  /** Whether the main module may replace and exclude. */
  readonly directives: boolean;
  /** Whether versions may be retracted. */
  readonly retract: boolean;
}

type Random = () => number;

const goVersions = [
  '',
  '1.13',
  '1.16',
  '1.17',
  '1.18',
  '1.20',
  '1.21',
  '1.21.3',
  '1.22',
  '1.22.5',
  '1.23.0',
  '1.24rc1',
  '1.25.1',
];
const versionLists = [
  ['v1.0.0'],
  ['v1.0.0', 'v1.1.0'],
  ['v0.1.0', 'v0.2.0', 'v0.2.1'],
  ['v1.0.0', 'v1.0.1', 'v1.1.0', 'v1.2.0-rc.1', 'v1.2.0'],
  ['v0.0.0-20200101000000-000000000001', 'v0.9.0', 'v1.0.0-beta.2', 'v1.0.0-beta.10'],
];

/** Makes a graph whose modules begin with `prefix`. */
export function generateGraph(random: Random, prefix: string, shape: GraphShape): GeneratedGraph {
  const below = (n: number): number => Math.floor(random() * n);
  const pick = <T>(from: readonly T[]): T => from[below(from.length)] as T;
  const chance = (p: number): boolean => random() < p;
  const main = `${prefix}.test/main`;
  const versions = new Map<string, readonly string[]>();
  for (let i = 0, count = 2 + below(chance(0.2) ? 20 : 7); i < count; i++) {
    const path = `${prefix}.test/${String.fromCharCode(97 + (i % 26))}`;
    versions.set(path, pick(versionLists));
    if (chance(0.1)) versions.set(`${path}/v2`, ['v2.0.0', 'v2.1.0']);
  }
  const paths = [...versions.keys()];
  const density = pick([0.15, 0.3, 0.5]);

  const requirements = (self: string): string[] => {
    const lines: string[] = [];
    for (const path of paths) {
      if (path === self ? !chance(0.03) : !chance(density)) continue;
      lines.push(`require ${path} ${pick(versions.get(path) ?? [])}${chance(0.3) ? ' // indirect' : ''}`);
    }
    if (self !== main && chance(0.05)) lines.push(`require ${main} v0.1.0`);
    if (chance(0.05) && lines[0] !== undefined) {
      const path = lines[0].split(' ')[1] ?? '';
      lines.push(`require ${path} ${pick(versions.get(path) ?? ['v0.1.0'])}`);
    }
    if (shape.broken && chance(0.02)) lines.push(`require ${pick(paths)} v1.99.0`);
    return lines;
  };
  const retractions = (path: string): string[] => {
    if (!shape.retract || !chance(0.25)) return [];
    const list = versions.get(path) ?? ['v0.1.0'];
    return chance(0.3)
      ? [`retract [${list[0]}, ${pick(list)}] // an interval`]
      : [`retract ${pick(list)} // ${pick(['broken', 'loses data', ''])}`];
  };
  const dependency = (path: string, goVersion: string): string => {
    const declared = shape.broken && chance(0.01) ? `${path}/other` : path;
    const go = goVersion === '' ? [] : [`go ${goVersion}`];
    const junk = shape.broken && chance(0.01) ? ['require ('] : [];
    return [`module ${declared}`, ...go, ...requirements(path), ...retractions(path), ...junk, ''].join('\n');
  };
  const era = pick([goVersions, goVersions.slice(3), goVersions.slice(0, 4)]);
  const modules = new Map<string, string>();
  for (const [path, list] of versions) {
    for (const version of list) modules.set(`${path}@${version}`, dependency(path, pick(era)));
  }
  modules.set(`${main}@v0.1.0`, dependency(main, pick(era)));

  const directories = new Map<string, string>();
  const goVersion = pick(era);
  const lines = [`module ${main}`, ...(goVersion === '' ? [] : [`go ${goVersion}`]), ...requirements(main)];
  if (chance(0.1)) lines.push(`toolchain ${pick(['go1.21.0', 'go1.24.2', 'go1.26.8', 'default'])}`);
  if (shape.directives) {
    const replaced = new Set<string>();
    for (let i = below(4); i > 0; i--) {
      const path = pick(paths);
      const version = chance(0.5) ? ` ${pick(versions.get(path) ?? [])}` : '';
      if (replaced.has(path + version)) continue;
      replaced.add(path + version);
      if (chance(0.3)) {
        const directory = `./dir${i}`;
        directories.set(
          directory,
          chance(0.3) ? '' : dependency(chance(0.5) ? path : 'anything.test/at/all', pick(era)),
        );
        lines.push(`replace ${path}${version} => ${directory}`);
      } else {
        const [target = ''] = chance(0.5) ? [path] : [pick(paths)];
        lines.push(`replace ${path}${version} => ${target} ${pick(versions.get(target) ?? [])}`);
      }
    }
    for (let i = below(4); i > 0; i--) {
      const path = pick(paths);
      lines.push(`exclude ${path} ${pick(versions.get(path) ?? [])}`);
    }
  }
  return { goMod: `${lines.join('\n')}\n`, modules, directories };
}

/** Writes the modules of a graph into a file tree that GOPROXY=file://… can name. */
export async function writeProxy(root: string, { modules }: GeneratedGraph, withZips: boolean): Promise<void> {
  const lists = new Map<string, string[]>();
  for (const [name, goMod] of modules) {
    const [path = '', version = ''] = name.split('@');
    const directory = join(root, path, '@v');
    if (!lists.has(path)) await mkdir(directory, { recursive: true });
    const list = lists.get(path) ?? [];
    lists.set(path, list);
    if (!isPseudo(version)) list.push(version);
    await writeFile(join(directory, `${version}.mod`), goMod);
    await writeFile(join(directory, `${version}.info`), JSON.stringify({ Version: version, Time: timeOf(version) }));
    if (!withZips) continue;
    const zip = createZip({ path, version }, [sourceFile('go.mod', new TextEncoder().encode(goMod))], {});
    await writeFile(join(directory, `${version}.zip`), new Uint8Array(await new Response(zip).arrayBuffer()));
  }
  for (const [path, list] of lists) await writeFile(join(root, path, '@v', 'list'), `${list.join('\n')}\n`);
}

/** Writes the main module. */
export async function writeMain(root: string, { goMod, directories }: GeneratedGraph): Promise<void> {
  await mkdir(root, { recursive: true });
  await writeFile(join(root, 'go.mod'), goMod);
  for (const [directory, text] of directories) {
    await mkdir(dirname(join(root, directory, 'go.mod')), { recursive: true });
    await writeFile(join(root, directory, 'go.mod'), text);
  }
}

/** The modules of a graph as a source, as the proxy's files answer. */
export function graphSource({ modules, directories }: GeneratedGraph): {
  readonly source: Omit<ModuleSource, 'zip'>;
  readonly readReplacement: (directory: string) => Promise<Uint8Array>;
} {
  const encode = (text: string | undefined, name: string): Uint8Array => {
    if (text === undefined) throw new GoModKitError('not_found', `${name}: no such version`);
    return new TextEncoder().encode(text);
  };
  return {
    source: {
      goMod: async (path, version) => encode(modules.get(`${path}@${version}`), `${path}@${version}`),
      versions: async (path) => {
        const own = [...modules.keys()].filter((name) => name.startsWith(`${path}@`));
        if (own.length === 0) throw new GoModKitError('not_found', `module ${path}: no such module`);
        return own.map((name) => name.slice(path.length + 1)).filter((version) => !isPseudo(version));
      },
      resolve: async (path, version) => {
        encode(modules.get(`${path}@${version}`), `${path}@${version}`);
        return { version, time: timeOf(version) };
      },
    },
    readReplacement: async (directory) => encode(directories.get(directory), directory),
  };
}

function isPseudo(version: string): boolean {
  return version.includes('-2020');
}

function timeOf(version: string): string {
  return isPseudo(version) ? '2020-01-01T00:00:00Z' : '2021-01-01T00:00:00Z';
}
