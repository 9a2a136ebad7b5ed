// A whole dependency graph through `gomodkit serve`: whatever way it is served, the go command ends with what it gets from the upstream
// itself, byte for byte where bytes count (go.sum).

import { pathToFileURL } from 'node:url';
import { startTestProxy, type TempDirectory, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { syntheticGraph } from './support/graph.ts';
import { type ServerProgram, serve } from './support/program.ts';
import { checkStore } from './support/store.ts';

const graph = syntheticGraph();

describeWithGo('a graph of synthetic modules', () => {
  const keep = closeAfterAll();
  const keepForTest = closeAfterEach();
  let upstream: TestProxy;
  let store: TempDirectory;
  let direct: Outcome;

  const start = async (...args: string[]): Promise<ServerProgram> =>
    keepForTest(await serve(['--storage', store.path, ...args]));

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules: graph.modules }));
    store = keep(await tempDirectory());
    direct = await build(upstream.url);
  });

  it('builds straight from the upstream: what all others are compared with', () => {
    expect(Object.keys(graph.modules).length).toBeGreaterThan(40);
    expect(direct.program).toBe(graph.output);
    expect(direct.modules.split('\n').length).toBeGreaterThan(40);
    expect(direct.verified).toBe('all modules verified\n');
  });

  // In this order: each finds what the one before has stored.
  it('builds from a cold store', async () => {
    upstream.requests.clear();
    const server = await start('--upstream', upstream.url);
    expect(await build(server.url)).toEqual(direct);
    const zips = upstream.requests.list({ kind: 'zip' }).map(({ target }) => target);
    expect(new Set(zips).size, 'each zip is fetched once').toBe(zips.length);
  });

  it('builds from a warm store below a base path, asking the upstream for no file', async () => {
    upstream.requests.clear();
    const server = await start('--upstream', upstream.url, '--base-path', '/go');
    expect(server.url).toMatch(/\/go$/);
    expect(await build(server.url)).toEqual(direct);
    expect(upstream.requests.list({ kind: ['mod', 'zip'] })).toEqual([]);
  });

  it('builds from an offline store, which names only versions that it has whole', async () => {
    upstream.requests.clear();
    const server = await start('--offline', '--upstream', upstream.url);
    const versions = [
      'example.com/retracting v1.0.0\n',
      'example.com/Upper/CamelCase v1.0.0-RC.1\n',
      'example.com/untagged\n',
      'example.com/legacy v2.3.0+incompatible\n',
    ];
    expect(await build(server.url)).toEqual({ ...direct, versions: versions.join('') });
    expect(upstream.requests.length).toBe(0);
  });

  it('builds from the store as file://, without a server', async () => {
    expect(await build(pathToFileURL(store.path).href)).toEqual(direct);
  });

  it('leaves a store in which every version is whole', async () => {
    const { versions, zips } = await checkStore(store.path, graph.modules);
    expect(versions).toBeGreaterThan(zips);
    expect(zips).toBeGreaterThan(40);
  });
});

/** Everything that the outcome of a build consists of. */
interface Outcome {
  readonly modules: string;
  readonly versions: string;
  readonly goSum: string;
  readonly verified: string;
  readonly program: string;
}

/** Builds the project with an empty module cache. */
async function build(goproxy: string): Promise<Outcome> {
  const go = await goWith(goproxy, graph.project);
  try {
    await go.run('build', '-o', 'project', './...');
    const program = await go.exec('./project');
    const { stdout: verified } = await go.run('mod', 'verify');
    const { stdout: modules } = await go.run('list', '-m', 'all');
    const { stdout: versions } = await go.run('list', '-m', '-versions', ...listed);
    return { modules, versions, verified, program, goSum: await go.read('go.sum') };
  } finally {
    await go.close();
  }
}

const listed = ['example.com/retracting', 'example.com/Upper/CamelCase', 'example.com/untagged', 'example.com/legacy'];
