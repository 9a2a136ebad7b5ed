// Which party is asked about a database, and whose "no" is believed.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { combineSumdbs } from './combine.ts';
import { databaseRemote, type SumdbAnswers } from './database-remote.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array): string => new TextDecoder().decode(data);
const notFound = (): GoModKitError => new GoModKitError('not_found', 'no');

/** Answers with its name, unless told to fail; logs what it is asked. */
class Party implements SumdbAnswers {
  readonly asked: string[] = [];
  readonly called: string;
  failures: Record<string, Error | undefined> = {};

  constructor(called: string) {
    this.called = called;
  }

  readonly sumdb = async (database: string, path: string): Promise<Uint8Array> => {
    this.asked.push(`${database} ${path}`);
    const failure = this.failures[path] ?? this.failures['*'];
    if (failure) throw failure;
    return bytes(this.called);
  };
}

const name = 'sum.example/db';

describe('a remote', () => {
  it('asks a proxy that serves the database everything', async () => {
    const through = new Party('proxy');
    const direct = async (): Promise<Uint8Array> => bytes('direct');
    const remote = databaseRemote({ name, through, direct });
    await Promise.all([remote('latest', {}), remote('lookup/a@v1.0.0', {})]);
    through.failures['lookup/b@v1.0.0'] = notFound();
    await expect(remote('lookup/b@v1.0.0', {})).rejects.toMatchObject({ code: 'not_found' });
    expect(through.asked.filter((each) => each.endsWith('supported'))).toHaveLength(1);
  });

  it('asks directly where the proxy does not serve it, and nobody where that is not wanted', async () => {
    const through = new Party('proxy');
    through.failures['*'] = notFound();
    const direct = async (path: string): Promise<Uint8Array> => bytes(`direct ${path}`);
    expect(text(await databaseRemote({ name, through, direct })('latest', {}))).toBe('direct latest');
    expect(text(await databaseRemote({ name, direct })('latest', {}))).toBe('direct latest');
    await expect(databaseRemote({ name, through })('lookup/a@v1.0.0', {})).rejects.toMatchObject({
      code: 'upstream_unavailable',
      data: { database: name, transient: false },
    });
    expect(new Set(through.asked)).toEqual(new Set([`${name} supported`]));
  });

  it.each(['upstream_unavailable', 'upstream_timeout', 'denied'] as const)('takes %s for no answer', async (code) => {
    const through = new Party('proxy');
    through.failures.supported = new GoModKitError(code, 'not now');
    const remote = databaseRemote({ name, through, direct: async () => bytes('direct') });
    await expect(remote('latest', {})).rejects.toMatchObject({ code });
    through.failures = {};
    expect(text(await remote('latest', {}))).toBe('proxy');
  });

  it('does not take the silence of a proxy that serves the database no more for absence', async () => {
    let now = 0;
    const through = new Party('proxy');
    const remote = databaseRemote({ name, through, now: () => now });
    await remote('latest', {});
    through.failures['*'] = notFound();
    now += 60_000;
    await expect(remote('lookup/a@v1.0.0', {})).rejects.toMatchObject({ code: 'upstream_unavailable' });
    // And notices when it is back.
    through.failures = {};
    now += 60_000;
    expect(text(await remote('latest', {}))).toBe('proxy');
  });
});

describe('combined databases', () => {
  it('are answered by whoever has the name, else by the first that supports it', async () => {
    const [own, proxied, rest] = ['own', 'proxied', 'rest'].map((each) => new Party(each)) as [Party, Party, Party];
    const sumdb = combineSumdbs([
      { name: 'own.example', sumdb: own.sumdb },
      { names: ['sum.golang.org', 'other.example'], sumdb: proxied.sumdb },
      rest,
    ]);
    expect(text(await sumdb.sumdb('own.example', 'latest'))).toBe('own');
    expect(text(await sumdb.sumdb('other.example', 'latest'))).toBe('proxied');
    expect(await sumdb.sumdb('more.example', 'supported')).toHaveLength(0);
    expect(text(await sumdb.sumdb('more.example', 'latest'))).toBe('rest');
    expect(rest.asked).toEqual(['more.example supported', 'more.example latest']);
    rest.failures['*'] = notFound();
    await expect(sumdb.sumdb('absent.example', 'latest')).rejects.toMatchObject({ code: 'not_found' });
    rest.failures['*'] = new GoModKitError('upstream_unavailable', 'down');
    await expect(sumdb.sumdb('absent.example', 'supported')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    own.failures['*'] = notFound();
    await expect(sumdb.sumdb('own.example', 'latest')).rejects.toMatchObject({ code: 'not_found' });
    expect(rest.asked.some((each) => each.startsWith('own.example'))).toBe(false);
  });

  it('forget names that clients made up', async () => {
    const rest = new Party('rest');
    const sumdb = combineSumdbs([rest]);
    for (let i = 0; i < 200; i++) await sumdb.sumdb(`made-up-${i}.example`, 'latest');
    expect(text(await sumdb.sumdb('made-up-0.example', 'latest'))).toBe('rest');
  });
});
