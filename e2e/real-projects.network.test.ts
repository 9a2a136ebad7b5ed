// Real projects with real dependency graphs, from the upstream that the go command here uses: cold, warm, offline and as a file tree, each
// from an empty module cache. Sums are checked against sum.golang.org, reached through the server.

import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { type TempDirectory, tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { describeWithGo, type Go, goWith, jsonObjects } from './support/go.ts';
import { type ServerProgram, serve } from './support/program.ts';

/** A project, and how many modules its graph has at least. */
interface Project {
  readonly module: string;
  readonly modules: number;
}

const small: readonly Project[] = [{ module: 'mvdan.cc/gofumpt@v0.12.0', modules: 10 }];
const all: readonly Project[] = [
  ...small,
  { module: 'helm.sh/helm/v3@v3.22.0', modules: 300 },
  { module: 'github.com/caddyserver/caddy/v2@v2.11.9', modules: 500 },
  { module: 'github.com/golangci/golangci-lint@v1.64.8', modules: 300 },
  { module: 'k8s.io/kubectl@v0.37.2', modules: 150 },
];
const projects = process.env.GOMODKIT_TEST_SCALE === 'full' ? all : small;
const half = 1_800_000;

describeWithGo('real projects', () => {
  describe.each(projects)('$module', (project) => {
    const keep = closeAfterAll();
    const keepForTest = closeAfterEach();
    let store: TempDirectory;
    let source: TempDirectory;

    const start = async (...args: string[]): Promise<ServerProgram> =>
      keepForTest(await serve(['--storage', store.path, ...args], { env: process.env as Record<string, string> }));

    beforeAll(async () => {
      store = keep(await tempDirectory());
      source = keep(await tempDirectory());
      const server = await start();
      await unpack(project.module, server.url, source.path);
    }, half);

    it('builds from a cold store', { timeout: half }, async () => {
      const { url } = await start();
      await build(url, project, source);
    });

    it('builds from a warm store', { timeout: half }, async () => {
      const { url } = await start();
      await build(url, project, source);
    });

    it('builds from an offline store', { timeout: half }, async () => {
      const { url } = await start('--offline');
      await build(url, project, source);
    });

    it('builds from the store as file://', { timeout: half }, async () => {
      await build(pathToFileURL(store.path).href, project, source);
    });
  });
});

/** The go command here may be told by its environment to keep to itself; a project decides that with its go line. */
const variables = { GOSUMDB: 'sum.golang.org', GOFLAGS: '-trimpath', GOTOOLCHAIN: 'local' };

async function unpack(module: string, goproxy: string, target: string): Promise<void> {
  const go = await goWith(goproxy, {}, variables);
  try {
    const { stdout } = await go.run('mod', 'download', '-json', module);
    const directory = jsonObjects(stdout)[0]?.Dir;
    await cp(String(directory), target, { recursive: true });
    execFileSync('chmod', ['-R', 'u+w', target]);
  } finally {
    await go.close();
  }
}

async function build(goproxy: string, project: Project, source: TempDirectory): Promise<void> {
  const go: Go = await goWith(goproxy, {}, variables);
  try {
    await cp(source.path, go.directory.path, { recursive: true });
    const { stdout: modules } = await go.run('list', '-m', 'all');
    expect(modules.trim().split('\n').length).toBeGreaterThan(project.modules);
    await go.run('build', './...');
    const { stdout: verified } = await go.run('mod', 'verify');
    expect(verified).toBe('all modules verified\n');
  } finally {
    await go.close();
  }
}
