// `gomodkit capture`, then the upstream is gone: the go command gets all it needs from the store, through a server and as file://.

import { pathToFileURL } from 'node:url';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { type Modules, syntheticGraph } from './support/graph.ts';
import { gomodkit, serve } from './support/program.ts';
import { checkStore } from './support/store.ts';

const graph = syntheticGraph();

/** A store with what a project needs, and nothing else to ask. */
async function capturedFor(modules: Modules, project: Readonly<Record<string, string>>, ...flags: string[]) {
  const upstream = await startTestProxy({ modules });
  const [store, place] = await Promise.all([tempDirectory(), tempDirectory(project)]);
  const result = await gomodkit([
    ...['capture', '--go-mod', `${place.path}/go.mod`, '--storage', store.path, '--upstream', upstream.url, ...flags],
  ]);
  await Promise.all([upstream.close(), place.close()]);
  return { store, result };
}

describeWithGo('a captured project', () => {
  const keep = closeAfterAll();
  const keepForTest = closeAfterEach();

  describe.each([
    ['unpruned', { ...graph.project, 'go.mod': String(graph.project['go.mod']).replace('go 1.21', 'go 1.16') }],
    [
      'pruned, with exclusions and a directory',
      {
        ...graph.project,
        'go.mod': `${graph.project['go.mod']}\nexclude example.com/layer/l05 v1.2.0\n\nreplace example.com/layer/l07 => ./l07\n`,
        'l07/go.mod':
          'module example.com/layer/l07\n\ngo 1.21\n\nrequire example.com/layer/l08 v1.2.0\nrequire example.com/layer/l09 v1.0.0\n',
        'l07/l.go':
          'package l07\n\nimport _ "example.com/layer/l08"\nimport _ "example.com/layer/l09"\n\nconst Name = "seven"\n',
      },
    ],
  ])('%s', (_, project) => {
    let goproxies: readonly string[] = [];

    beforeAll(async () => {
      const { store, result } = await capturedFor(graph.modules, project);
      keep(store);
      expect(result).toMatchObject({ code: 0, stderr: expect.stringContaining('new zip example.com/layer/l29') });
      const server = keep(await serve(['--offline', '--storage', store.path]));
      goproxies = [server.url, pathToFileURL(store.path).href];
      await checkStore(store.path, graph.modules);
    });

    it('is built, tested, listed and tidied from the store alone', { timeout: 120_000 }, async () => {
      for (const goproxy of goproxies) {
        const go = keepForTest(await goWith(goproxy, project));
        await go.run('mod', 'tidy');
        await go.run('build', '-o', 'program', './...');
        expect(await go.exec('./program')).toBe(graph.output);
        await go.run('test', './...', '-run', 'xxx');
        await go.run('mod', 'download', 'all');
        expect((await go.run('mod', 'verify')).stdout).toBe('all modules verified\n');
        expect((await go.run('list', '-m', 'all')).stdout.split('\n').length).toBeGreaterThan(40);
        expect((await go.run('mod', 'graph')).stdout.split('\n').length).toBeGreaterThan(40);
      }
    });
  });
});

describeWithGo('a captured module that is required', () => {
  const keep = closeAfterEach();
  const module = (path: string, goFile: string, ...required: string[]) => ({
    files: {
      'go.mod': `module ${path}\n\ngo 1.21\n${required.map((each) => `\nrequire ${each} v1.0.0\n`).join('')}`,
      'p.go': goFile,
      'p_test.go': `package p\n${required.map((each) => `\nimport _ "${each}"\n`).join('')}`,
    },
  });
  // Tests need what is next. Packages import nothing but the first, so that all behind its own requirements is pruned out.
  const [top, lib, testOfLib, far] = ['top', 'lib', 'testoflib', 'far'].map((name) => `example.com/tests/${name}`);
  const modules: Modules = {
    [`${top}@v1.0.0`]: module(`${top}`, `package p\n\nimport _ "${lib}"\n`, `${lib}`),
    [`${lib}@v1.0.0`]: module(`${lib}`, 'package p\n', `${testOfLib}`),
    [`${testOfLib}@v1.0.0`]: module(`${testOfLib}`, 'package p\n', `${far}`),
    [`${far}@v1.0.0`]: module(`${far}`, 'package p\n'),
  };

  it.each([
    ['without --test is enough for go test all and go mod tidy, and not for tests of what nobody imports', [], 1],
    ['with --test is enough for those, too', ['--test'], 0],
  ])('%s', { timeout: 120_000 }, async (_, flags, code) => {
    const upstream = await startTestProxy({ modules });
    const store = keep(await tempDirectory());
    const place = ['--storage', store.path, '--upstream', upstream.url];
    expect(await gomodkit(['capture', `${top}@v1.0.0`, ...place, ...flags])).toMatchObject({ code: 0 });
    await upstream.close();
    const main = `package main\n\nimport _ "${top}"\n\nfunc main() {}\n`;
    const goMod = `module example.com/main\n\ngo 1.21\n\nrequire ${top} v1.0.0\n`;
    const go = keep(await goWith(pathToFileURL(store.path).href, { 'go.mod': goMod, 'main.go': main }));
    await go.run('mod', 'tidy');
    await go.run('test', 'all', '-run', 'xxx');
    expect((await go.attempt('get', '-t', `${testOfLib}@v1.0.0`)).code).toBe(code);
  });
});

describe('the command', () => {
  const keep = closeAfterAll();
  let upstream: TestProxy;
  const capture = async (...args: string[]) => {
    const store = keep(await tempDirectory());
    return gomodkit(['capture', '--storage', store.path, '--upstream', upstream.url, ...args]);
  };

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules: graph.modules }));
  });

  it('ends with 1 when something was refused, having captured the rest', async () => {
    const { code, stdout, stderr } = await capture('example.com/repo/sub@latest', 'example.com/nowhere@latest');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^captured example.com\/repo\/sub@v0.2.0$/m);
    expect(stdout).toMatch(/new {6}2 versions, 2 zips/);
    expect(stdout).toMatch(/refused {2}1\n {4}version example.com\/nowhere@latest: not_found: /);
    expect(stderr).toMatch(/^refused version example.com\/nowhere@latest: /m);
  });

  it('prints events as JSON, the report last', async () => {
    const { code, stdout } = await capture('--json', 'example.com/major/v2@v2');
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(code).toBe(0);
    expect(events[0]).toMatchObject({ type: 'resolved', path: 'example.com/major/v2', version: 'v2.1.0' });
    expect(events.at(-1)).toMatchObject({ type: 'done', report: { new: { versions: 2, zips: 2 }, refused: [] } });
  });

  it('says what is wrong with its arguments', async () => {
    expect(await capture()).toMatchObject({ code: 2, stderr: expect.stringContaining('nothing to capture') });
    expect(await capture('--go-mod', 'none/go.mod')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('none/go.mod does not exist'),
    });
  });
});
