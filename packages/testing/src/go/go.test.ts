// The real go command against test proxies.

import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { isGoModKitError } from '@gomodkit/core/errors';
import { afterEach, describe, expect, it } from 'vitest';
import { startTestProxy, type TestProxy, type TestProxyOptions } from '../proxy/test-proxy.ts';
import { findGo, GoCommandError, goCommand } from './command.ts';
import { goEnvironment } from './environment.ts';
import { tempDirectory } from './temp-directory.ts';

const go = await findGo();
const closing: { close(): Promise<void> }[] = [];

afterEach(async () => {
  for (const each of closing.splice(0).reverse()) await each.close();
});

async function start(options: TestProxyOptions): Promise<TestProxy> {
  const proxy = await startTestProxy(options);
  closing.push(proxy);
  return proxy;
}

async function directory(files: Record<string, string>): Promise<string> {
  const temporary = await tempDirectory(files);
  closing.push(temporary);
  return temporary.path;
}

const modules = `
-- example.com/greet@v1.0.0/go.mod --
module example.com/greet

go 1.21
-- example.com/greet@v1.0.0/greet.go --
package greet

func Hello() string { return "hello" }
-- example.com/greet@v1.1.0/go.mod --
module example.com/greet

go 1.21

require example.com/words v1.0.0
-- example.com/greet@v1.1.0/greet.go --
package greet

import "example.com/words"

func Hello() string { return words.Hello }
-- example.com/words@v1.0.0/go.mod --
module example.com/words

go 1.21
-- example.com/words@v1.0.0/words.go --
package words

const Hello = "hello, words"
-- example.com/words@v1.0.1/go.mod --
// Deprecated: use example.com/greet.
module example.com/words

go 1.21

retract v1.0.1 // published by accident
`;
const main = {
  'go.mod': 'module example.com/main\n\ngo 1.21\n\nrequire example.com/greet v1.1.0\n',
  'main.go': 'package main\n\nimport "example.com/greet"\n\nfunc main() { println(greet.Hello()) }\n',
};

