// The unmodified go command with GOSUMDB set to a log of our own, served beside the modules.

import { createHandler, createRepository, recordPublications, repositorySums } from '@gomodkit/core';
import { type MemoryModule, memorySource } from '@gomodkit/core/source';
import { bytesSource, memoryStorage, type Storage } from '@gomodkit/core/storage';
import { createChecksumDatabase, createSumdbClient, note } from '@gomodkit/core/sumdb';
import { createZip, sourceFile } from '@gomodkit/core/zip';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo, type Go, goWith, jsonObjects } from './support/go.ts';
import { logKeys } from './support/log.ts';
import { serveHandler } from './support/serve-handler.ts';

const keep = closeAfterEach();
const name = 'sum.example/e2e';
const pseudo = 'v0.0.0-20240102030405-0123456789ab';
const wanted = [
  ['example.com/public', 'v1.0.0'],
  ['example.com/Upper', 'v1.0.0'],
  ['corp.example.com/private', 'v0.3.0'],
  ['example.com/untagged', pseudo],
  ['example.com/old', 'v2.0.0+incompatible'],
  ['example.com/major/v3', 'v3.1.0'],
] as const;

function fixtures(): Record<string, MemoryModule> {
  return Object.fromEntries(
    wanted.map(([path, version]) => {
      const goMod = version.endsWith('+incompatible') ? {} : { 'go.mod': `module ${path}\n` };
      return [`${path}@${version}`, { files: { ...goMod, 'm.go': `package m // ${path}\n` } }];
    }),
  );
}

interface Setup {
  readonly storage: Storage;
  readonly url: string;
  /** Go with an empty module cache. */
  go(variables?: Readonly<Record<string, string>>): Promise<Go>;
  restart(): Promise<Setup>;
}

async function setUp(storage: Storage = memoryStorage(), verifierKey = logKeys.verifierKey): Promise<Setup> {
  const repository = createRepository({ storage, source: memorySource(fixtures()), sumdb: 'off' });
  const signer = await note.newSigner(logKeys.signerKey);
  const database = createChecksumDatabase({ storage, signer, sums: repositorySums(repository, { storage }) });
  const stop = recordPublications(repository, database);
  const { url } = keep(await serveHandler(createHandler({ repository, sumdb: database })));
  keep({
    close: async () => {
      await stop();
      await database.idle();
      await repository.close();
    },
  });
  const go = async (variables: Readonly<Record<string, string>> = {}) =>
    keep(
      await goWith(
        url,
        { 'go.mod': 'module example.com/project\n\ngo 1.21\n' },
        { GOSUMDB: `${verifierKey} ${url}/sumdb/${name}`, GOFLAGS: '-mod=mod', ...variables },
      ),
    );
  return { storage, url, go, restart: () => setUp(storage, verifierKey) };
}

const targets = wanted.map(([path, version]) => `${path}@${version}`);

describeWithGo('go with GOSUMDB set to a log of ours', () => {
  it('downloads and verifies public, private, pseudo-version and +incompatible modules', async () => {
    const { go, url } = await setUp();
    const first = await go();
    const { stdout } = await first.run('mod', 'download', '-json', ...targets);
    const sums = jsonObjects(stdout).map(({ Path, Version, Sum, GoModSum }) => ({ Path, Version, Sum, GoModSum }));
    expect(sums.map(({ Path, Version }) => [Path, Version]).sort()).toEqual([...wanted].map(([p, v]) => [p, v]).sort());
    // The record says what go computed itself.
    const client = createSumdbClient({
      key: logKeys.verifierKey,
      remote: async (path) => new Uint8Array(await (await fetch(`${url}/sumdb/${name}/${path}`)).arrayBuffer()),
    });
    for (const { Path, Version, Sum, GoModSum } of sums) {
      expect((await client.lookup(String(Path), String(Version))).sums).toEqual({ zip: Sum, goMod: GoModSum });
    }
    expect((await client.update())?.size).toBe(BigInt(wanted.length));
    // As a proxied database, by its key alone.
    const proxied = await go({ GOSUMDB: logKeys.verifierKey });
    await proxied.run('mod', 'download', ...targets);
    await first.run('get', ...targets);
    expect((await first.run('mod', 'verify')).stdout).toBe('all modules verified\n');
  });

  it('follows the log over restarts of the server', async () => {
    const before = await setUp();
    const go = await before.go();
    await go.run('mod', 'download', targets[0] ?? '');
    const after = await before.restart();
    const variables = { GOPROXY: after.url, GOSUMDB: `${logKeys.verifierKey} ${after.url}/sumdb/${name}` };
    Object.assign(go.env, variables);
    await go.run('mod', 'download', ...targets);
  });

  it('refuses a module whose bytes were changed in storage, with a security error', async () => {
    const { go, storage } = await setUp();
    const [path, version] = wanted[0];
    await (await go()).run('mod', 'download', ...targets);
    const changed = await zipOf(path, version, { 'go.mod': `module ${path}\n`, 'm.go': 'package m // changed\n' });
    const key = `${path}/@v/${version}.zip`;
    await storage.delete?.(key);
    await storage.create(key, bytesSource(changed));
    // A restart has nothing of it in memory.
    const restarted = await setUp(storage);
    const victim = await restarted.go();
    const { code, stderr } = await victim.attempt('mod', 'download', `${path}@${version}`);
    expect(code).not.toBe(0);
    expect(stderr).toContain('SECURITY ERROR');
    expect(stderr).toContain(`${path}@${version}: verifying module: checksum mismatch`);
    await victim.run('mod', 'download', ...targets.slice(1));
  });

  it('refuses a log that another key signed', async () => {
    const { verifierKey } = await note.generateKey(name);
    const { go } = await setUp(memoryStorage(), verifierKey);
    const { code, stderr } = await (await go()).attempt('mod', 'download', targets[0] ?? '');
    expect([code === 0, stderr.includes('no verifiable signatures')]).toEqual([false, true]);
  });

  it('says that a version does not exist where it does not', async () => {
    const { go } = await setUp();
    const { code, stderr } = await (await go()).attempt('mod', 'download', 'example.com/public@v1.9.0');
    expect(code).not.toBe(0);
    expect(stderr).toContain('not found');
  });
});

async function zipOf(path: string, version: string, files: Readonly<Record<string, string>>): Promise<Uint8Array> {
  const sources = Object.entries(files).map(([file, text]) => sourceFile(file, new TextEncoder().encode(text)));
  return new Uint8Array(await new Response(createZip({ path, version }, sources)).arrayBuffer());
}
