// The situations of minimal version selection: upgrades, downgrades and removals, as tables of small graphs. A graph is written as
// `A1: B1 C2`, module A at v1.1.0 requires B at v1.1.0 and C at v1.2.0; `main` is the main module.

import { describe, expect, it } from 'vitest';
import { isGoModKitError } from '../errors/index.ts';
import { parse, parseLax } from '../modfile/index.ts';
import { memorySource } from '../source/index.ts';
import { type GetOptions, getModules } from './index.ts';

/** `B2` → example.com/B v1.2.0. */
function moduleOf(name: string): { readonly path: string; readonly version: string } {
  return { path: `example.com/${name[0]}`, version: `v1.${name.slice(1)}.0` };
}

function graphOf(text: string, go: string): { readonly goMod: string; readonly source: GetOptions['source'] } {
  const entries = text.split(/\s*;\s*/).map((line) => {
    const [name = '', rest = ''] = line.split(/:\s*/);
    const lines = rest.split(/\s+/).filter((word) => word !== '' && !word.startsWith('!'));
    const retracted = rest.split(/\s+/).filter((word) => word.startsWith('!'));
    const path = name === 'main' ? 'example.com/main' : moduleOf(name).path;
    const required = lines.map(moduleOf).map((each) => `require ${each.path} ${each.version}\n`);
    const retractions = retracted.map((word) => `retract v1.${word.slice(1)}.0 // broken\n`);
    return [name, `module ${path}\n\ngo ${go}\n\n${[...required, ...retractions].join('')}`] as const;
  });
  const goMod = entries.find(([name]) => name === 'main')?.[1] ?? '';
  const modules = entries
    .filter(([name]) => name !== 'main')
    .map(([name, text]) => [`${moduleOf(name).path}@${moduleOf(name).version}`, { goMod: text }] as const);
  return { goMod, source: memorySource(Object.fromEntries(modules)) };
}

/** `B2 C1` for the build list without the main module. */
async function get(
  { goMod, source }: ReturnType<typeof graphOf>,
  queries: string,
  options: Partial<GetOptions> = {},
): Promise<string> {
  const wanted = queries.split(' ').filter((word) => word !== '');
  const result = await getModules(
    parse('go.mod', goMod),
    wanted.map((word) => {
      const [name = '', query = ''] = word.split('@');
      return query === ''
        ? { path: moduleOf(name).path, query: moduleOf(name).version }
        : { path: `example.com/${name}`, query };
    }),
    { ...options, source },
  );
  const short = ({ path, version }: { readonly path: string; readonly version: string }) =>
    `${path.slice(-1)}${version.split('.')[1]}`;
  return result.graph.buildList.slice(1).map(short).join(' ');
}

// The worked example that minimal version selection was introduced with, under other names.
const example =
  'main: B2 C2; B1: D1; B2: D3; C1: ; C2: D4; C3: F1; D1: E1; D2: E1; D3: E2; D4: E2; E1: ; E2: ; E3: ; F1: G1; G1: F1';

