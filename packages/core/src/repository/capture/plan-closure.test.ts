import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { planClosure } from './plan-closure.ts';
import { shown, world } from './testdata/closures.ts';
import type { ClosureOptions, Wanted } from './types.ts';

const planned = async (archive: string, wanted: Wanted | readonly Wanted[], options: ClosureOptions = {}) =>
  shown(await planClosure(wanted, { source: world(archive), ...options }));

const lines = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('\n');

/** `a` needs `b` and, through it, two versions of `c`; what old versions need is pruned out. */
const pruned = `
-- a@v1.0.0 --
go 1.21
require b v1.1.0
-- b@v1.0.0 --
go 1.21
require old v0.1.0
-- b@v1.1.0 --
go 1.21
require b v1.0.0
require c v1.2.0
-- c@v1.1.0 --
go 1.21
require deep v0.1.0
-- c@v1.2.0 --
go 1.21
require c v1.1.0
require deep v0.2.0
-- deep@v0.1.0 --
-- deep@v0.2.0 --
-- old@v0.1.0 --
`;

describe('the closure of a module', () => {
  it('is every version of the unpruned graph, with zips of the pruned build list', async () => {
    expect(await planned(pruned, 'example.com/a@v1.0.0')).toBe(
      lines(`
        a@v1.0.0 +zip
        b@v1.0.0
        b@v1.1.0 +zip
        c@v1.1.0
        c@v1.2.0 +zip
        deep@v0.1.0
        deep@v0.2.0
        old@v0.1.0`),
    );
  });

  it('has the zips of everything when asked to', async () => {
    const text = await planned(pruned, 'example.com/a@v1.0.0', { allZips: true });
    expect(text.split('\n').every((line) => line.endsWith(' +zip'))).toBe(true);
    expect(text.split('\n')).toHaveLength(8);
  });

  it('has the zips of what pruning leaves out where tests of dependencies count', async () => {
    const text = await planned(pruned, 'example.com/a@latest', { tests: true });
    expect(text).toContain('deep@v0.2.0 +zip');
    expect(text).toContain('old@v0.1.0 +zip');
    expect(text).toContain('deep@v0.1.0\n');
  });

  it('goes all the way where the go line is older than pruning', async () => {
    const old = pruned.replace('go 1.21', 'go 1.16').replace(/go 1.21/g, 'go 1.15');
    expect(await planned(old, 'example.com/a@v1.0.0')).toContain('deep@v0.2.0 +zip');
  });

  it('ends where requirements go round in a circle', async () => {
    const circle =
      '-- a@v1.0.0 --\nrequire b v1.0.0\n-- b@v1.0.0 --\nrequire a v0.9.0\n-- a@v0.9.0 --\nrequire b v1.0.0\n';
    expect(await planned(circle, 'example.com/a@v1.0.0')).toBe('a@v0.9.0\na@v1.0.0 +zip\nb@v1.0.0 +zip');
  });

  it('joins what several need, and resolves queries', async () => {
    const plan = await planClosure(['example.com/a@v1', 'example.com/deep@latest'], { source: world(pruned) });
    expect(plan.roots).toEqual([
      { wanted: 'example.com/a@v1', path: 'example.com/a', version: 'v1.0.0' },
      { wanted: 'example.com/deep@latest', path: 'example.com/deep', version: 'v0.2.0' },
    ]);
    expect(shown(plan)).toContain('deep@v0.2.0 +zip');
  });
});

describe('replace and exclude of a module', () => {
  const forked = `
-- a@v1.0.0 --
go 1.21
require b v1.0.0
require c v1.0.0
replace example.com/b => example.com/fork v1.5.0
replace example.com/c v1.0.0 => ./c
exclude x v1.0.0
-- b@v1.0.0 --
go 1.21
require x v1.0.0
-- fork@v1.5.0 --
go 1.21
require x v1.0.0
require y v1.0.0
-- c@v1.0.0 --
-- x@v1.0.0 --
-- y@v1.0.0 --
`;

  it('hold where it is checked out, and not where it is a dependency: both are captured', async () => {
    expect(await planned(forked, 'example.com/a@v1.0.0')).toBe(
      lines(`
        a@v1.0.0 +zip
        b@v1.0.0 +zip
        c@v1.0.0 +zip
        fork@v1.5.0 +zip
        x@v1.0.0 +zip
        y@v1.0.0 +zip`),
    );
  });

  it('make what they replace dispensable', async () => {
    const without = forked.replace('-- b@v1.0.0 --\ngo 1.21\nrequire x v1.0.0\n', '').replace('-- c@v1.0.0 --\n', '');
    expect(await planned(without, 'example.com/a@v1.0.0')).toBe('a@v1.0.0 +zip\nfork@v1.5.0 +zip\ny@v1.0.0 +zip');
  });
});

