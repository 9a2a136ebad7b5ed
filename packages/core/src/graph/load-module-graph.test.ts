import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from '../modfile/index.ts';
import { memorySource } from '../source/index.ts';
import { formatListed, type GoModReader, loadGraphOf, loadModuleGraph } from './index.ts';

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Modules as letters, requirements as pairs of letter and version. */
const randomGraph = fc.array(fc.array(fc.tuple(fc.nat({ max: 7 }), fc.nat({ max: 3 })), { maxLength: 4 }), {
  minLength: 33,
  maxLength: 33,
});

type Requirement = readonly [number, number];

function readerOf(lists: readonly (readonly Requirement[])[]): {
  readonly goMod: string;
  readonly source: GoModReader;
} {
  const textOf = (path: string, list: readonly Requirement[] = []): string =>
    `module ${path}\n${list.map(([m, v]) => `require example.com/m${m} v1.${v}.0\n`).join('')}`;
  return {
    goMod: textOf('example.com/main', lists[32]),
    source: {
      goMod: async (path, version) => encode(textOf(path, lists[Number(path.at(-1)) * 4 + Number(version[3])])),
    },
  };
}

describe('a random graph', () => {
  it('selects the highest version of each module that can be reached', async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, async (lists) => {
        const reached = new Set<string>();
        const highest = new Map<number, number>();
        const queue: Requirement[] = [...(lists[32] ?? [])];
        for (const [m, v] of queue) {
          if (reached.has(`${m}.${v}`)) continue;
          reached.add(`${m}.${v}`);
          highest.set(m, Math.max(v, highest.get(m) ?? 0));
          queue.push(...(lists[m * 4 + v] ?? []));
        }
        const { goMod, source } = readerOf(lists);
        const graph = await loadModuleGraph(parse('go.mod', goMod), { source });
        const expected = [...highest].sort(([a], [b]) => a - b).map(([m, v]) => `example.com/m${m} v1.${v}.0`);
        expect(graph.buildList.slice(1).map(formatListed)).toEqual(expected);
      }),
    );
  });

  it('is the same however many files are read at once, and its build list is its own build list', async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, fc.integer({ min: 1, max: 9 }), async (lists, concurrency) => {
        const { goMod, source } = readerOf(lists);
        const one = await loadModuleGraph(parse('go.mod', goMod), { source, concurrency: 1 });
        const many = await loadModuleGraph(parse('go.mod', goMod), { source, concurrency });
        expect([...many.edges()]).toEqual([...one.edges()]);
        const flat = one.buildList.slice(1).map((module) => `require ${formatListed(module)}\n`);
        const again = await loadModuleGraph(parse('go.mod', `module example.com/main\n${flat.join('')}`), { source });
        expect(again.buildList).toEqual(one.buildList);
      }),
    );
  });

  it('explains every module by a path of its own edges', async () => {
    await fc.assert(
      fc.asyncProperty(randomGraph, async (lists) => {
        const { goMod, source } = readerOf(lists);
        const graph = await loadModuleGraph(parse('go.mod', goMod), { source });
        for (const module of graph.modules()) {
          const path = graph.requirementPath(module) ?? [];
          expect([path[0], path.at(-1)]).toEqual([graph.main, module]);
          for (const [i, each] of path.slice(1).entries()) {
            expect(graph.requirements(path[i] ?? module)).toContainEqual(each);
          }
        }
      }),
      { numRuns: 30 },
    );
  });
});

