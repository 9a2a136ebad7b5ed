// Which database verifies where nobody named one.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import type { SumdbSource } from '../../source/source.ts';
import { memoryStorage } from '../../storage/memory.ts';
import { createSumdbClient } from '../../sumdb/client/client.ts';
import { keys } from '../../sumdb/client/testdata/database.ts';
import { databaseRemote } from '../../sumdb/proxy/database-remote.ts';
import { createSumdbProxy } from '../../sumdb/proxy/sumdb-proxy.ts';
import { createRepositoryWith } from '../create-repository.ts';
import { FakeSource, setUp, zipOf } from '../testdata/fixture.ts';
import { bytes, databaseOf, files, goMod, moduleKeys, name, path, version } from './testdata/verifying.ts';

describe('by default', () => {
  const sourceWith = (sumdb: SumdbSource['sumdb']) => {
    const source = new FakeSource({ [path]: { versions: { [version]: {} } } });
    return Object.assign(source, { sumdb });
  };

  it('an upstream that serves no database cannot be believed: could not find out', async () => {
    const asked: string[] = [];
    const source = sourceWith(async (database, of) => {
      asked.push(`${database} ${of}`);
      throw new GoModKitError('not_found', 'no such page');
    });
    const repository = createRepositoryWith({ storage: memoryStorage(), source }, {});
    await expect(repository.goMod(path, version)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      message: expect.stringMatching(/does not serve the checksum database sum\.golang\.org.*--sumdb off/s),
    });
    expect(asked).toEqual(['sum.golang.org supported']);
    const off = createRepositoryWith({ storage: memoryStorage(), source, sumdb: 'off' }, {});
    await off.goMod(path, version);
  });

  const page = bytes('<!doctype html><title>Log in to this network</title>');
  const status = (code: 'denied' | 'gone' | 'upstream_unavailable' | 'upstream_timeout') => {
    return new GoModKitError(code, 'said the one in between');
  };
  it.each<[string, (of: string) => Uint8Array | Error, string]>([
    ['a page for everything', () => page, 'upstream_invalid'],
    ['410 for everything', () => status('gone'), 'upstream_unavailable'],
    ['403 for everything', () => status('denied'), 'upstream_unavailable'],
    ['403 for lookups', (of) => (of === 'supported' ? page : status('denied')), 'upstream_unavailable'],
    ['nothing', () => status('upstream_timeout'), 'upstream_timeout'],
    [
      'an end in the middle',
      (of) => (of === 'supported' ? page : status('upstream_unavailable')),
      'upstream_unavailable',
    ],
  ])('%s is no answer of a database: could not find out', async (_, say, code) => {
    for (const unknown of ['require', 'allow'] as const) {
      const storage = memoryStorage();
      const source = sourceWith(async (__, of) => {
        const answer = say(of);
        if (answer instanceof Error) throw answer;
        return answer;
      });
      const remote = databaseRemote({ name: 'sum.golang.org', through: source });
      const sumdb = { client: createSumdbClient({ key: 'sum.golang.org', remote }), unknown };
      const repository = createRepositoryWith({ storage, source, sumdb }, {});
      await expect(repository.goMod(path, version)).rejects.toMatchObject({ code });
      await expect(repository.zip(path, version)).rejects.toMatchObject({ code });
      expect(await moduleKeys(storage)).toEqual([]);
    }
  });

  it('no record at an upstream that serves it is unknown; where nobody is asked, nobody verifies', async () => {
    for (const [data, outcome] of [
      [{}, { code: 'not_found' }],
      [{ unasked: true }, undefined],
    ] as const) {
      const source = sourceWith(async (_, of) => {
        if (of === 'supported') return new Uint8Array(0);
        throw new GoModKitError('not_found', 'no such record', { data });
      });
      const repository = createRepositoryWith({ storage: memoryStorage(), source }, {});
      const answer = repository.goMod(path, version);
      if (outcome === undefined) expect((await answer).bytes).toEqual(bytes(goMod));
      else await expect(answer).rejects.toMatchObject(outcome);
    }
  });

  it("sources that are nobody's upstream are not verified", async () => {
    const { repository } = setUp({ [path]: { versions: { [version]: {} } } });
    await repository.goMod(path, version);
  });
});

it('shares everything with a proxy of the same database', async () => {
  const database = await databaseOf();
  const storage = memoryStorage();
  const proxy = createSumdbProxy({ storage, databases: [{ key: keys.verifierKey, remote: database.remote }] });
  const source = new FakeSource({ [path]: { versions: { [version]: { zip: await zipOf(path, version, files) } } } });
  const { repository } = setUp(source, { storage, sumdb: { client: proxy.client(name) } });
  await repository.zip(path, version);
  await proxy.sumdb(name, `lookup/${path}@${version}`);
  expect(new Set(database.asked).size).toBe(database.asked.length);
  expect(database.asked.filter((asked) => asked.startsWith('lookup/'))).toHaveLength(1);
});
