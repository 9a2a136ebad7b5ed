// Real projects, captured with all they depend on; then the network is gone. The go command builds, tests, lists, verifies and tidies
// them from the store, through a server and as file://, also with a newer toolchain.

import { execFileSync } from 'node:child_process';
import { cp } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { type TempDirectory, tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith, jsonObjects } from './support/go.ts';
import { gomodkit, serve } from './support/program.ts';

const full = process.env.GOMODKIT_TEST_SCALE === 'full';
const projects = [
  { module: 'mvdan.cc/gofumpt@v0.12.0', modules: 15 },
  // Its graph without pruning has thousands of versions, some of which are gone by now.
  ...(full ? [{ module: 'helm.sh/helm/v3@v3.22.0', modules: 331 }] : []),
];
const half = 1_800_000;
const env = process.env as Record<string, string>;

/** What go commands have that nobody configured: everything is verified, and the server is the only one they can ask. */
const verifying = { GOSUMDB: 'sum.golang.org', GONOSUMDB: '', GOPRIVATE: '', GOFLAGS: '-mod=mod -trimpath' };

/** A go.sum of nothing: whatever is in it afterwards was verified. */
const expectVerified = async (go: Awaited<ReturnType<typeof goWith>>, lines: number): Promise<void> => {
  expect((await go.read('go.sum')).trim().split('\n').length).toBeGreaterThanOrEqual(lines);
};

/** The go command here may be told by its environment to keep to itself; a project decides that with its go line. */
const variables = { GOSUMDB: 'off', GOFLAGS: '-trimpath', GOTOOLCHAIN: 'local' };

describeWithGo('a captured project', () => {
  describe.each(projects)('$module', ({ module, modules }) => {
    const keep = closeAfterAll();
    const keepForTest = closeAfterEach();
    let store: TempDirectory;

    beforeAll(async () => {
      store = keep(await tempDirectory());
      const { code, stdout, stderr } = await gomodkit(['capture', module, '--storage', store.path, '--json'], { env });
      const done = JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '{}');
      expect(done, stderr).toMatchObject({ type: 'done', report: { new: { zips: modules } } });
      const { refused } = done.report as { refused: readonly { kind: string; root: boolean }[] };
      // What is refused belongs to versions that nobody selects.
      expect(refused.filter(({ kind, root }) => kind === 'zip' || root)).toEqual([]);
      expect(code).toBe(refused.length === 0 ? 0 : 1);
    }, half);

    it.each(['http', 'file'])('needs no network, over %s', { timeout: half }, async (scheme) => {
      const url =
        scheme === 'file'
          ? pathToFileURL(store.path).href
          : keepForTest(await serve(['--offline', '--storage', store.path], { env })).url;
      const go = keepForTest(await goWith(url, {}, variables));
      await unpack(module, go);
      const published = [await go.read('go.mod'), await go.read('go.sum')];
      await go.run('mod', 'download');
      await go.run('build', './...');
      await go.run('test', './...', '-run', 'xxx');
      expect((await go.run('list', '-m', 'all')).stdout.trim().split('\n')).toHaveLength(modules);
      await go.run('mod', 'graph');
      await go.run('mod', 'download', 'all');
      expect((await go.run('mod', 'verify')).stdout).toBe('all modules verified\n');
      await go.run('list', '-deps', '-test', 'all');
      await go.run('mod', 'tidy');
      expect([await go.read('go.mod'), await go.read('go.sum')]).toEqual(published);
    });

    it('is verified offline, with what was kept of the database', { timeout: half }, async () => {
      const server = keepForTest(await serve(['--offline', '--storage', store.path], { env: unreachable }));
      expect(server.stdout).toMatch(
        /^ {2}sumdb {5}sum\.golang\.org \(from [^)]+\), as kept here: a tree of \d{7,} records$/m,
      );
      expect((await fetch(`${server.url}/sumdb/sum.golang.org/latest`)).status).toBe(200);
      const [path = ''] = module.split('@');
      const project = `module example.com/p\n\ngo 1.26\n\nrequire ${module.replace('@', ' ')}\n`;
      const go = keepForTest(await goWith(server.url, { 'go.mod': project }, { ...verifying, GOTOOLCHAIN: 'local' }));
      await go.run('mod', 'download', 'all');
      await go.run('build', '-o', 'built', path);
      await expectVerified(go, modules);
      // It did verify: what is not in the log as it is there is refused.
      const { code, stderr } = await go.attempt('mod', 'download', 'example.com/absent@v1.0.0');
      expect([code, stderr]).toEqual([1, expect.stringContaining('404 Not Found')]);
    });
  });
});

/** The server's environment: whoever it asked, it would not get an answer. */
const unreachable = {
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !/proxy|^GO/i.test(name))),
  GOENV: 'off',
  GOPROXY: 'http://127.0.0.1:1',
};

async function unpack(module: string, go: Awaited<ReturnType<typeof goWith>>): Promise<void> {
  const { stdout } = await go.run('mod', 'download', '-json', module);
  await cp(String(jsonObjects(stdout)[0]?.Dir), go.directory.path, { recursive: true });
  execFileSync('chmod', ['-R', 'u+w', go.directory.path]);
}

describeWithGo('a captured toolchain', () => {
  const keepForTest = closeAfterEach();

  it('is what a project runs that asks for a newer one', { timeout: half }, async () => {
    const store = keepForTest(await tempDirectory());
    const project = keepForTest(
      await tempDirectory({
        'go.mod': 'module example.com/p\n\ngo 1.27.4\n',
        'p.go': 'package main\n\nfunc main() {}\n',
      }),
    );
    const platform = execFileSync('go', ['env', 'GOOS', 'GOARCH'], { encoding: 'utf8' }).trim().replace('\n', '-');
    const flags = ['--go-mod', `${project.path}/go.mod`, '--toolchains', platform, '--storage', store.path];
    const { code, stderr } = await gomodkit(['capture', ...flags], { env });
    expect(code, stderr).toBe(0);
    // Over HTTP it is verified, whatever GONOSUMDB says (spec §10.30).
    const server = keepForTest(await serve(['--offline', '--storage', store.path], { env: unreachable }));
    for (const GONOSUMDB of ['', 'golang.org']) {
      const switching = { ...verifying, GONOSUMDB, GOTOOLCHAIN: 'auto' };
      const over = keepForTest(await goWith(server.url, {}, switching));
      await cp(project.path, over.directory.path, { recursive: true });
      expect((await over.run('version')).stdout).toMatch(/^go version go1\.27\.4 /);
    }
    const go = keepForTest(await goWith(pathToFileURL(store.path).href, {}, { ...variables, GOTOOLCHAIN: 'auto' }));
    await cp(project.path, go.directory.path, { recursive: true });
    expect((await go.run('version')).stdout).toMatch(/^go version go1\.27\.4 /);
    await go.run('build', './...');
    await go.run('test', './...', '-run', 'xxx');
  });
});
