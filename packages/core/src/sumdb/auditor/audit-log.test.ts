// What an audit finds, and what it does not mistake for a finding.

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { keys } from '../client/testdata/database.ts';
import * as note from '../note/index.ts';
import * as tlog from '../tlog/index.ts';
import type { AuditLogEvent, AuditLogOptions, AuditLogReport, StoredSums } from './audit.ts';
import { auditLog } from './audit-log.ts';
import { formatAuditReport } from './report-text.ts';
import { AuditedDatabase, goodRecord, sumOf } from './testdata/audited-database.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

async function audit(database: AuditedDatabase, more: Partial<AuditLogOptions> = {}): Promise<AuditLogReport> {
  let report: AuditLogReport | undefined;
  const told: unknown[] = [];
  const options = { key: keys.verifierKey, remote: database.remote, tileHeight: database.height, ...more };
  for await (const event of auditLog(options)) {
    if (event.type === 'problem') told.push(event.problem);
    if (event.type === 'done') report = event.report;
  }
  if (report === undefined) throw new Error('no report');
  expect(told).toEqual(report.problems);
  expect(report.ok).toBe(told.length === 0);
  return report;
}

const kinds = ({ problems }: AuditLogReport): string[] =>
  problems.map(({ kind, number, tile }) => `${kind} ${number ?? tile ?? ''}`.trim());

describe('a good log', () => {
  it('is verified at every size, with every tile', async () => {
    const database = await AuditedDatabase.of(0, 2);
    for (const size of [...Array(22).keys(), 63, 64, 65, 84, 85]) {
      await database.grow(size);
      database.asked.length = 0;
      const report = await audit(database);
      expect(report).toMatchObject({ ok: true, records: BigInt(size), database: 'sum.example/db' });
      const served = [...tlog.newTiles(2, 0n, BigInt(size))].map(tlog.tilePath);
      expect([...new Set(database.asked)].filter((path) => !path.includes('data')).sort()).toEqual(
        ['latest', ...served].sort(),
      );
    }
  });

  it('is verified with tiles of height 8, and where only full tiles are left', async () => {
    const database = await AuditedDatabase.of(600, 8);
    expect(await audit(database)).toMatchObject({ ok: true, records: 600n, tiles: 7 });
    // The head that was signed before the last tile was complete.
    await database.grow(768);
    database.size = 600;
    for (const path of ['tile/8/0/002.p/88', 'tile/8/data/002.p/88'])
      database.instead.set(path, new GoModKitError('not_found', 'gone'));
    expect(await audit(database)).toMatchObject({ ok: true, records: 600n });
  });

  it('goes on from what was verified, and reads nothing before it', async () => {
    const database = await AuditedDatabase.of(100, 2);
    const { tree } = await audit(database);
    for (let size = 101; size < 140; size += 7) {
      await database.grow(size);
      database.asked.length = 0;
      const report = await audit(database, { from: tree });
      expect(report).toMatchObject({ ok: true, from: 100n, records: BigInt(size - 100) });
      expect(database.asked).not.toContain('tile/2/data/024');
      expect(await audit(database, { from: 57n })).toMatchObject({ ok: true, records: BigInt(size - 57) });
    }
    expect(await audit(database, { from: 136n })).toMatchObject({ ok: true, records: 0n });
  });

  it('tells how far it is', async () => {
    const database = await AuditedDatabase.of(10, 2);
    const events: AuditLogEvent[] = [];
    for await (const event of auditLog({ key: keys.verifierKey, remote: database.remote, tileHeight: 2 }))
      events.push(event);
    expect(events.map(({ type }) => type)).toEqual(['head', 'progress', 'progress', 'progress', 'done']);
    expect(events[2]).toEqual({ type: 'progress', records: 8n, size: 10n });
  });
});