describe('the closure of a go.mod', () => {
  const project = `module example.com/project

go 1.21

require (
	example.com/a v1.0.0
	example.com/local v0.0.0
)

replace example.com/local => ../local

replace example.com/deep => example.com/deep v0.1.0
`;

  it('honours its directives and leaves the project itself out', async () => {
    const readReplacement = async (directory: string) => {
      expect(directory).toBe('../local');
      return encodeUtf8('module example.com/local\n\ngo 1.21\n\nrequire example.com/old v0.1.0\n');
    };
    const text = await planned(pruned, { goMod: project, readReplacement });
    expect(text).toBe(
      lines(`
        a@v1.0.0 +zip
        b@v1.0.0
        b@v1.1.0 +zip
        c@v1.1.0
        c@v1.2.0
        deep@v0.1.0
        old@v0.1.0 +zip`),
    );
  });

  it('says which directory nobody told about', async () => {
    const { refused, roots } = await planClosure({ goMod: project, name: 'here' }, { source: world(pruned) });
    expect(roots).toEqual([{ wanted: 'here', path: 'example.com/project', version: '' }]);
    expect(refused).toEqual([
      {
        path: '../local',
        version: '',
        kind: 'requirements',
        code: 'unsupported',
        reason: expect.stringContaining('nobody told'),
        root: false,
      },
    ]);
  });
});

describe('what is refused', () => {
  it.each([
    [
      'a missing version ends its branch alone',
      pruned.replace('-- c@v1.2.0 --', '-- c@v1.3.0 --'),
      'refused version c@v1.2.0 not_found',
    ],
    [
      'so does a go.mod that makes no sense',
      pruned.replace('require deep v0.2.0', 'require deep nonsense'),
      'refused requirements c@v1.2.0 invalid_go_mod',
    ],
  ])('%s', async (_, archive, says) => {
    const text = await planned(archive, 'example.com/a@v1.0.0');
    expect(text.split('\n').filter((line) => line.startsWith('refused'))).toEqual([says]);
    expect(text).toContain('b@v1.1.0 +zip');
    expect(text).toContain('old@v0.1.0');
  });

  it('is a root, and the others go on', async () => {
    const text = await planned(pruned, ['example.com/none@latest', 'example.com/a@v9', 'example.com/c@v1.2.0']);
    expect(text).toBe(
      lines(`
        c@v1.1.0
        c@v1.2.0 +zip
        deep@v0.1.0
        deep@v0.2.0 +zip
        refused root version none@latest not_found
        refused root version a@v9 not_found`),
    );
  });

  it('is a go.mod that calls itself otherwise, unless it stands in for another', async () => {
    const source = world(pruned);
    const renamed = {
      ...source,
      goMod: async (path: string, version: string) =>
        path === 'example.com/c' ? encodeUtf8('module example.com/C\n') : source.goMod(path, version),
    };
    const { refused } = await planClosure('example.com/a@v1.0.0', { source: renamed });
    expect(refused).toMatchObject([{ path: 'example.com/c', kind: 'requirements', code: 'invalid_go_mod' }]);
  });
});

describe('toolchains', () => {
  const modern = `
-- a@v1.0.0 --
go 1.23
toolchain go1.24.3
require b v1.0.0
-- b@v1.0.0 --
go 1.25.1
-- c@v1.0.0 --
go 1.20
toolchain go1.30.1-corp
-- d@v1.0.0 --
go 1.21
`;
  const source = {
    ...world(modern),
    async goMod(path: string, version: string) {
      return path === 'golang.org/toolchain' ? encodeUtf8(`module ${path}\n`) : world(modern).goMod(path, version);
    },
  };
  const wantedOf = async (root: string, toolchains: readonly string[]) => {
    const { versions, refused } = await planClosure(root, { source, toolchains });
    expect(refused).toEqual([]);
    return versions
      .filter(({ path }) => path === 'golang.org/toolchain')
      .map(({ version, zip }) => `${version.slice('v0.0.1-'.length)}${zip ? ' +zip' : ''}`);
  };

  it('are those of both lines and of the newest dependency, announced for linux-amd64', async () => {
    expect(await wantedOf('example.com/a@v1.0.0', ['darwin-arm64'])).toEqual([
      'go1.23.0.darwin-arm64 +zip',
      'go1.23.0.linux-amd64',
      'go1.24.3.darwin-arm64 +zip',
      'go1.24.3.linux-amd64',
      'go1.25.1.darwin-arm64 +zip',
      'go1.25.1.linux-amd64',
    ]);
  });

  it('are none that nobody has, or that everybody has', async () => {
    expect(await wantedOf('example.com/c@v1.0.0', ['linux-amd64'])).toEqual([]);
    expect(await wantedOf('example.com/d@v1.0.0', ['linux-amd64'])).toEqual([]);
    expect(await wantedOf('example.com/a@v1.0.0', [])).toEqual([]);
  });
});

describe('wishes that make no sense', () => {
  it.each([
    ['no wish', [], /nothing is wanted/],
    ['no query', 'example.com/a', /names no version/],
    ['no path', '@v1', /names no version|path/],
    ['no go.mod', { goMod: 'nonsense' }, /nonsense/],
  ])('%s', async (_, wanted, says) => {
    await expect(planned(pruned, wanted)).rejects.toThrow(says);
  });

  it.each([[{ concurrency: 0 }], [{ toolchains: ['linux'] }]])('%j', async (options) => {
    await expect(planned(pruned, 'example.com/a@v1.0.0', options)).rejects.toMatchObject({ code: 'invalid_argument' });
  });

  it('an aborted one ends with its reason', async () => {
    const signal = AbortSignal.abort('enough');
    await expect(planned(pruned, 'example.com/a@v1.0.0', { signal })).rejects.toBe('enough');
  });
});