describe.each(['1.16', '1.17'])('go %s', (go) => {
  const unpruned = go === '1.16';

  it.each([
    ['nothing', '', unpruned ? 'B2 C2 D4 E2' : 'B2 C2 D4'],
    ['one module up, which needs another one', 'C3', unpruned ? 'B2 C3 D4 E2 F1 G1' : 'B2 C3 D3 F1'],
    ['one that nobody requires', 'F1', unpruned ? 'B2 C2 D4 E2 F1 G1' : 'B2 C2 D4 F1 G1'],
    ['a dependency down, and with it what needs more', 'D2', unpruned ? 'B1 C1 D2 E2' : 'B1 C1 D2 E1'],
    ['a dependency away', 'D@none', unpruned ? 'C1 E2' : 'C1'],
    ['the highest below', 'D@<v1.4.0', unpruned ? 'B2 C1 D3 E2' : 'B2 C1 D3 E2'],
    ['latest', 'E@latest', unpruned ? 'B2 C2 D4 E3' : 'B2 C2 D4 E3'],
  ])('%s', async (_, queries, list) => {
    expect(await get(graphOf(example, go), queries)).toBe(list);
  });

  it('upgrades everything', async () => {
    expect(await get(graphOf(example, go), '', { upgrade: 'upgrade' })).toBe(
      unpruned ? 'B2 C3 D4 E3 F1 G1' : 'B2 C3 D3 F1',
    );
  });

  it('refuses versions that exclude each other, and says why', async () => {
    const conflict = get(graphOf(example, go), 'C2 D3');
    await expect(conflict).rejects.toThrow(
      'version constraints conflict:\n\texample.com/C@v1.2.0 requires example.com/D@v1.4.0, but v1.3.0 is requested',
    );
    await expect(conflict).rejects.toSatisfy((error) => isGoModKitError(error, 'invalid_argument'));
  });

  it('passes over retracted versions, and takes one that is named', async () => {
    const retracting = graphOf('main: A1; A1: ; A2: ; A3: !3 !2; A4: !4 !3 !2', go);
    expect(await get(retracting, 'A@latest')).toBe('A1');
    expect(await get(retracting, 'A@upgrade')).toBe('A1');
    expect(await get(retracting, 'A3')).toBe('A3');
    const { goMod, source } = retracting;
    const named = await getModules(parse('go.mod', goMod), [moduleOf('A3')].map(asQuery), { source });
    expect(named.warnings).toEqual([{ kind: 'retracted', ...moduleOf('A3'), rationale: 'broken' }]);
  });

  it('goes down past retracted and excluded versions', async () => {
    const graph = graphOf('main: A4 B1; A1: ; A2: ; A3: ; A4: B2 !2; B1: ; B2: ', go);
    expect(await get(graph, 'B1')).toBe('A3 B1');
    const excluding = { ...graph, goMod: `${graph.goMod}exclude example.com/A v1.3.0\n` };
    expect(await get(excluding, 'B1')).toBe('A1 B1');
    await expect(get(excluding, 'A3')).rejects.toThrow('example.com/A@v1.3.0: excluded by go.mod');
  });

  it('never moves the main module, and says when nothing matches', async () => {
    const graph = graphOf(example, go);
    await expect(get(graph, 'main@none')).rejects.toThrow('can\'t request version "none" of the main module');
    await expect(get(graph, 'D@>v1.9.0')).rejects.toThrow('no matching versions for query ">v1.9.0"');
    await expect(get(graph, 'D@<v1.9')).resolves.toBeDefined();
    await expect(get(graph, 'D@<=v1.9')).rejects.toThrow('ambiguous semantic version "v1.9" in range "<=v1.9"');
    await expect(get(graph, 'F@patch')).rejects.toThrow('no existing version is required');
  });

  it('gives the same again', async () => {
    const { goMod, source } = graphOf(example, go);
    const first = await getModules(parse('go.mod', goMod), [asQuery(moduleOf('D2'))], { source });
    const second = await getModules(parse('go.mod', first.goMod), [asQuery(moduleOf('D2'))], { source });
    expect([second.goMod, second.changes]).toEqual([first.goMod, []]);
  });
});

it('writes direct and indirect requirements apart, and keeps comments', async () => {
  const goMod =
    'module example.com/main\n\ngo 1.17\n\n// why\nrequire example.com/A v1.1.0 // keep\n\nrequire example.com/B v1.1.0 // indirect\n';
  const { source } = graphOf('A1: B1; A2: B1 C1; B1: ; C1: ', '1.17');
  const { goMod: written, changes } = await getModules(
    parse('go.mod', goMod),
    [{ path: 'example.com/A', query: 'latest' }],
    {
      source,
    },
  );
  expect(written).toBe(goMod.replace('A v1.1.0', 'A v1.2.0'));
  expect(changes).toEqual([
    { path: 'example.com/A', from: 'v1.1.0', to: 'v1.2.0' },
    { path: 'example.com/C', from: undefined, to: 'v1.1.0' },
  ]);
});

it('takes what packages need from who loads them', async () => {
  const { goMod, source } = graphOf('main: A1; A1: B1; A2: B1; B1: C1; B2: C1; C1: ', '1.17');
  const { goMod: written } = await getModules(parse('go.mod', goMod), [], {
    source,
    upgrade: 'upgrade',
    imports: async () => ({ provided: ['example.com/A', 'example.com/B'], direct: ['example.com/A'] }),
  });
  const { require } = parseLax('go.mod', written);
  expect(require.map(({ path, version, indirect }) => [path.slice(-1), version, indirect])).toEqual([
    ['A', 'v1.2.0', false],
    ['B', 'v1.2.0', true],
  ]);
});

function asQuery({ path, version }: { readonly path: string; readonly version: string }) {
  return { path, query: version };
}