describe('it catches', () => {
  it('a wrong record, wherever it is, by its number', async () => {
    for (const size of [1, 4, 5, 17, 64, 70]) {
      const database = await AuditedDatabase.of(size, 2);
      for (const number of new Set([0, size >> 1, size - 1])) {
        const honest = database.records[number] ?? '';
        database.records[number] = goodRecord(`example.com/m${number}`, 'v1.0.0', 'other');
        expect(kinds(await audit(database))).toEqual([`record ${number}`]);
        database.records[number] = honest;
      }
    }
  });

  it('a wrong tile at each level, by its path, and nothing else', async () => {
    for (const size of [5, 16, 70]) {
      const database = await AuditedDatabase.of(size, 2);
      for (const tile of tlog.newTiles(2, 0n, BigInt(size))) {
        const path = tlog.tilePath(tile);
        const changed = (await database.answer(path)).slice();
        changed[0] = (changed[0] ?? 0) ^ 1;
        database.instead.set(path, changed);
        const found = kinds(await audit(database));
        expect(found).toEqual([`tile ${path}`]);
        database.instead.clear();
      }
    }
  });

  it('any changed bit of any tile or record text', async () => {
    const database = await AuditedDatabase.of(70, 2);
    const hashTiles = [...tlog.newTiles(2, 0n, 70n)].map(tlog.tilePath);
    const paths = [
      ...hashTiles,
      ...hashTiles.filter((path) => path.startsWith('tile/2/0/')).map((path) => path.replace('/0/', '/data/')),
    ];
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...paths), fc.nat(), fc.nat(7), async (path, at, bit) => {
        const changed = (await database.answer(path)).slice();
        changed[at % changed.length] = (changed[at % changed.length] ?? 0) ^ (1 << bit);
        database.instead.set(path, changed);
        expect((await audit(database)).ok).toBe(false);
        database.instead.clear();
      }),
      { numRuns: 100 },
    );
  });

  it('tiles that are cut off, too long, or not there', async () => {
    const database = await AuditedDatabase.of(70, 2);
    for (const path of [
      'tile/2/0/003',
      'tile/2/0/017.p/2',
      'tile/2/data/003',
      'tile/2/data/017.p/2',
      'tile/2/1/001',
      'tile/2/3/000.p/1',
    ]) {
      const whole = await database.answer(path);
      for (const answer of [
        whole.slice(0, -1),
        Uint8Array.of(...whole, 10),
        new Uint8Array(0),
        new GoModKitError('not_found', 'none'),
      ]) {
        database.instead.set(path, answer);
        const found = kinds(await audit(database));
        expect(found).toEqual([`tile ${path}`]);
      }
      database.instead.clear();
    }
  });

  it('second records of a module version, near and far', async () => {
    const database = await AuditedDatabase.of(9, 2);
    await database.append('example.com/m8', 'v1.0.0', goodRecord('example.com/m8', 'v1.0.0', 'other'));
    await database.grow(30);
    await database.append('example.com/m3', 'v1.0.0', goodRecord('example.com/m3', 'v1.0.0'));
    const report = await audit(database);
    expect(kinds(report)).toEqual(['duplicate 9', 'duplicate 30']);
    expect(report.problems[1]?.message).toBe('record 30 is a second one of example.com/m3@v1.0.0, which is record 3');
    expect(await audit(database, { maxRemembered: 3 })).toMatchObject({ problemCount: 0, unremembered: 28n });
  });

  it.each([
    ['one line', 'example.com/x v1.0.0 h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n', 'two lines'],
    [
      'two modules',
      goodRecord('example.com/x', 'v1.0.0').replace('example.com/x v1.0.0/', 'example.com/y v1.0.0/'),
      'two lines',
    ],
    ['two versions', goodRecord('example.com/x', 'v1.0.0').replace('v1.0.0/go.mod', 'v1.0.1/go.mod'), 'two lines'],
    ['a third line', `${goodRecord('example.com/x', 'v1.0.0')}more\n`, 'two lines'],
    ['another kind of sum', goodRecord('example.com/x', 'v1.0.0').replaceAll('h1:', 'h2:'), 'two lines'],
    ['a short sum', goodRecord('example.com/x', 'v1.0.0').replace(/h1:..../, 'h1:'), 'a sum is malformed'],
    ['a path that is none', goodRecord('x', 'v1.0.0'), 'malformed module path'],
    ['a version that does not fit', goodRecord('example.com/x', 'v2.0.0'), 'should be v0 or v1'],
    ['a version that is not canonical', goodRecord('example.com/x', 'v1.0'), 'not canonical'],
  ])('a record of %s', async (_, text, why) => {
    const database = await AuditedDatabase.of(5, 2);
    await database.append('example.com/x', 'v1.0.0', text);
    const report = await audit(database);
    expect(kinds(report)).toEqual(['record 5']);
    expect(report.problems[0]?.message).toContain(why);
  });

  it('a root that is not that of the records', async () => {
    const database = await AuditedDatabase.of(20, 2);
    const other = await AuditedDatabase.of(20, 2, 'other');
    database.instead.set('latest', bytes(await other.head()));
    const report = await audit(database);
    expect(report.problems.at(-1)).toMatchObject({ kind: 'root' });
  });

  it('a tree that is larger than all that is served, without end', async () => {
    const database = await AuditedDatabase.of(40);
    const size = 2n ** 60n;
    const signer = await note.newSigner(keys.signerKey);
    const text = tlog.formatTree({ size, hash: new Uint8Array(32).fill(1) });
    database.instead.set('latest', bytes(await note.sign({ text }, signer)));
    const store = (async function* () {
      yield { path: 'example.com/absent', version: 'v1.0.0', sums: { zip: sumOf('a'), goMod: sumOf('b') } };
    })();
    const report = await audit(database, { store });
    expect(report.problems.at(-1)?.message).toMatch(
      /^nothing is served of 64 tiles on end; records from 296 to 1152921504606846976 were/,
    );
    expect(report.store).toMatchObject({ missing: 0, unknown: 1 });
    expect(report.records).toBe(40n);
    expect(database.asked.length).toBeLessThan(5000);
  });

  it('a head that nobody signed, and reads no further', async () => {
    const database = await AuditedDatabase.of(5, 2);
    const stranger = await note.newSigner((await note.generateKey('sum.example/db')).signerKey);
    const { text } = await note.open(await database.head(), note.verifierList(note.newVerifier(keys.verifierKey)));
    for (const head of ['', 'noise', await note.sign({ text }, stranger)]) {
      database.instead.set('latest', bytes(head));
      database.asked.length = 0;
      const report = await audit(database);
      expect(kinds(report)).toEqual(['head']);
      expect(report.tree).toBeUndefined();
      expect(database.asked).toEqual(['latest']);
    }
  });

  it('what went back in time, or was rewritten', async () => {
    const database = await AuditedDatabase.of(40, 2);
    const { tree } = await audit(database);
    const other = await AuditedDatabase.of(50, 2, 'other');
    for (const rewritten of [other, await AuditedDatabase.of(40, 2, 'other'), await AuditedDatabase.of(39, 2)])
      expect(kinds(await audit(rewritten, { from: tree }))).toEqual(['rollback']);
    expect(kinds(await audit(other, { from: 51n }))).toEqual(['rollback']);
    expect(await audit(other, { from: 40n })).toMatchObject({ ok: true });
  });
});

