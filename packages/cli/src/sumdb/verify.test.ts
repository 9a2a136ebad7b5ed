import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createHandler, createRepository, memorySource, memoryStorage, repositorySums, sumdb } from '@gomodkit/core';
import { toNodeListener } from '@gomodkit/http-handler/node';
import { directoryStorage } from '@gomodkit/storage-fs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { addVersions, initialize, showKey } from './own-log.ts';
import { fromOf, verify } from './verify.ts';

let directory: string;
let out: string;
const servers: Server[] = [];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gomodkit-sumdb-'));
  out = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text);
    return true;
  });
});
afterEach(async () => {
  process.exitCode = undefined;
  vi.unstubAllEnvs();
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
  await rm(directory, { recursive: true });
});

async function serve(database: sumdb.ChecksumDatabase): Promise<string> {
  const handler = createHandler({ repository: createRepository({ storage: memoryStorage() }), sumdb: database });
  const server = createServer(toNodeListener(handler));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function printed(work: () => Promise<void>): Promise<{ readonly text: string; readonly status: unknown }> {
  out = '';
  process.exitCode = undefined;
  await work();
  return { text: out, status: process.exitCode ?? 0 };
}

const files = { 'go.mod': 'module example.com/m\n', 'm.go': 'package m\n' };

/** A store of two versions, a key, and a log with what was added. */
async function store(...versions: readonly string[]) {
  const at = join(directory, 'store');
  const keyFile = join(directory, 'key');
  const storage = directoryStorage(at);
  const source = memorySource({ 'example.com/m@v1.0.0': { files }, 'example.com/m@v1.1.0': { files } });
  const repository = createRepository({ storage, source });
  for (const version of ['v1.0.0', 'v1.1.0']) await repository.zip('example.com/m', version);
  await repository.close();
  const made = await printed(() => initialize({ name: 'sum.corp.example', keyFile }));
  const key = (await printed(() => showKey(keyFile))).text.trim();
  expect(made.text).toContain(`GOSUMDB=${key} `);
  const added =
    versions.length === 0 ? undefined : await printed(() => addVersions(versions, { keyFile, storage: at }));
  return { at, keyFile, key, added: added?.text };
}

async function open(at: string, keyFile: string): Promise<sumdb.ChecksumDatabase> {
  const { readKeyFile } = await import('./key-file.ts');
  const { signer } = await readKeyFile(keyFile);
  return sumdb.createChecksumDatabase({ storage: directoryStorage(at), signer });
}

describe("a log of one's own", () => {
  it('is made, filled, served and verified, beside what is stored', async () => {
    const { at, keyFile, key, added } = await store('example.com/m@v1.0.0', 'example.com/m@v1.1.0');
    expect(added).toBe('0 example.com/m@v1.0.0\n1 example.com/m@v1.1.0\n');
    const again = await printed(() => addVersions(['example.com/m@v1.1.0'], { keyFile, storage: at }));
    expect(again.text).toBe('1 example.com/m@v1.1.0\n');
    const url = await serve(await open(at, keyFile));
    for (const each of [url, `${url}/sumdb/sum.corp.example`]) {
      const { text, status } = await printed(() => verify(each, { key, storage: at }));
      expect(text).toMatch(
        /^sum\.corp\.example: 2 records, root \S{44}\n[\s\S]*store {5}2 equal, 0 differing, 0 missing[^\n]*\nverified\n$/,
      );
      expect(status).toBe(0);
    }
  });

  it('that misses what is stored is a finding', async () => {
    const { at, keyFile, key } = await store('example.com/m@v1.0.0');
    const url = await serve(await open(at, keyFile));
    const { text, status } = await printed(() => verify(url, { key, storage: at }));
    expect(text).toContain('store-missing: example.com/m@v1.1.0 is stored and not in the log\n1 problem found\n');
    expect(status).toBe(1);
    const json = await printed(() => verify(url, { key, storage: at, json: true, private: 'example.com' }));
    const events = json.text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.map(({ type }) => type)).toEqual(['head', 'progress', 'done']);
    expect(events.at(-1)).toMatchObject({
      report: { ok: true, records: 1, tree: { size: 1, hash: expect.stringMatching(/=$/) } },
    });
  });

  it('beside a second view of another history is a fork', async () => {
    const { at, keyFile, key } = await store('example.com/m@v1.0.0');
    const { readKeyFile } = await import('./key-file.ts');
    const { signer } = await readKeyFile(keyFile);
    const fork = sumdb.createChecksumDatabase({ storage: memoryStorage(), signer });
    const own = createRepository({ storage: directoryStorage(at), offline: true });
    const sums = await repositorySums(own)({ path: 'example.com/m', version: 'v1.1.0' }, {});
    await fork.add([{ path: 'example.com/m', version: 'v1.1.0', sums }]);
    const [url, against] = [await serve(await open(at, keyFile)), await serve(fork)];
    const { text, status } = await printed(() => verify(url, { key, against }));
    expect(text).toContain('fork: sum.corp.example shows two trees that do not fit; they differ from record 0 on');
    expect(text).toContain('SECURITY ERROR');
    expect(status).toBe(1);
  });
});

