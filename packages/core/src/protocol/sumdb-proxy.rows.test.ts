// What a client sees of a proxied checksum database (protocol-cases row 11, spec §10.24–10.28).

import { expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import { createRepository } from '../repository/create-repository.ts';
import { memoryStorage } from '../storage/memory.ts';
import { keys, TestDatabase } from '../sumdb/client/testdata/database.ts';
import { createSumdbProxy } from '../sumdb/proxy/sumdb-proxy.ts';
import { createHandler } from './create-handler.ts';

const text = 'text/plain; charset=UTF-8';
const binary = 'application/octet-stream';
const forever = 'public, max-age=31536000, immutable';
const briefly = 'public, max-age=60';

async function setUp() {
  const database = await TestDatabase.of(300);
  const storage = memoryStorage();
  const sumdb = createSumdbProxy({
    storage,
    databases: [{ key: keys.verifierKey, remote: database.remote, noSumdb: 'git.corp.example' }],
  });
  const handler = createHandler({ repository: createRepository({ storage }), sumdb });
  const ask = (path: string, method = 'GET') =>
    handler({ method, url: `/sumdb/${path}`, headers: { get: () => null } });
  return { database, ask };
}

it.each([
  ['sum.example/db/supported', 200, text, briefly],
  ['sum.example/db/latest', 200, text, briefly],
  ['sum.example/db/lookup/example.com/m7@v1.0.0', 200, text, forever],
  ['sum.example/db/tile/8/0/000', 200, binary, forever],
  ['sum.example/db/tile/8/0/001.p/44', 200, binary, briefly],
  ['sum.example/db/lookup/git.corp.example/%21x@v1.0.0', 403, 'text/plain; charset=utf-8', briefly],
  ['sum.example/db/lookup/example.com/absent@v1.0.0', 404, 'text/plain; charset=utf-8', briefly],
  ['sum.example/db/tile/8/0/007', 404, 'text/plain; charset=utf-8', briefly],
  ['sum.golang.org/supported', 404, 'text/plain; charset=utf-8', briefly],
])('%s: %d', async (path, status, contentType, cache) => {
  const { ask } = await setUp();
  const answer = await ask(path);
  expect(answer.status).toBe(status);
  expect(answer.headers).toMatchObject({ 'content-type': contentType, 'cache-control': cache });
  const head = await ask(path, 'HEAD');
  expect(head).toMatchObject({ status, headers: answer.headers, body: null });
});

it('a database that is down is 502, one that misbehaves 502 that says SECURITY, neither to be kept', async () => {
  const { database, ask } = await setUp();
  await ask('sum.example/db/lookup/example.com/m7@v1.0.0');
  const honest = database.answer.bind(database);
  database.answer = () => Promise.reject(new GoModKitError('upstream_unavailable', 'connection refused'));
  const down = await ask('sum.example/db/lookup/example.com/m8@v1.0.0');
  expect(down).toMatchObject({ status: 502, headers: { 'cache-control': 'no-store' } });
  expect((await ask('sum.example/db/lookup/example.com/m7@v1.0.0')).status).toBe(200);
  const forked = await TestDatabase.of(290);
  await forked.grow(310, 'evil');
  database.answer = (path) => (path.includes('m7') ? honest(path) : forked.answer(path));
  const fork = await ask('sum.example/db/lookup/example.com/m305@v1.0.0');
  expect(fork).toMatchObject({ status: 502, headers: { 'cache-control': 'no-store' } });
  expect(new TextDecoder().decode(fork.body as Uint8Array)).toMatch(/^SECURITY ERROR: .*misbehaves/);
});
