// What a repository with a checksum database takes from a source, and what it refuses.

import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../bytes/source.ts';
import { hashGoMod, hashZip } from '../../dirhash/index.ts';
import { GoModKitError } from '../../errors/error.ts';
import { TestDatabase } from '../../sumdb/client/testdata/database.ts';
import { keysOf, zipOf } from '../testdata/fixture.ts';
import {
  bytes,
  clientOf,
  databaseOf,
  evilFiles,
  files,
  goMod,
  moduleKeys,
  name,
  path,
  refusals,
  verifying,
  version,
} from './testdata/verifying.ts';

describe('what comes from a source', () => {
  it('is stored and served once its sums are proved, `.mod` without the zip', async () => {
    const { repository, storage, source } = await verifying();
    expect((await repository.info(path, version)).info.version).toBe(version);
    expect((await repository.goMod(path, version)).bytes).toEqual(bytes(goMod));
    expect(source.count('zip')).toBe(0);
    expect((await repository.zip(path, version)).size).toBeGreaterThan(0);
    expect(await moduleKeys(storage)).toEqual(
      ['info', 'mod', 'zip', 'ziphash'].map((kind) => `${path}/@v/${version}.${kind}`),
    );
  });

  it.each(['info', 'goMod', 'zip'] as const)(
    'is refused by %s where its go.mod is another; nothing is stored',
    async (verb) => {
      const { repository, storage, events } = await verifying({
        version: { goMod: `${goMod}\nexclude a.example/x v1.0.0\n` },
      });
      const theirs = hashGoMod(bytes(goMod));
      const ours = hashGoMod(bytes(`${goMod}\nexclude a.example/x v1.0.0\n`));
      const error = await repository[verb](path, version).catch((caught: GoModKitError) => caught);
      expect(error).toMatchObject({
        code: 'checksum_mismatch',
        data: {
          path,
          version,
          kind: 'mod',
          from: 'source',
          database: name,
          downloaded: ours,
          expected: theirs,
          number: '9',
        },
      });
      const { message, data } = error as GoModKitError;
      expect(message).toMatch(/^SECURITY ERROR: example\.com\/m@v1\.0\.0\/go\.mod: checksum mismatch\n/);
      expect(message).toContain(`downloaded from the source: ${ours}\n`);
      expect(message).toContain(`checksum database ${name}: ${theirs}\n`);
      expect(data.record).toContain(theirs);
      expect(await moduleKeys(storage)).toEqual([]);
      expect(refusals(events)).toContain('mod checksum_mismatch');
    },
  );

  it('is refused where its zip is another; nothing of the version is stored', async () => {
    const { repository, storage, events, source } = await verifying({
      version: { zip: await zipOf(path, version, evilFiles) },
    });
    await expect(repository.zip(path, version)).rejects.toMatchObject({
      code: 'checksum_mismatch',
      data: { kind: 'zip' },
    });
    expect(await moduleKeys(storage)).toEqual([]);
    expect(refusals(events)).toEqual(['zip checksum_mismatch']);
    expect(source.openBodies).toBe(0);
    // The go.mod is what everybody has.
    expect((await repository.goMod(path, version)).bytes).toEqual(bytes(goMod));
  });

  it('may have another go.mod in its zip where the database proves both', async () => {
    const inZip = { ...files, 'go.mod': `${goMod}\r\n` };
    const zip = await zipOf(path, version, inZip);
    const both = await databaseOf({ zip: await hashZip(bytesSource(zip)) });
    const good = await verifying({ database: both, version: { zip } });
    expect((await good.repository.zip(path, version)).size).toBe(zip.length);
    const allowed = await verifying({ database: await TestDatabase.of(3), unknown: 'allow', version: { zip } });
    await expect(allowed.repository.zip(path, version)).rejects.toMatchObject({ code: 'invalid_zip' });
  });

  it('is refused where the database does not know it, with what to do', async () => {
    const { repository, storage, events, source } = await verifying({ database: await TestDatabase.of(3) });
    for (const verb of ['info', 'goMod', 'zip'] as const) {
      await expect(repository[verb](path, version)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringMatching(/unknown to the checksum database sum\.example\/db.*GONOSUMDB.*--private/s),
      });
    }
    expect(await moduleKeys(storage)).toEqual([]);
    expect(source.count('zip')).toBe(0);
    expect(refusals(events)).toContain('mod not_found');
  });

  it('is let through where that is allowed, with an event; toolchains are not', async () => {
    const { repository, events } = await verifying({ database: await TestDatabase.of(3), unknown: 'allow' });
    await repository.zip(path, version);
    expect(events.filter(({ type }) => type === 'unverified')).toContainEqual({
      type: 'unverified',
      kind: 'zip',
      path,
      version,
      database: name,
    });
    const of = 'golang.org/toolchain';
    const at = 'v0.0.1-go1.30.0.linux-amd64';
    const database = await TestDatabase.of(3);
    for (const lenient of [{ unknown: 'allow' }, { noSumdb: 'golang.org' }] as const) {
      const toolchain = await verifying({ database, of, at, ...lenient });
      await expect(toolchain.repository.zip(of, at)).rejects.toMatchObject({ code: 'not_found' });
    }
  });

  it("is nobody's business where it is private", async () => {
    const database = await TestDatabase.of(3);
    const { repository, events } = await verifying({ database, noSumdb: 'example.com/m' });
    await repository.zip(path, version);
    expect(database.asked).toEqual([]);
    expect(events.filter(({ type }) => type === 'unverified')).toEqual([]);
  });

  it.each([
    [new GoModKitError('upstream_unavailable', 'connection refused'), 'upstream_unavailable'],
    [new GoModKitError('upstream_timeout', 'no answer'), 'upstream_timeout'],
    [new GoModKitError('denied', 'not here'), 'upstream_unavailable'],
    [new Error('boom'), 'upstream_unavailable'],
  ] as const)(
    'is not stored while the database cannot be asked (%s), and is asked for again',
    async (failure, code) => {
      const { repository, database, storage } = await verifying();
      const lookup = `lookup/${path}@${version}`;
      database.instead.set(lookup, failure);
      for (const verb of ['info', 'zip'] as const) {
        await expect(repository[verb](path, version)).rejects.toMatchObject({
          code,
          message: expect.stringMatching(/could not be verified.*--sumdb off/s),
        });
      }
      expect(await moduleKeys(storage)).toEqual([]);
      database.instead.clear();
      await repository.zip(path, version);
    },
  );

  it('CVE-2026-42501: is not proved by an authentic record of another module', async () => {
    const { repository, database, storage } = await verifying();
    database.instead.set(`lookup/${path}@${version}`, await database.answer('lookup/example.com/m3@v1.0.0'));
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it('CVE-2026-56864: is not proved by hashes that follow the record', async () => {
    const zip = await zipOf(path, version, evilFiles);
    const { repository, database, storage } = await verifying({ version: { zip } });
    const honest = new TextDecoder().decode(await database.answer(`lookup/${path}@${version}`));
    const evil = `${path} ${version} ${await hashZip(bytesSource(zip))}\n`;
    database.instead.set(`lookup/${path}@${version}`, bytes(honest + evil));
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it('CVE-2026-56865: is not proved by a forged tile', async () => {
    const { repository, database, storage } = await verifying();
    await database.grow(700);
    const tile = (await database.answer('tile/8/0/000')).slice();
    tile[32] = (tile[32] ?? 0) ^ 1;
    database.instead.set('tile/8/0/000', tile);
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'upstream_invalid' });
    expect(await moduleKeys(storage)).toEqual([]);
  });

  it.each([
    ['cut within a hash', (tile: Uint8Array) => tile.slice(0, -1)],
    ['of one hash too few', (tile: Uint8Array) => tile.slice(0, -32)],
    ['of one byte too many', (tile: Uint8Array) => Uint8Array.of(...tile, 0)],
    ['of one hash too many', (tile: Uint8Array) => Uint8Array.of(...tile, ...tile.slice(0, 32))],
    ['of the width of another tree', (tile: Uint8Array) => tile.slice(0, 32)],
    ['empty', () => new Uint8Array(0)],
    ['that are a page of somebody else', () => bytes('<!doctype html><title>Log in</title>')],
  ])('is not proved by tiles %s', async (_, change) => {
    for (const tile of ['tile/8/0/000', 'tile/8/1/000.p/2', 'tile/8/0/002.p/188']) {
      const { repository, database, storage } = await verifying();
      await database.grow(700);
      database.instead.set(tile, change(await database.answer(tile)));
      // The whole tile in place of a part of it is no help to who lies.
      database.instead.set('tile/8/0/002', new GoModKitError('not_found', 'no such tile'));
      await expect(repository.zip(path, version), tile).rejects.toMatchObject({ code: 'upstream_invalid' });
      expect(await moduleKeys(storage)).toEqual([]);
      database.instead.clear();
      await repository.zip(path, version);
    }
  });

  it('is not proved by swapped lookups, nor by unrelated hashes under a good signature', async () => {
    const { repository, database, storage } = await verifying();
    const lookup = `lookup/${path}@${version}`;
    const honest = new TextDecoder().decode(await database.answer(lookup));
    const [record = '', tree = ''] = honest.split('\n\n', 1).concat(honest.slice(honest.indexOf('\n\n') + 2));
    const other = new TextDecoder().decode(await database.answer('lookup/example.com/m3@v1.0.0'));
    for (const answer of [
      other,
      `${other.split('\n\n')[0]}\n\n${tree}`,
      honest.replace('9\n', '3\n'),
      `${record.replaceAll('h1:', 'h1:x')}\n\n${tree}`,
      honest.replace(/\n— .*\n$/, '\n'),
      '<!doctype html><title>Log in</title>',
    ]) {
      database.instead.set(lookup, bytes(answer));
      await expect(repository.zip(path, version), answer).rejects.toMatchObject({ code: 'upstream_invalid' });
      expect(await moduleKeys(storage)).toEqual([]);
    }
    database.instead.clear();
    await repository.zip(path, version);
  });

  it('is proved by replayed old heads only where the record is in the log; they move nobody back', async () => {
    const { repository, database, storage, source } = await verifying();
    await database.grow(40);
    await repository.goMod(path, version);
    const newest = await clientOf(database, storage).client.head();
    expect(newest?.size).toBe(40n);
    // An old head with a record of its time, and with one that came later.
    const of = 'example.com/late';
    const goSum = `${of} v1.0.0/go.mod ${hashGoMod(bytes(`module ${of}\n`))}\n`;
    await database.append(of, 'v1.0.0', goSum);
    source.modules[of] = { versions: { 'v1.0.0': { goMod: `module ${of}\n` } } };
    database.size = 20;
    await repository.zip(path, version);
    await expect(repository.goMod(of, 'v1.0.0')).rejects.toMatchObject({
      code: 'upstream_invalid',
      message: expect.stringMatching(/cannot validate record 40 in tree of size 40/),
    });
    expect((await clientOf(database, storage).client.head())?.size).toBe(40n);
    database.size = undefined;
    await repository.goMod(of, 'v1.0.0');
    expect((await clientOf(database, storage).client.head())?.size).toBe(41n);
  });

  it('is not captured by a restarted repository that is shown an older, other log', async () => {
    const first = await verifying();
    await first.database.grow(30);
    await first.repository.goMod(path, version);
    const rolledBack = await databaseOf({}, 'example.com/other');
    await rolledBack.grow(20, 'rewritten');
    const later = await verifying({ storage: first.storage, database: rolledBack, of: 'example.com/other' });
    await expect(later.repository.goMod('example.com/other', version)).rejects.toMatchObject({
      code: 'checksum_misbehaviour',
      data: { olderNote: expect.stringContaining('tree\n20\n'), newerNote: expect.stringContaining('tree\n30\n') },
    });
    expect((await keysOf(first.storage)).filter((key) => key.includes('/evidence/'))).toHaveLength(1);
  });

  it('is not captured any more after misbehaviour, of which the evidence stays', async () => {
    const setup = await verifying();
    const { repository, database, storage, events } = setup;
    await repository.goMod(path, version);
    const forked = await databaseOf({}, 'example.com/other');
    await forked.grow(20, 'evil');
    database.answer = (asked) => forked.answer(asked);
    setup.source.modules['example.com/other'] = { versions: { [version]: {} } };
    await expect(repository.goMod('example.com/other', version)).rejects.toMatchObject({
      code: 'checksum_misbehaviour',
    });
    await expect(repository.zip(path, version)).rejects.toMatchObject({ code: 'checksum_misbehaviour' });
    // What was proved before stays so.
    await repository.goMod(path, version);
    expect((await keysOf(storage)).filter((key) => key.includes('/evidence/'))).toHaveLength(1);
    expect(refusals(events)).toContain('mod checksum_misbehaviour');
  });
});
