// Go toolchains are modules (spec §10.30): the go command finds, downloads, proves and starts a newer one through gomodkit.

import { pathToFileURL } from 'node:url';
import { dirhash } from '@gomodkit/core';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { type ServerProgram, serve } from './support/program.ts';
import { oneRecordSumdb } from './support/sumdb.ts';

const path = 'golang.org/toolchain';
// The go command asks for its own platform's zip, and for the .info of linux-amd64 wherever it runs.
const goos = { win32: 'windows' }[process.platform as string] ?? process.platform;
const goarch = { x64: 'amd64', ia32: '386' }[process.arch as string] ?? process.arch;
const version = `v0.0.1-go1.99.0.${goos}-${goarch}`;
const files = {
  'bin/go': '#!/bin/sh\necho "go 1.99.0 was asked to $*"\n',
  'bin/gofmt': '#!/bin/sh\n',
  'lib/README': 'what makes a toolchain, as far as the one that starts it can see\n',
  'pkg/tool/README': 'none\n',
};
const modules = {
  [`${path}@${version}`]: { files },
  [`${path}@v0.0.1-go1.99.0.linux-amd64`]: { files },
  [`${path}@v0.0.1-go1.98.0.linux-amd64`]: { files },
  'example.com/modern@v1.0.0': { files: { 'go.mod': 'module example.com/modern\n\ngo 1.99\n', 'm.go': 'package m\n' } },
};
const project = {
  'go.mod': 'module example.com/project\n\ngo 1.21\n\ntoolchain go1.99.0\n',
  'older/go.mod': 'module example.com/older\n\ngo 1.21\n',
};

describeWithGo('a toolchain switch', () => {
  const keep = closeAfterAll();
  let upstream: TestProxy;
  let server: ServerProgram;
  let store: string;
  let sumdb: string;

  const go = async (goproxy: string, args: readonly string[], variables: Record<string, string> = {}) => {
    const command = await goWith(goproxy, project, {
      GOTOOLCHAIN: 'auto',
      GOSUMDB: sumdb,
      GONOSUMDB: 'example.com',
      ...variables,
    });
    try {
      const { code, stdout, stderr } = await command.attempt(...args);
      return { code, stdout, stderr: stderr.replaceAll(goproxy, 'PROXY') };
    } finally {
      await command.close();
    }
  };

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules }));
    const database = oneRecordSumdb(path, version, await goSumLines(upstream));
    for (const answer of database.answers) upstream.faults.add(answer);
    sumdb = database.verifierKey;
    store = keep(await tempDirectory()).path;
    server = keep(await serve(['--storage', store, '--upstream', upstream.url]));
  });

  it('goes through a server, proved by the checksum database behind it', async () => {
    upstream.requests.clear();
    const through = await go(server.url, ['build', './...']);
    expect(through).toMatchObject({ code: 0, stdout: 'go 1.99.0 was asked to build ./...\n' });
    expect(upstream.requests.count({ kind: 'zip', module: path })).toBe(1);
    expect(upstream.requests.count({ kind: 'sumdb', target: /lookup/ })).toBe(1);
    expect(through).toEqual(await go(upstream.url, ['build', './...']));
  });

  it('goes through file://, which needs no checksum database', async () => {
    const tree = pathToFileURL(store).href;
    expect(await go(tree, ['vet', './...'], { GOSUMDB: 'off' })).toMatchObject({
      code: 0,
      stdout: 'go 1.99.0 was asked to vet ./...\n',
    });
  });

  it.each([
    ['an unproved one is refused', ['version'], { GOSUMDB: 'off' }, 1, /checksum database disabled by GOSUMDB=off/],
    ['an exact one is asked for', ['version'], { GOTOOLCHAIN: 'go1.99.0' }, 0, /asked to version/],
    ['a local one stays', ['version'], { GOTOOLCHAIN: 'local' }, 0, /^go version go1/],
    ['the known ones are listed', ['list', '-m', '-versions', 'go'], { GOTOOLCHAIN: 'local' }, 0, / 1.98.0 1.99.0$/m],
    ['the newest is found', ['list', '-m', 'go@latest'], { GOTOOLCHAIN: 'local' }, 0, /^go 1.99.0$/m],
    [
      'a dependency that needs it brings it',
      ['-C', 'older', 'get', 'example.com/modern'],
      {},
      0,
      /asked to get example.com/,
    ],
    ['an absent one is not found', ['version'], { GOTOOLCHAIN: 'go1.97.0' }, 1, /go1.97.0/],
  ])('%s, as without gomodkit', async (_, args, variables, code, says) => {
    const direct = await go(upstream.url, args, variables);
    expect(direct.stdout + direct.stderr).toMatch(says);
    expect(direct.code).toBe(code);
    expect(await go(server.url, args, variables)).toEqual(direct);
  });
});

/** What go.sum would say of the version, from the bytes that the upstream serves. */
async function goSumLines(upstream: TestProxy): Promise<string> {
  const response = await fetch(`${upstream.url}/${path}/@v/${version}.zip`);
  const zip = await dirhash.hashZip(await response.blob());
  const goMod = dirhash.hashGoMod(new TextEncoder().encode(`module ${path}\n`));
  return dirhash.goSumLines({ path, version }, { zip, goMod });
}
