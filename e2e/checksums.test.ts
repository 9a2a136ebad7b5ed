// A server with a checksum database: the real go command verifies through it, also while the database is down, and learns from it when an
// upstream has other bytes than everybody else; and verifies offline, with what was kept.

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { dirhash, memoryStorage, sumdb } from '@gomodkit/core';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { gomodkit, type ServerProgram, serve } from './support/program.ts';

const name = 'sum.example/db';
const known = ['a@v1.0.0', 'b@v1.2.0', 'Upper@v0.1.0', 'moved@v1.0.0'] as const;

const moduleOf = (version: string, more = '') => {
  const path = `example.com/${version.slice(0, version.indexOf('@'))}`;
  return { 'go.mod': `module ${path}\n\ngo 1.21\n`, 'p.go': `package p\n\nconst Name = "p"\n${more}` };
};
const modules = Object.fromEntries(
  [...known, 'unknown@v1.0.0'].map((version) => [`example.com/${version}`, moduleOf(version)]),
);
const project = {
  'go.mod':
    'module example.com/project\n\ngo 1.21\n\nrequire (\n\texample.com/a v1.0.0\n\texample.com/Upper v0.1.0\n)\n',
  'main.go':
    'package main\n\nimport (\n\ta "example.com/a"\n\tu "example.com/Upper"\n)\n\nfunc main() { println(a.Name, u.Name) }\n',
};