describe('beside a store', async () => {
  const database = await AuditedDatabase.of(30, 2);
  const stored = (path: string, mark = 'good'): StoredSums => {
    const [, zip = '', goMod = ''] = /^.* (h1.*)\n.* (h1.*)\n$/.exec(goodRecord(path, 'v1.0.0', mark)) ?? [];
    return { path, version: 'v1.0.0', sums: { zip, goMod } };
  };
  async function* store(...all: readonly StoredSums[]): AsyncGenerator<StoredSums> {
    yield* all;
  }

  it('it says what is equal, differs, is missing, and is there only', async () => {
    const goModOnly = { ...stored('example.com/m2'), sums: { goMod: stored('example.com/m2').sums.goMod } };
    const report = await audit(database, {
      store: store(
        stored('example.com/m0'),
        goModOnly,
        stored('example.com/m1', 'other'),
        { ...stored('example.com/m3'), sums: { ...stored('example.com/m3').sums, goMod: sumOf('x') } },
        stored('example.com/absent'),
        { ...stored('example.com/mod-only'), sums: { goMod: sumOf('x') } },
        stored('git.corp.example/private'),
      ),
      noSumdb: '*.corp.example',
    });
    expect(report.store).toEqual({ equal: 2, differing: 2, missing: 1, unknown: 0, extra: 26n });
    expect(report.problems.map(({ kind, module }) => `${kind} ${module?.path}`)).toEqual([
      'store-differs example.com/m1',
      'store-differs example.com/m3',
      'store-missing example.com/absent',
    ]);
    expect(report.problems[1]?.message).toMatch(/^example.com\/m3@v1.0.0 is stored with other sums: go.mod h1:/);
  });

  it('it does not miss what may be in records that were not read', async () => {
    const report = await audit(database, {
      from: 20n,
      store: store(stored('example.com/m3'), stored('example.com/m25')),
    });
    expect(report).toMatchObject({ ok: true, store: { equal: 1, missing: 0, unknown: 1, extra: 9n } });
  });
});