describe.skipIf(go === undefined)(`the go command (${go ?? 'not on PATH'}) against a test proxy`, () => {
  it('downloads a module', async () => {
    const proxy = await start({ modules });
    const { stdout } = await proxy.go(['mod', 'download', '-json', 'example.com/greet@v1.1.0']);
    expect(JSON.parse(stdout)).toMatchObject({
      Path: 'example.com/greet',
      Version: 'v1.1.0',
      Sum: expect.stringMatching(/^h1:/),
    });
    expect(proxy.requests.list({ module: 'example.com/greet' }).map(({ kind }) => kind)).toEqual([
      'info',
      'mod',
      'zip',
    ]);
  });

  it('lists versions, retractions and deprecations', async () => {
    const proxy = await start({ modules });
    const versions = await proxy.go(['list', '-m', '-versions', 'example.com/greet']);
    expect(versions.stdout).toBe('example.com/greet v1.0.0 v1.1.0\n');
    const { stdout } = await proxy.go(['list', '-m', '-json', '-u', '-retracted', 'example.com/words@v1.0.1']);
    expect(JSON.parse(stdout)).toMatchObject({
      Deprecated: 'use example.com/greet.',
      Retracted: ['published by accident'],
    });
    expect((await proxy.go(['list', '-m', 'example.com/words@latest'])).stdout).toBe('example.com/words v1.0.0\n');
  });

  it('builds and runs a program with two modules', async () => {
    const proxy = await start({ modules });
    const { stderr } = await proxy.go(['run', '.'], { cwd: await directory(main) });
    expect(stderr).toContain('hello, words\n');
    expect(
      proxy.requests
        .list({ kind: 'zip' })
        .map(({ module }) => module)
        .sort(),
    ).toEqual(['example.com/greet', 'example.com/words']);
  }, 120_000);

  it('resolves branches, short versions and pseudo-versions', async () => {
    const pseudo = 'v1.0.1-0.20240102030405-abcdefabcdef';
    const proxy = await start({
      modules: {
        'example.com/a@v1.0.0': { 'go.mod': 'module example.com/a\n', 'a.go': 'package a\n' },
        [`example.com/a@${pseudo}`]: {
          files: { 'go.mod': 'module example.com/a\n', 'a.go': 'package a\n' },
          time: '2024-01-02T03:04:05Z',
          branches: ['main'],
        },
      },
    });
    const resolved = async (query: string) => (await proxy.go(['list', '-m', `example.com/a@${query}`])).stdout.trim();
    expect(await resolved('main')).toBe(`example.com/a ${pseudo}`);
    expect(await resolved('abcdefabcdef')).toBe(`example.com/a ${pseudo}`);
    expect(await resolved('v1')).toBe('example.com/a v1.0.0');
    expect(await resolved('latest')).toBe('example.com/a v1.0.0');
  });

  it('shows the user what faults make of it', async () => {
    const proxy = await start({ modules, faults: [{ match: { kind: 'zip' }, truncate: 50, times: 1 }] });
    const download = ['mod', 'download', 'example.com/words@v1.0.0'];
    await expect(proxy.go(download)).rejects.toThrow(/unexpected EOF/);
    proxy.faults.add({ match: { kind: 'zip' }, status: 403, body: 'refused by policy\n', times: 1 });
    const failed = await proxy.go(download, { allowFailure: true });
    expect([failed.code, failed.stderr]).toEqual([1, expect.stringContaining('refused by policy')]);
    await proxy.go(download);
    expect(proxy.requests.count({ kind: 'zip' })).toBe(3);
  });

  it('reads nothing of the settings of this machine', async () => {
    const proxy = await start({ modules });
    const before = { ...process.env };
    Object.assign(process.env, {
      GOFLAGS: '-nonsense',
      GOPRIVATE: '*',
      GONOPROXY: '*',
      GOWORK: '/nowhere',
      HTTP_PROXY: 'http://127.0.0.1:1',
    });
    try {
      await proxy.go(['mod', 'download', 'example.com/words@v1.0.0']);
      const { stdout } = await proxy.go(['env', 'GOFLAGS', 'GOPRIVATE', 'GOPROXY']);
      expect(stdout).toBe(`-mod=mod\n\n${proxy.url}\n`);
    } finally {
      process.env = before;
    }
  });

  it('close() removes a module cache, read-only as it is, and ends commands', async () => {
    const proxy = await start({ modules });
    await proxy.go(['mod', 'download', 'example.com/words@v1.0.0']);
    const cache = proxy.env.GOMODCACHE ?? '';
    expect(existsSync(join(cache, 'example.com', 'words@v1.0.0', 'words.go'))).toBe(true);
    proxy.faults.add({ match: { module: 'example.com/greet' }, hang: true });
    const hanging = proxy.go(['mod', 'download', 'example.com/greet@v1.0.0']);
    await proxy.requests.waitFor({ module: 'example.com/greet' });
    await Promise.all([proxy.close(), expect(hanging).rejects.toThrow('closed')]);
    expect(existsSync(cache)).toBe(false);
  });

  it('gives a second environment an empty module cache', async () => {
    const proxy = await start({ modules });
    await proxy.go(['mod', 'download', 'example.com/words@v1.0.0']);
    const other = goEnvironment({ goproxy: proxy.url });
    closing.push(other);
    await goCommand(['mod', 'download', 'example.com/words@v1.0.0'], { env: other.variables });
    expect(proxy.requests.count({ kind: 'zip' })).toBe(2);
  });

  it('reports failures with what the command said', async () => {
    const error = await goCommand(['nonsense']).catch((reason) => reason);
    expect(error).toBeInstanceOf(GoCommandError);
    expect(error.message).toMatch(/^go nonsense: exit code 2\n.*unknown command/);
    expect(error.result.code).toBe(2);
    expect((await goCommand(['nonsense'], { allowFailure: true })).code).toBe(2);
  });

  it('kills what takes too long, or is not wanted any more', async () => {
    const proxy = await start({ modules, faults: [{ hang: true }] });
    const download = ['mod', 'download', 'example.com/words@v1.0.0'];
    await expect(proxy.go(download, { timeout: 300 })).rejects.toSatisfy((error) =>
      isGoModKitError(error, 'upstream_timeout'),
    );
    const controller = new AbortController();
    proxy.requests.clear();
    const unwanted = proxy.go(download, { signal: controller.signal });
    await proxy.requests.waitFor({});
    controller.abort(new Error('enough'));
    await expect(unwanted).rejects.toThrow('enough');
  });
});

describe('goCommand', () => {
  it('says that there is no go command', async () => {
    await expect(goCommand(['version'], { env: { PATH: '/nonexistent' } })).rejects.toSatisfy((error) =>
      isGoModKitError(error, 'unsupported'),
    );
  });
});

describe('tempDirectory', () => {
  it('writes files, and removes them read-only or not', async () => {
    const temporary = await tempDirectory({ 'a/b/c.txt': 'c' });
    await temporary.write({ 'a/d.bin': new Uint8Array([1, 2]) });
    expect(existsSync(join(temporary.path, 'a', 'b', 'c.txt'))).toBe(true);
    await chmod(join(temporary.path, 'a', 'b'), 0o555);
    await temporary.close();
    await temporary.close();
    expect(existsSync(temporary.path)).toBe(false);
  });
});