/** A database of the known modules at an address of its own. */
async function startDatabase(upstream: TestProxy) {
  const keys = await sumdb.note.generateKey(name);
  const storage = memoryStorage();
  const database = sumdb.createChecksumDatabase({ storage, signer: await sumdb.note.newSigner(keys.signerKey) });
  const records = await Promise.all(
    known.map(async (each) => {
      const [path = '', version = ''] = `example.com/${each}`.split('@');
      const escaped = path.replace('U', '!u');
      const file = async (kind: string) => (await fetch(`${upstream.url}/${escaped}/@v/${version}.${kind}`)).blob();
      const goMod = dirhash.hashGoMod(new Uint8Array(await (await file('mod')).arrayBuffer()));
      return { path, version, sums: { zip: await dirhash.hashZip(await file('zip')), goMod } };
    }),
  );
  await database.add(records);
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    asked.push(path);
    database.sumdb(name, path).then(
      (body) => response.end(body),
      (error) => response.writeHead(error.code === 'not_found' ? 404 : 500).end(String(error.message)),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { key: keys.verifierKey, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked, close };
}

describeWithGo('a server with a checksum database', () => {
  const keep = closeAfterAll();
  let upstream: TestProxy;
  let database: Awaited<ReturnType<typeof startDatabase>>;
  let server: ServerProgram;
  let store: string;
  let start: () => Promise<ServerProgram>;

  const build = async (args: readonly string[], variables: Record<string, string> = {}) => {
    const go = await goWith(server.url, project, { GOSUMDB: database.key, GONOSUMDB: '', ...variables });
    try {
      return await go.attempt(...args);
    } finally {
      await go.close();
    }
  };

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules }));
    database = keep(await startDatabase(upstream));
    store = keep(await tempDirectory()).path;
    start = async () =>
      keep(await serve(['--storage', store, '--upstream', upstream.url, '--sumdb', `${database.key} ${database.url}`]));
    server = await start();
  });

  it('says which', () => {
    expect(server.stdout).toContain(`  sumdb     ${name} at ${database.url} (from --sumdb)\n`);
  });

  it('proves modules to go, which asks nobody else', async () => {
    expect(await build(['get', './...'])).toMatchObject({ code: 0 });
    const lookups = database.asked.filter((path) => path.startsWith('lookup/'));
    expect(lookups.sort()).toEqual(['lookup/example.com/!upper@v0.1.0', 'lookup/example.com/a@v1.0.0']);
    expect(upstream.requests.count({ kind: 'sumdb' })).toBe(0);
  });

  it('names to nobody what was published here, and tells go why', async () => {
    const path = 'example.com/published';
    const { path: directory } = keep(await tempDirectory({ 'go.mod': `module ${path}\n`, 'p.go': 'package p\n' }));
    const published = await gomodkit(['publish', `${path}@v1.0.0`, directory, '--storage', store]);
    expect(published).toMatchObject({ code: 0 });
    database.asked.length = 0;
    const { code, stderr } = await build(['get', `${path}@v1.0.0`]);
    expect(code).toBe(1);
    expect(stderr).toContain(`${path}@v1.0.0 was published here and is not asked of ${name}; set GONOSUMDB or`);
    expect(await build(['get', `${path}@v1.0.0`], { GONOSUMDB: path })).toMatchObject({ code: 0 });
    expect(database.asked.filter((asked) => asked.includes(path))).toEqual([]);
  });

  it('refuses what the database does not know, and says what to do', async () => {
    const { code, stderr } = await build(['get', 'example.com/unknown@v1.0.0'], { GONOSUMDB: 'example.com' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/unknown to the checksum database sum\.example\/db.*\n.*GONOSUMDB/);
  });

  it('refuses bytes that nobody else has, and tells the user of go', async () => {
    upstream.update({ 'example.com/moved@v1.0.0': moduleOf('moved@v1.0.0', '// moved\n') });
    const { code, stderr } = await build(['get', 'example.com/moved@v1.0.0'], { GONOSUMDB: 'example.com' });
    expect(code).toBe(1);
    expect(stderr).toMatch(/502.*SECURITY ERROR: example\.com\/moved@v1\.0\.0: checksum mismatch/s);
    expect(stderr).toContain('checksum database sum.example/db: h1:');
    const response = await fetch(`${server.url}/example.com/moved/@v/v1.0.0.zip`);
    expect(response.status).toBe(502);
  });

  it('leaves in the store what go needs to verify offline, and nobody else is asked', async () => {
    const store = keep(await tempDirectory()).path;
    const where = ['--storage', store, '--upstream', upstream.url];
    const modules = ['example.com/a@v1.0.0', 'example.com/Upper@v0.1.0'];
    const captured = await gomodkit(['capture', ...modules, ...where, '--sumdb', `${database.key} ${database.url}`]);
    expect(captured.code, captured.stderr).toBe(0);
    const before = [database.asked.length, upstream.requests.count({})];
    // Also where the database's address and the upstream are still known.
    const choice = `${database.key} ${database.url}`;
    const online = server;
    server = keep(await serve(['--offline', ...where, '--sumdb', choice]));
    expect(server.stdout).toContain(
      `  sumdb     ${name} at ${database.url} (from --sumdb), as kept here: a tree of 4 records\n`,
    );
    expect(await build(['get', './...'])).toMatchObject({ code: 0 });
    const { code, stderr } = await build(['mod', 'download', 'example.com/b@v1.2.0']);
    expect([code, stderr]).toEqual([1, expect.stringContaining('404 Not Found')]);
    const lookup = await fetch(`${server.url}/sumdb/${name}/lookup/example.com/b@v1.2.0`);
    // Not 404: whoever asks would take it for the database's word.
    expect([lookup.status, await lookup.text()]).toEqual([502, expect.stringContaining('was not kept')]);
    expect([database.asked.length, upstream.requests.count({})]).toEqual(before);
    // What was kept of one database is nothing of another.
    const other = keep(await serve(['--offline', ...where, '--sumdb', 'sum.golang.org']));
    expect(other.stdout).toContain('  sumdb     none: nothing is kept here of sum.golang.org (from --sumdb)\n');
    expect((await fetch(`${other.url}/sumdb/sum.golang.org/supported`)).status).toBe(404);
    server = online;
  });

  it('goes on while the database is down, also after a restart', async () => {
    await database.close();
    for (let round = 0; round < 2; round++) {
      expect(await build(['get', './...'])).toMatchObject({ code: 0 });
      server.kill('SIGTERM');
      await server.exited;
      server = await start();
    }
    const { code, stderr } = await build(['get', 'example.com/b@v1.2.0']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/could not be verified with the checksum database sum\.example\/db/);
  });
});
