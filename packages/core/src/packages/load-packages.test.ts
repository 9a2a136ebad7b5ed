// What a caller of package loading relies on beyond the answers: what is fetched and held, what an error stops, aborts.

import { describe, expect, it } from 'vitest';
import { filesBelow } from '../../test/package-cases.ts';
import { GoModKitError } from '../errors/error.ts';
import { parse } from '../modfile/index.ts';
import { memorySource } from '../source/index.ts';
import { loadPackages, type MainModule, openModule, whyModules } from './index.ts';

const requires = ['a', 'b', 'c'].map((name) => `require example.com/${name} v1.0.0\n`).join('');
const goMod = `module example.com/main\n\ngo 1.21\n\n${requires}`;
const mainOf = (...imports: string[]): MainModule => {
  const text = `package main\n\n${imports.map((path) => `import "${path}"\n`).join('')}`;
  return { goMod: parse('go.mod', goMod), files: filesBelow({ 'go.mod': goMod, 'main.go': text }, '') };
};
const source = memorySource({
  'example.com/a@v1.0.0': {
    files: { 'a.go': 'package a\n\nimport "example.com/b"\n', 'a_test.go': 'package a\n\nimport "os"\n' },
  },
  'example.com/b@v1.0.0': { files: { 'b.go': 'package b\n', 'sub/b.go': 'package b\n\nimport "example.com/a"\n' } },
  'example.com/c@v1.0.0': { files: { 'c.go': 'package c\n' } },
});

describe('a package graph', () => {
  it('has imports, tests and providers of all that is needed', async () => {
    const graph = await loadPackages(mainOf('example.com/a'), { source });
    expect(graph.package('example.com/a')).toEqual({
      path: 'example.com/a',
      module: { path: 'example.com/a', version: 'v1.0.0' },
      inAll: true,
      imports: ['example.com/b'],
      testImports: ['os'],
      error: undefined,
    });
    expect(graph.package('os')?.inAll).toBe(false);
    expect(graph.package('example.com/c')).toBeUndefined();
    expect([...graph.modules.provided]).toEqual(['example.com/a', 'example.com/b']);
    expect([...graph.modules.direct]).toEqual(['example.com/a']);
  });

  it('is fetched for modules alone that may have a package, each once while it is held', async () => {
    const fetched: string[] = [];
    const counting = {
      ...source,
      zip: (path: string, version: string) => {
        fetched.push(path);
        return source.zip(path, version);
      },
    };
    await loadPackages(mainOf('example.com/a', 'example.com/b/sub'), { source: counting });
    expect(fetched.sort()).toEqual(['example.com/a', 'example.com/b']);
  });

  it('is the same when hardly any zip is held', async () => {
    const main = mainOf('example.com/a', 'example.com/b/sub', 'example.com/c');
    const [one, many] = [await loadPackages(main, { source, openZips: 1 }), await loadPackages(main, { source })];
    expect(one.packages).toEqual(many.packages);
  });

  it('tells of a module that cannot be read, and goes on', async () => {
    const failure = new GoModKitError('upstream_unavailable', 'no answer');
    const failing = {
      ...source,
      zip: (path: string, version: string) =>
        path === 'example.com/a' ? Promise.reject(failure) : source.zip(path, version),
    };
    const told: Error[] = [];
    const options = { source: failing, onError: (error: Error) => void told.push(error) };
    const graph = await loadPackages(mainOf('example.com/a', 'example.com/c'), options);
    expect(graph.package('example.com/a')?.error).toBe(failure);
    expect(graph.whyModule('example.com/c')).toEqual(['example.com/main', 'example.com/c']);
    expect(told).toEqual([failure]);
  });

  it('names what is missing or ambiguous', async () => {
    const graph = await loadPackages(mainOf('example.com/nowhere', './relative'), { source });
    expect(graph.package('example.com/nowhere')?.error).toMatchObject({ code: 'not_found' });
    expect(graph.package('./relative')?.error).toMatchObject({ code: 'invalid_path' });
  });

  it('ends with the reason of an abort', async () => {
    const controller = new AbortController();
    const reason = new Error('enough');
    const hanging = {
      ...source,
      zip: (_: string, __: string, options?: { readonly signal?: AbortSignal | undefined }) =>
        new Promise<never>((_resolve, reject) => {
          options?.signal?.addEventListener('abort', () => reject(options.signal?.reason));
          controller.abort(reason);
        }),
    };
    await expect(loadPackages(mainOf('example.com/a'), { source: hanging, signal: controller.signal })).rejects.toBe(
      reason,
    );
  });
});

describe('a published module as main module', () => {
  it('is read through its zip', async () => {
    const module = { path: 'example.com/a', version: 'v1.0.0' };
    const files = await openModule(module, source);
    const main = { goMod: parse('go.mod', 'module example.com/a\n\nrequire example.com/b v1.0.0\n'), files };
    const [why] = await whyModules(main, ['example.com/b'], { source });
    expect(why?.chain).toEqual(['example.com/a', 'example.com/b']);
    await files.dispose();
  });
});