it('names to another database nothing that is private for the go command here', async () => {
  const { at, keyFile, key } = await store('example.com/m@v1.0.0');
  const { signerKey, verifierKey: againstKey } = await sumdb.note.generateKey('sum.other.example');
  const other = sumdb.createChecksumDatabase({
    storage: memoryStorage(),
    signer: await sumdb.note.newSigner(signerKey),
  });
  const asked: string[] = [];
  const heard: sumdb.ChecksumDatabase = {
    ...other,
    name: other.name,
    sumdb: (database, path, options) => {
      asked.push(path);
      return other.sumdb(database, path, options);
    },
  };
  const [url, against] = [await serve(await open(at, keyFile)), await serve(heard)];
  for (const [name, skipped] of [
    ['GOPRIVATE', 1],
    ['', 0],
  ] as const) {
    for (const each of ['GOPRIVATE', 'GONOSUMDB']) vi.stubEnv(each, each === name ? 'example.com' : '');
    const { text } = await printed(() => verify(url, { key, against, againstKey, storage: at }));
    expect(text).toContain(`${1 - skipped} not there, ${skipped} private and not asked for`);
    // In a log of one's own they are missed all the same.
    expect(text).toContain('store-missing: example.com/m@v1.1.0');
    expect(asked.some((path) => path.startsWith('lookup/example.com'))).toBe(skipped === 0);
  }
});

describe('what is wrong with a command', () => {
  it.each([
    ['http://127.0.0.1:1', { key: 'nonsense' }, /malformed verifier id/],
    ['http://127.0.0.1:1', { key: 'off' }, /is no verifier key/],
    ['ftp://127.0.0.1:1', { key: 'sum.golang.org' }, /ftp/],
    ['http://127.0.0.1:1', { key: 'sum.golang.org', againstKey: 'x' }, /--against-key needs --against/],
    ['http://127.0.0.1:1', { key: 'sum.golang.org', storage: '/nowhere/at/all' }, /there is no storage at/],
  ])('ends with 2: %s %j', async (url, flags, message) => {
    await expect(verify(url, flags)).rejects.toThrow(message);
    expect(process.exitCode).toBe(2);
  });

  it('is said of a URL that has no such database', async () => {
    const { at, keyFile } = await store();
    const url = await serve(await open(at, keyFile));
    for (const each of [url, `${url}/sumdb/sum.golang.org`])
      await expect(verify(each, { key: 'sum.golang.org' })).rejects.toThrow(
        /neither is nor serves the checksum database sum\.golang\.org/,
      );
    expect(process.exitCode).toBe(2);
  });

  it('is said of a place to begin', () => {
    expect(fromOf('0')).toBe(0n);
    expect(fromOf('7:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=')).toMatchObject({ size: 7n });
    for (const text of ['', '-1', '01', 'x', '7:', '7:x', '9'.repeat(19)])
      expect(() => fromOf(text)).toThrow(/number of records/);
  });

  it('is said of versions that cannot be added', async () => {
    const { at, keyFile } = await store();
    for (const [version, message] of [
      ['example.com/m', /names no version/],
      ['example.com/m@v1', /not canonical/],
      ['example.com/absent@v1.0.0', /works offline/],
    ] as const)
      await expect(addVersions([version], { keyFile, storage: at })).rejects.toThrow(message);
    const absent = { keyFile, storage: join(directory, 'absent') };
    await expect(addVersions(['example.com/m@v1.0.0'], absent)).rejects.toThrow(/there is no storage/);
  });
});
