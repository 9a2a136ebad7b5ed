// Audits of directories: every golden damage on disk; and the commands that audit, with their exit statuses, JSON and cursors.

import { mkdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type AuditFinding, createRepository, dirhash } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  base,
  damages,
  type Expected,
  goMod,
  goodObjects,
  type Objects,
  path,
  version,
} from '../packages/core/src/repository/audit/testdata/stores.ts';
import { closeAfterAll } from './support/closing.ts';
import { gomodkit, type ProgramResult } from './support/program.ts';

const keep = closeAfterAll();

/** A directory with these objects, captured an hour ago. */
async function directoryWith(objects: Objects): Promise<string> {
  const directory = keep(await tempDirectory()).path;
  const hourAgo = new Date(Date.now() - 3600_000);
  for (const [key, bytes] of objects) {
    const file = join(directory, key);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, bytes);
    await utimes(file, hourAgo, hourAgo);
  }
  return directory;
}

describe('every damage in a directory is found, and nothing else', () => {
  it.each(damages)('$name', async ({ damage, finds }) => {
    const objects = await goodObjects();
    await damage(objects);
    const repository = createRepository({ storage: directoryStorage(await directoryWith(objects)) });
    const found: Expected[] = [];
    for await (const event of repository.audit())
      if (event.type === 'finding') found.push({ kind: event.kind, key: event.key });
    expect(found).toEqual((await finds()).map(({ kind, key }) => ({ kind, key })));
    await repository.close();
  });
});

describe('gomodkit audit', () => {
  let good: string;
  let bad: string;
  beforeAll(async () => {
    good = await directoryWith(await goodObjects());
    const objects = await goodObjects();
    objects.delete('example.com/!upper/@v/v0.1.0.mod');
    objects.set(`${base}.info`, new TextEncoder().encode('{"Version":"v1.0.1"}'));
    objects.set('zzz/index.html', new Uint8Array(1));
    bad = await directoryWith(objects);
  });
  const audit = (...args: string[]): Promise<ProgramResult> => gomodkit(['audit', '--offline', '--storage', ...args]);
  const events = ({ stdout }: ProgramResult): (Partial<AuditFinding> & Record<string, unknown>)[] =>
    stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));

  it('ends with 0 where all is well', async () => {
    const { code, stdout, stderr } = await audit(good);
    expect(stdout).toMatch(/^3 of 3 versions read, 2 zips, .* hashed, .*\/s\nclean \(0 notes\)\n$/);
    expect([code, stderr]).toEqual([0, '']);
  });

  it('ends with 1 for findings, and says them', async () => {
    const { code, stdout, stderr } = await audit(bad);
    expect(stdout.split('\n').slice(0, 3)).toEqual([
      'damage   missing_mod example.com/!upper/@v/v0.1.0.mod: the version exists, and its .mod is missing',
      `damage   bad_info ${base}.info: it names "v1.0.1" and not v1.0.0`,
      'warning  foreign zzz/index.html: the key is no file of a module version',
    ]);
    expect(stdout).toMatch(/\n {7}1 missing_mod\n {7}1 bad_info\n {7}1 foreign\n2 damage, 1 warnings, 0 notes\n$/);
    expect([code, stderr]).toEqual([1, '']);
  });

  it('ends with 2 when it could not run', async () => {
    expect(await audit(join(good, 'absent'))).toMatchObject({ code: 2, stdout: '' });
    expect(await audit(good, '--sample', 'some')).toMatchObject({ code: 2, stdout: '' });
    expect(await audit(good, '--go-sum', join(good, 'absent'))).toMatchObject({ code: 2, stdout: '' });
  });

  it('prints JSON lines, and goes on behind a cursor', async () => {
    const whole = events(await audit(bad, '--json'));
    expect(whole.map(({ type }) => type)).toEqual([
      'finding',
      'version',
      'finding',
      'version',
      'version',
      'finding',
      'report',
    ]);
    const cursor = String(whole[3]?.cursor);
    expect(events(await audit(bad, '--json', '--resume', cursor)).slice(0, -1)).toEqual(whole.slice(4, -1));
    expect(events(await audit(bad, 'example.com/z', '--json')).at(-1)).toMatchObject({ clean: true, audited: 1 });
    const sampled = events(await audit(good, '--json', '--sample', '1', '--seed', '4'));
    expect(sampled.at(-1)).toMatchObject({ type: 'report', versions: 3, audited: 1 });
  });

  it('compares a go.sum, and so does sum check', async () => {
    const zip = await readFile(join(good, `${base}.ziphash`), 'utf8');
    const goModSum = dirhash.hashGoMod(new TextEncoder().encode(goMod));
    const absent = dirhash.goSumLines({ path: 'example.com/absent', version: 'v1.0.0' }, { zip, goMod: goModSum });
    const lines = dirhash.goSumLines({ path, version }, { zip, goMod: goModSum });
    const work = keep(
      await tempDirectory({ 'go.sum': lines, 'more.sum': lines + absent, 'bad.sum': lines.replace(zip, goModSum) }),
    );
    const check = (name: string, ...args: string[]) =>
      gomodkit(['sum', 'check', '--offline', '--storage', good, '--go-sum', name, ...args], { cwd: work.path });
    expect(await check('go.sum')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('go.sum: 2 match, 0 mismatch, 0 not'),
    });
    expect(await check('more.sum')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('not_stored example.com/absent'),
    });
    expect(await check('more.sum', '--complete')).toMatchObject({ code: 1 });
    expect(await check('bad.sum')).toMatchObject({ code: 1, stdout: expect.stringContaining(`found    ${zip}`) });
    expect(await check('absent.sum')).toMatchObject({ code: 2 });
    const audited = await audit(good, '--go-sum', join(work.path, 'bad.sum'), '--json');
    expect(events(audited).at(-1)).toMatchObject({ goSum: { matches: 1, mismatches: 1, notStored: 0 } });
    expect(audited.code).toBe(1);

    const goModFile = `module m\n\ngo 1.21\n\nrequire (\n\t${path} ${version}\n\texample.com/x v1.0.0\n\texample.com/y v1.0.0\n)\n\nreplace example.com/y => ../y\n`;
    await writeFile(join(work.path, 'go.mod'), goModFile);
    const withGoMod = await check('go.sum', '--go-mod', 'go.mod');
    expect(withGoMod.stdout).toMatch(/^missing {2}go\.sum has no line for example\.com\/x v1\.0\.0\/go\.mod\n/);
    expect(withGoMod.stdout.match(/missing/g)).toHaveLength(1);
    expect(withGoMod.code).toBe(1);
    await rm(join(work.path, 'go.mod'));
  });
});
