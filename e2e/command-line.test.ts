// The gomodkit command as its users meet it: real processes, their output and exit status.

import { createServer } from 'node:net';
import { join } from 'node:path';
import { startTestProxy, type TempDirectory, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith, jsonObjects } from './support/go.ts';
import { gomodkit, type ProgramResult, root, serve } from './support/program.ts';

const files = {
  'go.mod': 'module example.com/Mixed\n\ngo 1.21\n',
  'm.go': 'package m\n',
  'sub/data.txt': 'data\n',
  'sub/nested/go.mod': 'module example.com/Mixed/sub/nested\n',
  'vendor/example.com/x/x.go': 'package x\n',
};
const modules = {
  'example.com/Mixed@v1.0.0': { files },
  'example.com/legacy@v2.0.0+incompatible': { files: { 'l.go': 'package l\n' } },
  'example.com/other@v0.1.0': { files: { 'go.mod': 'module example.com/other\n', 'o.go': 'package o\n' } },
};

const keep = closeAfterAll();
let upstream: TestProxy;
let work: TempDirectory;

beforeAll(async () => {
  upstream = keep(await startTestProxy({ modules }));
  const source = Object.entries(files).map(([name, content]) => [`src/${name}`, content] as const);
  work = keep(await tempDirectory({ ...Object.fromEntries(source), 'file.txt': 'text\n', 'bad.zip': 'PK no zip' }));
});

const run = (...args: string[]): Promise<ProgramResult> => gomodkit(args, { cwd: work.path });

it.each([
  'nonsense',
  'serve --nonsense',
  'capture --concurrency none',
  'publish',
  'publish example.com/m src',
  'publish example.com/m@v2.0.0 src --storage store',
  'list --nonsense',
  'hash absent',
  'audit --nonsense',
  'sumdb verify',
])('ends with 2 for wrong use: %s', async (line) => {
  const { code, stdout, stderr } = await run(...line.split(' '));
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(/^gomodkit: .*\n$/);
});

it('names every command in its help', async () => {
  const { code, stdout } = await run('--help');
  for (const command of ['serve', 'info', 'list', 'hash', 'zip'])
    expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
  expect(code).toBe(0);
});

// One of each kind; packages/cli has the whole table.
it.each([
  ['nonsense', /unknown command 'nonsense'/],
  ['hash bad.zip', /bad.zip is no good module zip: /],
  ['list --storage file.txt', /storage .*file.txt is not a directory/],
  ['serve --listen nonsense', /cannot listen on "nonsense": expected HOST:PORT such as 127.0.0.1:3000/],
])('a mistake ends with exit status 2 and says in one line what is wrong: gomodkit %s', async (line, says) => {
  const { code, stdout, stderr } = await run(...line.split(' '));
  expect(stderr).toMatch(says);
  expect(stderr).toMatch(/^gomodkit: .*\n$/);
  expect([code, stdout]).toEqual([line === 'hash bad.zip' ? 1 : 2, '']);
});

describe('hash and zip', () => {
  it('agree on directory, zip and go.mod, and never overwrite', async () => {
    const version = ['--module', 'example.com/Mixed@v1.0.0'];
    const [directory, zipped] = [
      await run('hash', 'src', ...version),
      await run('zip', 'src', ...version, '-o', 'm.zip'),
    ];
    const [zipLine = '', goModLine = ''] = directory.stdout.split('\n');
    expect(zipLine).toMatch(/^example.com\/Mixed v1.0.0 h1:.{43}=$/);
    expect(zipped).toEqual({ code: 0, stdout: `${zipLine}\n`, stderr: '' });
    expect((await run('hash', 'm.zip')).stdout).toBe(directory.stdout);
    expect((await run('hash', 'src/go.mod', ...version)).stdout).toBe(`${goModLine}\n`);
    expect(`example.com/Mixed v1.0.0/go.mod ${(await run('hash', 'src/go.mod')).stdout}`).toBe(`${goModLine}\n`);
    const again = await run('zip', 'src', '--module', 'example.com/other@v1.0.0', '-o', 'm.zip');
    expect(again).toEqual({ code: 2, stdout: '', stderr: 'gomodkit: m.zip exists already and is not overwritten\n' });
    expect((await run('hash', 'm.zip')).stdout).toBe(directory.stdout);
  });

  describeWithGo('beside the go command', () => {
    it('say what go mod download says', async () => {
      const go = keep(await goWith(upstream.url));
      const { stdout } = await go.run('mod', 'download', '-json', ...Object.keys(modules));
      for (const { Path, Version, Sum, GoModSum, Zip, GoMod } of jsonObjects(stdout)) {
        const lines = `${Path} ${Version} ${Sum}\n${Path} ${Version}/go.mod ${GoModSum}\n`;
        expect((await run('hash', String(Zip))).stdout).toBe(lines);
        expect((await run('hash', String(GoMod))).stdout).toBe(`${GoModSum}\n`);
        if (Path === 'example.com/Mixed')
          expect((await run('hash', 'src', '--module', `${Path}@${Version}`)).stdout).toBe(lines);
      }
    });
  });
});

