// Logs over HTTP.

import { describe, expect, it } from 'vitest';
import { createRepository } from '../repository/index.ts';
import { memoryStorage } from '../storage/memory.ts';
import { open, recordsFrom } from '../sumdb/log/testdata/log.ts';
import { createHandler } from './create-handler.ts';

async function setUp() {
  const storage = memoryStorage();
  const database = open(storage);
  await database.add(recordsFrom(0, 300));
  const subjects: unknown[] = [];
  const handler = createHandler({
    repository: createRepository({ storage, sumdb: 'off' }),
    basePath: '/go',
    logs: { '/log': database, '/deep/log': database },
    authorize: (_request, subject) => {
      subjects.push(subject);
      return { allow: true, public: true };
    },
  });
  const get = (target: string, method = 'GET') => handler({ method, url: target, headers: new Headers() });
  return { database, get, subjects };
}

describe('a log at a prefix', () => {
  it('serves its checkpoint, which nobody keeps, and its tiles, which never change', async () => {
    const { database, get, subjects } = await setUp();
    const checkpoint = await get('/go/log/checkpoint');
    expect(checkpoint).toEqual({
      status: 200,
      headers: expect.objectContaining({ 'cache-control': 'no-store', 'content-type': 'text/plain; charset=utf-8' }),
      body: await database.tlog('checkpoint'),
    });
    for (const path of [
      'tile/0/000',
      'tile/0/001.p/44',
      'tile/1/000.p/1',
      'tile/entries/000',
      'tile/entries/001.p/7',
    ]) {
      expect(await get(`/go/deep/log/${path}`)).toMatchObject({
        status: 200,
        headers: {
          'cache-control': 'public, max-age=31536000, immutable',
          'content-type': 'application/octet-stream',
        },
        body: await database.tlog(path),
      });
    }
    expect(subjects[0]).toEqual({ kind: 'tlog' });
    expect((await get('/go/log/checkpoint', 'HEAD')).body).toBeNull();
  });

  it.each([
    ['/go/log/tile/0/001.p/45', 404],
    ['/go/log/tile/0/002', 404],
    ['/go/log/tile/0/1', 400],
    ['/go/log/tile/0/000.p/256', 400],
    ['/go/log/tile/8/0/000', 400],
    ['/go/log/tile/data/000', 400],
    ['/go/log/tile/64/000', 400],
    ['/go/log/tile/00/000', 400],
    ['/go/log/tile/', 400],
    ['/go/log/latest', 404],
    ['/go/log/', 404],
    ['/go/other/checkpoint', 404],
    ['/log/checkpoint', 404],
  ])('answers %s with %i', async (target, status) => {
    expect((await (await setUp()).get(target)).status).toBe(status);
  });

  it.each(['log', '/log/', '/', '', '/a@b', '/sumdb', '/sumdb/x', '/a/../b'])('cannot be at %j', (prefix) => {
    const repository = createRepository({ storage: memoryStorage(), sumdb: 'off' });
    const logs = { [prefix]: open(memoryStorage()) };
    expect(() => createHandler({ repository, logs })).toThrow(/is no path such as/);
  });
});
