import { createRepository, GoModKitError, memoryStorage, type SumdbSource, zip } from '@gomodkit/core';
import { describe, expect, test } from 'vitest';
import { chooseSumdb, offlineName, type SumdbCandidates } from './sumdb-choice.ts';

const asked: string[] = [];
const through: SumdbSource = {
  async sumdb(database, path) {
    asked.push(`${database} ${path}`);
    if (path === 'supported') return new Uint8Array(0);
    throw new GoModKitError('not_found', 'no such record');
  },
};

const candidates = (some: Partial<SumdbCandidates> = {}): SumdbCandidates => ({
  flags: {},
  config: {},
  env: {},
  goEnv: {},
  storage: memoryStorage(),
  through,
  ownSource: false,
  ...some,
});

const key = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

describe('the database', () => {
  test.each([
    [{}, 'sum.golang.org (from the default)'],
    [{ goEnv: { GOSUMDB: key } }, 'sum.golang.org (from go env GOSUMDB)'],
    [{ goEnv: { GOSUMDB: 'off' }, env: { GOSUMDB: 'sum.golang.org' } }, 'sum.golang.org (from $GOSUMDB)'],
    [{ env: { GOSUMDB: 'off' }, config: { sumdb: key } }, 'sum.golang.org (from the configuration file)'],
    [{ config: { sumdb: 'off' }, flags: { sumdb: 'sum.golang.org' } }, 'sum.golang.org (from --sumdb)'],
    [
      { flags: { sumdb: `${key} https://me:secret@sum.example` } },
      'sum.golang.org at https://***@sum.example (from --sumdb)',
    ],
    [{ goEnv: { GOPRIVATE: 'a.example' } }, 'sum.golang.org (from the default), not for a.example'],
    [
      { goEnv: { GOPRIVATE: 'a.example', GONOSUMDB: 'b.example' } },
      'sum.golang.org (from the default), not for b.example',
    ],
    [
      { goEnv: { GOPRIVATE: 'a.example', GONOSUMDB: 'b.example' }, flags: { private: 'c.example' } },
      'sum.golang.org (from the default), not for c.example,b.example',
    ],
    // Where there is no go, GONOSUMDB is not GOPRIVATE by itself.
    [
      { goEnv: { GOPRIVATE: 'a.example' }, flags: { private: 'c.example' } },
      'sum.golang.org (from the default), not for c.example,a.example',
    ],
  ] satisfies [Partial<SumdbCandidates>, string][])('%j is %s', (some, name) => {
    const choice = chooseSumdb(candidates(some));
    expect(choice.name).toBe(name);
    expect(choice.verification).toMatchObject({ unknown: 'require', client: { name: 'sum.golang.org' } });
  });

  test.each([
    [{ flags: { sumdb: 'off' } }, 'off (from --sumdb): nothing is verified'],
    [{ env: { GOSUMDB: 'off' } }, 'off (from $GOSUMDB): nothing is verified'],
    [{ ownSource: true, through: undefined }, 'none: the upstream is no proxy (--sumdb names one)'],
  ] satisfies [Partial<SumdbCandidates>, string][])('%j is none', (some, name) => {
    expect(chooseSumdb(candidates(some))).toMatchObject({ verification: 'off', name });
  });

  test.each(['sum.example', 'nonsense+', '', 'sum.golang.org ftp://x'])('%j is refused with what there is', (text) => {
    expect(() => chooseSumdb(candidates({ flags: { sumdb: text } }))).toThrow(/^--sumdb: .*want off, sum\.golang\.org/);
    expect(() => chooseSumdb(candidates({ config: { sumdb: text } }))).toThrow(/^the configuration file: /);
  });

  test('may let through what it does not know', () => {
    for (const some of [{ flags: { allowUnknown: true } }, { config: { allowUnknown: true } }]) {
      expect(chooseSumdb(candidates(some)).verification).toMatchObject({ unknown: 'allow' });
    }
  });

  test('may be a client from the configuration file', () => {
    const given = chooseSumdb(candidates());
    if (given.verification === 'off') throw new Error('it is on by default');
    const choice = chooseSumdb(candidates({ config: { sumdb: given.verification } }));
    expect(choice.verification).toBe(given.verification);
  });
});

describe('what is served', () => {
  test('is the database, and what else the upstream has', async () => {
    const { served } = chooseSumdb(candidates());
    asked.length = 0;
    await served?.sumdb('sum.golang.org', 'supported');
    expect(asked).toEqual([]);
    await served?.sumdb('other.example', 'supported');
    expect(asked).toEqual(['other.example supported']);
  });

  test.each([
    ['with a database', {}],
    ['without one', { sumdb: 'off' }],
  ])('tells nobody private names, %s', async (_, flags) => {
    const { served } = chooseSumdb(candidates({ flags: { ...flags, private: '*.corp.example,golang.org' } }));
    asked.length = 0;
    for (const database of ['sum.golang.org', 'other.example']) {
      await expect(served?.sumdb(database, 'lookup/git.corp.example/%21x@v1.0.0')).rejects.toMatchObject({
        code: 'denied',
      });
    }
    expect(asked.filter((each) => each.includes('lookup'))).toEqual([]);
    const toolchain = 'lookup/golang.org/toolchain@v0.0.1-go1.30.0.linux-amd64';
    await expect(served?.sumdb('other.example', toolchain)).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toContain(`other.example ${toolchain}`);
  });

  test.each([
    ['with a database', {}],
    ['without one', { sumdb: 'off' }],
  ])('tells nobody what was published here, %s', async (_, flags) => {
    const storage = memoryStorage();
    const repository = createRepository({ storage, sumdb: 'off' });
    const [path, version] = ['git.corp.example/X', 'v1.0.0'];
    const goMod = new TextEncoder().encode(`module ${path}\n`);
    const files = [zip.sourceFile('go.mod', goMod)];
    await repository.publish({ path, version }, { files });
    const { served } = chooseSumdb(candidates({ storage, flags }));
    asked.length = 0;
    for (const database of ['sum.golang.org', 'other.example']) {
      await expect(served?.sumdb(database, 'lookup/git.corp.example/%21x@v1.0.0')).rejects.toMatchObject({
        code: 'denied',
        message: expect.stringContaining(`${path}@${version} was published here and is not asked of ${database}; set`),
      });
    }
    expect(asked.filter((each) => each.includes('lookup'))).toEqual([]);
  });

  test('is nothing where nothing is known', () => {
    expect(chooseSumdb(candidates({ flags: { sumdb: 'off' }, through: undefined })).served).toBeUndefined();
  });
});

describe('offline', () => {
  test('nobody is asked, and what is served is what is kept', async () => {
    asked.length = 0;
    const choice = chooseSumdb(candidates({ offline: true }));
    expect(await offlineName(choice)).toBe('none: nothing is kept here of sum.golang.org (from the default)');
    for (const path of ['supported', 'lookup/example.com/m@v1.0.0', 'latest']) {
      await expect(choice.served?.sumdb('sum.golang.org', path)).rejects.toBeDefined();
      await expect(choice.served?.sumdb('other.example', path)).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(asked).toEqual([]);
    const off = chooseSumdb(candidates({ offline: true, flags: { sumdb: 'off' } }));
    expect(off.served).toBeUndefined();
    expect(await offlineName(off)).toBe('off (from --sumdb): nothing is verified');
  });
});