describe('info and list', () => {
  it('capture and show', async () => {
    const store = keep(await tempDirectory()).path;
    const found = await run(
      'info',
      'example.com/Mixed@latest',
      '--json',
      '--storage',
      store,
      '--upstream',
      upstream.url,
    );
    expect(found.stderr).toBe('');
    expect(JSON.parse(found.stdout)).toMatchObject({
      module: 'example.com/Mixed',
      version: 'v1.0.0',
      time: '2000-01-01T00:00:00Z',
      goModSum: expect.stringMatching(/^h1:/),
    });
    expect((await run('list', '--storage', store)).stdout).toBe('example.com/Mixed@v1.0.0 (mod only)\n');
    const server = keep(await serve(['--storage', store, '--upstream', upstream.url]));
    const zip = await fetch(`${server.url}/example.com/!mixed/@v/v1.0.0.zip`);
    expect(zip.status).toBe(200);
    await zip.arrayBuffer();
    await fetch(`${server.url}/example.com/other/@v/v0.1.0.mod`);
    expect((await run('list', '--storage', store)).stdout).toBe(
      'example.com/Mixed@v1.0.0\nexample.com/other@v0.1.0 (mod only)\n',
    );
    const [line = ''] = (await run('list', 'example.com/Mix', '--json', '--storage', store)).stdout.split('\n');
    expect(JSON.parse(line)).toMatchObject({
      module: 'example.com/Mixed',
      version: 'v1.0.0',
      zipSize: expect.any(Number),
    });
    const offline = await run('info', 'example.com/Mixed@v1.0.0', '--offline', '--storage', `file://${store}`);
    expect(offline.stdout).toMatch(/^zipSum +h1:/m);
  });
});

describe('serve', () => {
  const keepForTest = closeAfterEach();

  it('says where it serves, from where to where, and how to use it', async () => {
    const store = keepForTest(await tempDirectory()).path;
    const env = {
      PATH: process.env.PATH ?? '',
      GOMODKIT_UPSTREAM: upstream.url,
      GOAUTH: 'off',
      GOENV: 'off',
      GOSUMDB: 'sum.golang.org',
    };
    const server = keepForTest(await serve(['--storage', store], { cwd: work.path, env }));
    expect(server.stdout.replaceAll(server.url, 'URL')).toBe(
      `gomodkit serves URL\n  storage   ${store}\n  upstream  ${upstream.url} (from $GOMODKIT_UPSTREAM)\n  sumdb     sum.golang.org (from $GOSUMDB)\n  use it    GOPROXY=URL go build ./...\n`,
    );
    expect((await fetch(`${server.url}/readyz`)).status).toBe(200);
  });

  it('says that its port is taken', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    keepForTest({ close: () => new Promise((resolve) => other.close(() => resolve())) });
    const address = other.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const { code, stderr } = await run(
      'serve',
      '--listen',
      `127.0.0.1:${port}`,
      '--storage',
      'memory:',
      '--upstream',
      'off',
    );
    expect([code, stderr]).toEqual([
      2,
      `gomodkit: cannot listen on 127.0.0.1:${port}: another program listens there already; choose another with --listen\n`,
    ]);
  });

  it('takes its settings from a TypeScript file, flags first', async () => {
    const config = join(root, 'e2e/testdata/gomodkit.config.ts');
    const server = keepForTest(await serve(['--config', config, '--upstream', upstream.url], { cwd: work.path }));
    expect(new URL(server.url).pathname).toBe('/modules');
    const denied = await fetch(`${server.url}/example.com/other/@v/v0.1.0.info`);
    expect([denied.status, await denied.text()]).toEqual([403, expect.stringContaining('nothing below 1')]);
    expect((await fetch(`${server.url}/example.com/!mixed/@v/v1.0.0.info`)).status).toBe(200);
  });
});