describe('beside a second view of the same log', () => {
  const peer = (database: AuditedDatabase) => ({ key: keys.verifierKey, remote: database.remote });

  it('longer and shorter trees of one history are the same log', async () => {
    const [short, long] = [await AuditedDatabase.of(20, 2), await AuditedDatabase.of(33, 2)];
    const expected = { ok: true, against: { same: true, database: 'sum.example/db' } };
    expect(await audit(short, { against: peer(long) })).toMatchObject(expected);
    expect(await audit(long, { against: peer(short) })).toMatchObject({ ...expected, against: { size: 20n } });
    expect(await audit(await AuditedDatabase.of(0, 2), { against: peer(short) })).toMatchObject(expected);
  });

  it('a fork is found with its first record and evidence', async () => {
    for (const [ours, theirs] of [
      [30, 30],
      [30, 41],
      [41, 30],
    ] as const) {
      const [own, other] = [await AuditedDatabase.of(17, 2), await AuditedDatabase.of(17, 2)];
      await own.grow(ours);
      await other.grow(theirs, 'other');
      const report = await audit(own, { against: peer(other) });
      expect(kinds(report)).toEqual(['fork 17']);
      const [fork] = report.problems;
      expect(fork?.message).toContain(JSON.stringify(goodRecord('example.com/m17', 'v1.0.0', 'other')));
      expect(fork?.evidence).toMatch(/^SECURITY ERROR\n/);
      expect(formatAuditReport(report)).toContain('go.sum database server misbehavior detected!');
    }
  });

  it('a second view without a signed head is a problem, one that is not there is none', async () => {
    const [own, other] = [await AuditedDatabase.of(5, 2), await AuditedDatabase.of(5, 2)];
    other.instead.set('latest', bytes('noise'));
    expect(kinds(await audit(own, { against: peer(other) }))).toEqual(['head']);
    other.instead.set('latest', new GoModKitError('upstream_unavailable', 'down'));
    await expect(audit(own, { against: peer(other) })).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});

it('beside another log says who disagrees about what, and names nothing private', async () => {
  const own = await AuditedDatabase.of(5, 8);
  await own.append('git.corp.example/private', 'v1.0.0', goodRecord('git.corp.example/private', 'v1.0.0'));
  const other = await AuditedDatabase.of(2, 8);
  await other.grow(4, 'other');
  // The same records under another key.
  const pair = await note.generateKey('other.example', new Uint8Array(32).fill(4));
  const signer = await note.newSigner(pair.signerKey);
  const resign = async (text: string): Promise<string> => {
    const at = text.lastIndexOf('go.sum database tree');
    const head = text.slice(at, text.lastIndexOf('\n\n') + 1);
    return text.slice(0, at) + (await note.sign({ text: head }, signer));
  };
  const remote = async (path: string): Promise<Uint8Array> => {
    const answer = await other.remote(path);
    return path.startsWith('tile/') ? answer : bytes(await resign(new TextDecoder().decode(answer)));
  };
  const report = await audit(own, { against: { key: pair.verifierKey, remote }, noSumdb: '*.corp.example' });
  expect(report.against).toEqual({
    database: 'other.example',
    same: false,
    equal: 2n,
    differing: 2n,
    unknown: 1n,
    skipped: 1n,
  });
  expect(report.problems.map(({ kind, module }) => `${kind} ${module?.path}`)).toEqual([
    'disagreement example.com/m2',
    'disagreement example.com/m3',
  ]);
  expect(other.asked.join()).not.toContain('private');
});

describe('what cannot be found out', () => {
  it('is no finding: a log that is down rejects', async () => {
    const database = await AuditedDatabase.of(30, 2);
    for (const path of ['latest', 'tile/2/data/003', 'tile/2/0/003', 'tile/2/1/000']) {
      database.instead.set(path, new GoModKitError('upstream_unavailable', 'down'));
      await expect(audit(database)).rejects.toMatchObject({ code: 'upstream_unavailable' });
      database.instead.clear();
    }
  });

  it('ends at once when it is aborted or left, with nothing under way', async () => {
    const database = await AuditedDatabase.of(200, 2);
    const stop = new AbortController();
    const events = auditLog({ key: keys.verifierKey, remote: database.remote, tileHeight: 2, signal: stop.signal });
    await events.next();
    await events.next();
    stop.abort(new Error('enough'));
    await expect(events.next()).rejects.toThrow('enough');
    const asked = database.asked.length;
    const left = auditLog({ key: keys.verifierKey, remote: database.remote, tileHeight: 2 });
    for await (const { type } of left) if (type === 'progress') break;
    expect(database.asked.length - asked).toBeLessThan(30);
  });

  it('is said for options that are none', async () => {
    const database = await AuditedDatabase.of(1, 2);
    for (const more of [
      { key: 'x' },
      { from: -1n },
      { tileHeight: 0 },
      { against: { key: 'x', remote: database.remote } },
    ])
      await expect(audit(database, more)).rejects.toMatchObject({ code: 'invalid_argument' });
  });
});

it('writes a report for people', async () => {
  const database = await AuditedDatabase.of(5, 2);
  const good = await audit(database);
  expect(formatAuditReport(good)).toBe(
    `sum.example/db: 5 records, root ${tlog.formatHash(good.tree?.hash ?? new Uint8Array())}\n  read      5 records from number 0 on, 5 tiles\nverified\n`,
  );
  database.records[2] = goodRecord('example.com/m2', 'v1.0.0', 'other');
  database.records[3] = goodRecord('example.com/m3', 'v1.0.0', 'other');
  const events: AuditLogEvent[] = [];
  const options = { key: keys.verifierKey, remote: database.remote, tileHeight: 2, maxProblems: 1 };
  for await (const event of auditLog(options)) events.push(event);
  const last = events.at(-1);
  expect(events.filter(({ type }) => type === 'problem')).toHaveLength(2);
  expect(last?.type === 'done' && formatAuditReport(last.report).split('\n').slice(2)).toEqual([
    '  record: record 2 is not the one of the signed tree',
    '  and 1 more problems',
    '2 problems found',
    '',
  ]);
});