describe('reading', () => {
  /** A chain of modules, each of which requires the next. */
  const chain = (length: number, onRead: () => void = () => {}): GoModReader => ({
    async goMod(path) {
      onRead();
      const number = Number(path.slice('example.com/m'.length));
      return encode(`module ${path}\n${number < length ? `require example.com/m${number + 1} v1.0.0\n` : ''}`);
    },
  });
  const main = parse('go.mod', 'module example.com/main\n\nrequire example.com/m1 v1.0.0\n');

  it('takes chains of any length', async () => {
    const graph = await loadModuleGraph(main, { source: chain(20_000) });
    expect(graph.buildList.length).toBe(20_001);
    expect(graph.requirementPath({ path: 'example.com/m20000' })?.length).toBe(20_001);
  });

  it('reads each go.mod once, and at most so many at a time', async () => {
    let [reads, active, most] = [0, 0, 0];
    const source: GoModReader = {
      async goMod(path) {
        reads++;
        most = Math.max(most, ++active);
        await new Promise((resolve) => setTimeout(resolve, 1));
        active--;
        const all = Array.from({ length: 30 }, (_, i) => `require example.com/m${i} v1.0.0\n`);
        return encode(`module ${path}\n${all.join('')}`);
      },
    };
    await loadModuleGraph(main, { source, concurrency: 5 });
    expect([reads, most]).toEqual([30, 5]);
  });

  it('ends with the reason of its signal', async () => {
    const controller = new AbortController();
    let reads = 0;
    const source = chain(1000, () => {
      if (++reads === 10) controller.abort(new Error('enough'));
    });
    await expect(loadModuleGraph(main, { source, signal: controller.signal })).rejects.toThrow('enough');
    expect(reads).toBeLessThan(20);
    await expect(loadModuleGraph(main, { source, signal: AbortSignal.abort(new Error('never')) })).rejects.toThrow(
      'never',
    );
  });

  it('has an end, also where versions are made up without one', async () => {
    const source: GoModReader = {
      goMod: async (path, version) =>
        encode(`module ${path}\nrequire ${path} v1.${Number(version.split('.')[1]) + 1}.0\n`),
    };
    const loading = loadModuleGraph(main, { source, limit: 1000 });
    await expect(loading).rejects.toMatchObject({ code: 'limit_exceeded', data: { limit: 1000 } });
    await expect(loadModuleGraph(main, { source, limit: Number.NaN })).rejects.toThrow('limit must be a number');
  });

  it('tells a long way to a failure from its ends', async () => {
    const lost: GoModReader = {
      goMod: (path, version) =>
        path.endsWith('/m5000') ? Promise.reject(new Error('lost')) : chain(9000).goMod(path, version),
    };
    const error = await loadModuleGraph(main, { source: lost }).catch((reason: Error) => reason.message);
    expect(error).toMatch(/m20@v1\.0\.0 requires\n\t… 4959 more …\n\texample\.com\/m4980@v1\.0\.0 requires\n/);
    expect(error).toMatch(/example\.com\/m4999@v1\.0\.0 requires\n\texample\.com\/m5000@v1\.0\.0: lost$/);
  });

  it('tells of each go.mod that it reads', async () => {
    const names: string[] = [];
    const onModule = ({
      module,
      goMod,
    }: {
      module: { path: string; version: string };
      goMod: { require: readonly unknown[] };
    }) => void names.push(`${module.path} ${module.version} ${goMod.require.length}`);
    const graph = await loadModuleGraph(main, { source: chain(2), onModule });
    expect(names).toEqual(['example.com/m1 v1.0.0 1', 'example.com/m2 v1.0.0 0']);
    expect(graph.goMod({ path: 'example.com/m1', version: 'v1.0.0' })).toMatchObject({
      goVersion: '',
      pruning: 'unpruned',
    });
    expect(graph.goMod({ path: 'example.com/m3', version: 'v1.0.0' })).toBeUndefined();
  });

  it('refuses a concurrency that is none, and a directory that nobody reads', async () => {
    await expect(loadModuleGraph(main, { source: chain(1), concurrency: 0 })).rejects.toThrow('positive integer');
    const replaced = parse(
      'go.mod',
      'module example.com/main\nrequire example.com/m1 v1.0.0\nreplace example.com/m1 => ../m1\n',
    );
    await expect(loadModuleGraph(replaced, { source: chain(1) })).rejects.toMatchObject({
      code: 'unsupported',
      message:
        'example.com/m1@v1.0.0 (replaced by ../m1): ../m1 is a directory, and readReplacement is missing that reads there',
    });
  });

  it('says that a broken module stands for another, but not that it stands for itself', async () => {
    const source: GoModReader = { goMod: async () => encode('module (\n') };
    const text = 'module example.com/main\nrequire example.com/m1 v1.0.0\n';
    const failing = (replace: string) => loadModuleGraph(parse('go.mod', text + replace), { source });
    await expect(failing('replace example.com/m1 => example.com/m2 v1.1.0\n')).rejects.toThrow(
      /^example.com\/m1@v1.0.0 \(replaced by example.com\/m2@v1.1.0\): parsing/,
    );
    await expect(failing('replace example.com/m1 => example.com/m1 v1.0.0\n')).rejects.toThrow(
      /^example.com\/m1@v1.0.0: parsing/,
    );
  });

  it('names the module that needs a newer Go than there is', async () => {
    const source: GoModReader = { goMod: async (path) => encode(`module ${path}\n\ngo 1.99.0\n`) };
    await expect(loadModuleGraph(main, { source, goVersion: '1.26.8' })).rejects.toThrow(
      'example.com/m1@v1.0.0: module example.com/m1@v1.0.0 requires go >= 1.99.0 (running go 1.26.8)',
    );
    await expect(loadModuleGraph(main, { source })).resolves.toBeDefined();
  });
});

const pruned = memorySource({
  'example.com/a@v1.0.0': { goMod: 'module example.com/a\n\ngo 1.17\n\nrequire example.com/b v1.0.0\n' },
  'example.com/b@v1.0.0': { goMod: 'module example.com/b\n\ngo 1.17\n\nrequire example.com/c v1.0.0\n' },
  'example.com/c@v1.0.0': { goMod: 'module example.com/c\n\ngo 1.17\n' },
});

it('shows the whole graph where that is asked for', async () => {
  const goMod = parse('go.mod', 'module example.com/main\n\ngo 1.17\n\nrequire example.com/a v1.0.0\n');
  const whole = await loadModuleGraph(goMod, { source: pruned, unpruned: true });
  expect([whole.pruning, whole.selected('example.com/c')]).toEqual(['pruned', 'v1.0.0']);
  const seen = await loadModuleGraph(goMod, { source: pruned });
  expect([seen.pruning, seen.selected('example.com/c')]).toEqual(['pruned', undefined]);
});

it('takes a module at a version as main module', async () => {
  const graph = await loadGraphOf({ path: 'example.com/a', version: 'v1.0.0' }, { source: pruned });
  expect(graph.buildList.map(formatListed)).toEqual(['example.com/a', 'example.com/b v1.0.0', 'example.com/c v1.0.0']);
});
