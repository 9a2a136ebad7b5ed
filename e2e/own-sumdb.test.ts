// A checksum database of one's own, as its users meet it: made, served, believed by go commands, audited.

import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { memoryStorage } from '@gomodkit/core/storage';
import {
  createWitness,
  createWitnessHandler,
  generateCosignerKey,
  newCosignatureVerifier,
  newCosigner,
  note,
  parseEntries,
} from '@gomodkit/core/sumdb';
import { startTestProxy, tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { gomodkit, serve } from './support/program.ts';

/** Each test starts several programs. */
const timeout = 120_000;

const keep = closeAfterEach();
const modules = {
  'example.com/Mixed@v1.0.0': { files: { 'go.mod': 'module example.com/Mixed\n', 'm.go': 'package m\n' } },
  'example.com/legacy@v2.0.0+incompatible': { files: { 'l.go': 'package l\n' } },
};

/** Makes the file `key`; resolves to the verifier key. */
type MakeKey = (directory: string) => Promise<string>;

/** As users do. */
const initialized: MakeKey = async (directory) => {
  const args = ['sumdb', 'init', '--name', 'sum.corp.example', '--key-file', 'key'];
  const { stdout } = await gomodkit(args, { cwd: directory });
  return /^verifier key {2}(\S+)$/m.exec(stdout)?.[1] ?? '';
};

const written: MakeKey = async (directory) => {
  const { signerKey, verifierKey } = await note.generateKey('sum.corp.example');
  await writeFile(join(directory, 'key'), signerKey, { mode: 0o600 });
  return verifierKey;
};

async function setup(makeKey = written) {
  const upstream = keep(await startTestProxy({ modules }));
  const work = keep(await tempDirectory({})).path;
  const key = await makeKey(work);
  const args = [
    '--storage',
    join(work, 'store'),
    '--upstream',
    upstream.url,
    '--sumdb',
    'off',
    '--sumdb-key-file',
    'key',
  ];
  return { upstream, work, key, args };
}

describeWithGo('a served log', () => {
  it(
    'is believed by go commands, survives a restart, and is verified',
    async () => {
      const { work, key, args } = await setup(initialized);
      const first = keep(await serve(args, { cwd: work }));
      expect(first.stdout).toContain(`use it    GOSUMDB=${key} GOPROXY=${first.url} go build`);
      const go = keep(await goWith(first.url, {}, { GOSUMDB: key, GONOSUMDB: '' }));
      await go.run('mod', 'download', ...Object.keys(modules));
      const verified = ['sumdb', 'verify', first.url, '--key', key, '--storage', join(work, 'store')];
      const report = await gomodkit(verified, { cwd: work });
      expect(report).toMatchObject({ code: 0, stderr: '' });
      expect(report.stdout).toMatch(
        /^sum\.corp\.example: 2 records[\s\S]*2 equal, 0 differing, 0 missing[^\n]*\nverified\n$/,
      );
      first.kill('SIGTERM');
      expect((await first.exited).code).toBe(0);
      const second = keep(await serve(args, { cwd: work }));
      const root = /root (\S+)/.exec(report.stdout)?.[1];
      const again = await gomodkit([
        'sumdb',
        'verify',
        second.url,
        '--key',
        key,
        '--from',
        `2:${root}`,
        '--against',
        second.url,
      ]);
      expect(again).toMatchObject({ code: 0, stderr: '' });
    },
    timeout,
  );
});

it(
  'finds what was changed in storage, and says when it cannot find out',
  async () => {
    const { work, key, args } = await setup();
    const server = keep(await serve(args, { cwd: work }));
    expect((await fetch(`${server.url}/sumdb/sum.corp.example/lookup/example.com/!mixed@v1.0.0`)).status).toBe(200);
    const directory = join(work, 'store/example.com/!mixed/@v');
    await expect(readdir(directory)).resolves.toContain('v1.0.0.ziphash');
    await rm(join(directory, 'v1.0.0.ziphash'));
    await writeFile(join(directory, 'v1.0.0.ziphash'), `h1:${'A'.repeat(43)}=`);
    const verify = ['sumdb', 'verify', server.url, '--key', key];
    const report = await gomodkit([...verify, '--storage', join(work, 'store')]);
    expect(report.code).toBe(1);
    expect(report.stdout).toContain('store-differs: example.com/Mixed@v1.0.0 is stored with other sums: zip h1:AAAA');
    expect(await gomodkit(['sumdb', 'verify', server.url, '--key', 'sum.golang.org'])).toMatchObject({
      code: 2,
      stdout: '',
      stderr: expect.stringMatching(/^gomodkit: [^\n]*\n$/),
    });
  },
  timeout,
);

it(
  'serves a log of what is done to the registry, cosigned, and the database as tlog-tiles beside it',
  async () => {
    const { work, key, args } = await setup();
    const { signerKey, verifierKey: eventKey } = await note.generateKey('events.corp.example');
    await writeFile(join(work, 'events'), signerKey, { mode: 0o600 });
    const witness = await startWitness({ 'sum.corp.example': key, 'events.corp.example': eventKey });
    const withdraw = (version: string, ...more: string[]) =>
      gomodkit([
        'withdraw',
        `example.com/Mixed@${version}`,
        '--reason',
        'leaks',
        '--storage',
        join(work, 'store'),
        ...more,
      ]);
    await mkdir(join(work, 'store'));
    expect((await withdraw('v1.1.0')).code).toBe(0);
    const more = ['--event-log-key-file', 'events', '--witness', `${witness.key} ${witness.url}`];
    const server = keep(await serve([...args, ...more], { cwd: work }));
    expect(server.stdout).toContain(`log       ${server.url}/log/events.corp.example  ${eventKey}`);
    expect((await withdraw('v1.2.0')).code).toBe(0);
    expect((await fetch(`${server.url}/sumdb/sum.corp.example/lookup/example.com/!mixed@v1.0.0`)).status).toBe(200);

    const verifiers = note.verifierList(newCosignatureVerifier(witness.key));
    for (const name of ['sum.corp.example', 'events.corp.example']) {
      const base = `${server.url}/log/${name}`;
      const checkpoint = await (await fetch(`${base}/checkpoint`)).text();
      const { text, sigs } = await note.open(checkpoint, verifiers);
      const [origin, size] = text.split('\n');
      expect([origin, size, sigs.length]).toEqual([name, '1', 1]);
      const entries = await fetch(`${base}/tile/entries/000.p/1`);
      const [record = ''] = parseEntries(new Uint8Array(await entries.arrayBuffer()));
      expect(record).toMatch(
        name.startsWith('sum') ? /^example\.com\/Mixed v1\.0\.0 h1:/ : /^\{"type":"withdrawal".*"v1\.1\.0"/,
      );
    }
    server.kill('SIGTERM');
    expect((await server.exited).code).toBe(0);
    // What the command line did meanwhile is recorded at the next start at the latest.
    const next = keep(await serve([...args, ...more], { cwd: work }));
    const size = async (): Promise<string | undefined> =>
      (await (await fetch(`${next.url}/log/events.corp.example/checkpoint`)).text()).split('\n')[1];
    await expect.poll(size, { timeout: 10_000 }).toBe('2');
  },
  timeout,
);

/** A witness over HTTP, as a program of one's own has it. */
async function startWitness(keys: Readonly<Record<string, string>>) {
  const { signerKey, verifierKey } = await generateCosignerKey('witness.example');
  const witness = createWitness({
    storage: memoryStorage(),
    signers: [await newCosigner(signerKey)],
    logs: Object.entries(keys).map(([origin, key]) => ({ origin, keys: [key] })),
  });
  const handle = createWitnessHandler({ witness });
  const server = createServer(async (request, response) => {
    const { method = '', url = '' } = request;
    const { status, headers, body } = await handle({ method, url, body: await buffer(request) });
    response.writeHead(status, headers).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  keep({
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
  return { key: verifierKey, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}
