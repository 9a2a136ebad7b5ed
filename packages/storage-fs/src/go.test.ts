// The directory as `GOPROXY=file://…` for the real go command (spec §10.23), where there is one.

import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { bytesSource, type Storage } from '@gomodkit/core/storage';
import JSZip from 'jszip';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scratch } from '../test/scratch.ts';
import { directoryStorage } from './index.ts';

const run = promisify(execFile);
const hasGo = spawnSync('go', ['version']).status === 0;

describe.skipIf(!hasGo)(`file:// with the real go command${hasGo ? '' : ' (skipped: no go on PATH)'}`, () => {
  it('lists, downloads and builds', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0-RC.1']) await publish(storage, 'example.com/Mixed', version);
    const go = await goCommand(directory);
    expect((await go('list', '-m', '-versions', 'example.com/Mixed')).trim()).toBe(
      'example.com/Mixed v1.0.0 v1.1.0 v1.2.0-RC.1',
    );
    const downloaded = JSON.parse(await go('mod', 'download', '-json', 'example.com/Mixed@latest')) as Record<
      string,
      string
    >;
    expect(downloaded).toMatchObject({ Version: 'v1.1.0', Sum: expect.stringMatching(/^h1:/) });
    // A library without the standard library: a program would make go compile its whole runtime first.
    await writeFile(
      join(go.directory, 'use.go'),
      'package use\n\nimport "example.com/Mixed"\n\nfunc Use() { mixed.Hello() }\n',
    );
    await go('get', 'example.com/Mixed@v1.2.0-RC.1');
    await go('build', './...');
    await go('mod', 'verify');
  });

  it('lists nothing, without error, for a module with pseudo-versions only', async () => {
    const directory = await scratch();
    const pseudo = 'v0.0.0-20200102030405-abcdef123456';
    await publish(directoryStorage(directory), 'example.com/p', pseudo);
    const go = await goCommand(directory);
    expect((await go('list', '-m', '-versions', 'example.com/p')).trim()).toBe('example.com/p');
    expect(await go('mod', 'download', '-json', `example.com/p@${pseudo}`)).toContain(pseudo);
  });

  it('says not found for a module that is not there', async () => {
    const directory = await scratch();
    await publish(directoryStorage(directory), 'example.com/m', 'v1.0.0');
    const go = await goCommand(directory);
    await expect(go('list', '-m', '-versions', 'example.com/absent')).rejects.toThrow(/no such file|not found/);
  });

  it('stops listing a version that was deleted', async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    for (const version of ['v1.0.0', 'v1.1.0']) await publish(storage, 'example.com/m', version);
    await storage.delete?.('example.com/m/@v/v1.1.0.info');
    const go = await goCommand(directory);
    expect((await go('list', '-m', '-versions', 'example.com/m')).trim()).toBe('example.com/m v1.0.0');
  });
});

interface Go {
  (...args: string[]): Promise<string>;
  readonly directory: string;
}

/** A go command that knows nothing but the directory. */
async function goCommand(proxy: string): Promise<Go> {
  const home = await scratch();
  const directory = join(home, 'main');
  const cache = join(home, 'modcache');
  await mkdir(directory);
  await writeFile(join(directory, 'go.mod'), 'module example.com/main\n\ngo 1.21\n');
  // The module cache is read-only, which rm cannot remove unless allowed to. Runs before the removal of `home`.
  onTestFinished(() => makeWritable(cache));
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    GOPROXY: pathToFileURL(proxy).href,
    GOMODCACHE: cache,
    GOCACHE: join(home, 'cache'),
    GOFLAGS: '-mod=mod',
    GOSUMDB: 'off',
    GONOSUMDB: '*',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GOENV: 'off',
  };
  const go = async (...args: string[]): Promise<string> => (await run('go', args, { cwd: directory, env })).stdout;
  return Object.assign(go, { directory });
}

async function makeWritable(folder: string): Promise<void> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  await chmod(folder, 0o755).catch(() => {});
  for (const entry of entries) if (entry.isDirectory()) await makeWritable(join(folder, entry.name));
  await rm(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 });
}

const escaped = (text: string): string => text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);

async function publish(storage: Storage, module: string, version: string): Promise<void> {
  const goMod = `module ${module}\n\ngo 1.21\n`;
  const zip = new JSZip();
  zip.file(`${module}@${version}/go.mod`, goMod, { createFolders: false });
  zip.file(`${module}@${version}/x.go`, 'package mixed\n\nfunc Hello() {}\n', { createFolders: false });
  const base = `${escaped(module)}/@v/${escaped(version)}`;
  const put = (ending: string, bytes: Uint8Array): Promise<unknown> =>
    storage.create(`${base}.${ending}`, bytesSource(bytes));
  await put('mod', Buffer.from(goMod));
  await put('zip', await zip.generateAsync({ type: 'uint8array' }));
  await put('info', Buffer.from(JSON.stringify({ Version: version, Time: '2020-01-02T03:04:05Z' })));
}
