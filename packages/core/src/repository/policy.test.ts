// Row 32: versions that a policy denies.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import type { Policy } from './repository.ts';
import { keysOf, setUp, time } from './testdata/fixture.ts';

const path = 'example.com/m';
const pseudo = 'v0.0.0-20200101000000-1a2b3c4d5e6f';
const until = new Date('2026-02-01T00:00:00Z');
const deny =
  (...versions: string[]): Policy =>
  ({ version }) =>
    versions.includes(version) ? { allow: false, policy: 'quarantine', reason: 'too new', until } : { allow: true };

const modules = () => ({
  [path]: {
    list: ['v1.0.0', 'v1.1.0', 'v1.2.0'],
    versions: { 'v1.0.0': {}, 'v1.1.0': {}, 'v1.2.0': {}, [pseudo]: {} },
    queries: { main: { version: pseudo, time } },
  },
});

describe('row 32: a denied version', () => {
  it('is named by no list, latest or query', async () => {
    const { repository } = setUp(modules(), { policy: deny('v1.2.0', pseudo) });
    expect(await repository.versions(path)).toEqual(['v1.0.0', 'v1.1.0']);
    expect((await repository.latest(path)).info.version).toBe('v1.1.0');
    expect((await repository.info(path, 'v1')).info.version).toBe('v1.1.0');
    for (const query of ['v1.2', 'main'])
      await expect(repository.info(path, query)).rejects.toMatchObject({ code: 'denied' });
  });

  it('has no .info and .zip, with the policy, the reason and the end; its .mod stays readable', async () => {
    const { repository, source, events } = setUp(modules(), { policy: deny('v1.0.0') });
    for (const ask of [repository.info, repository.zip]) {
      await expect(ask(path, 'v1.0.0')).rejects.toMatchObject({
        code: 'denied',
        message: expect.stringMatching(/quarantine.*too new.*2026-02-01/),
        data: { policy: 'quarantine', reason: 'too new', until },
      });
    }
    expect(source.count('zip')).toBe(0);
    expect(events.filter(({ type }) => type === 'refusal').length).toBeGreaterThan(0);
    expect((await repository.goMod(path, 'v1.0.0')).bytes.length).toBeGreaterThan(0);
  });

  it('is refused warm too, and served again when the policy changes its mind', async () => {
    let denied = false;
    const { repository } = setUp(modules(), {
      policy: (subject) => (denied ? deny('v1.0.0')(subject) : { allow: true }),
    });
    await repository.zip(path, 'v1.0.0');
    denied = true;
    await expect(repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'denied' });
    await expect(repository.info(path, 'v1.0.0')).rejects.toMatchObject({ code: 'denied' });
    expect(await repository.versions(path)).not.toContain('v1.0.0');
    denied = false;
    await repository.zip(path, 'v1.0.0');
  });

  it('and all the others too: the list is empty, latest and v1 are denied', async () => {
    const { repository } = setUp(modules(), { policy: deny('v1.0.0', 'v1.1.0', 'v1.2.0') });
    expect(await repository.versions(path)).toEqual([]);
    await expect(repository.latest(path)).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('v1.2.0'),
    });
    await expect(repository.info(path, 'v1')).rejects.toMatchObject({ code: 'denied' });
  });

  it('is not found, and not denied, on a path that is no module', async () => {
    const { repository, storage } = setUp(modules(), { policy: () => ({ allow: false, policy: 'p', reason: 'all' }) });
    const none = `${path}/sub`;
    for (const call of [
      repository.versions(none),
      repository.latest(none),
      repository.info(none, 'main'),
      repository.info(none, 'v1.0.0'),
      repository.zip(none, 'v1.0.0'),
    ]) {
      await expect(call).rejects.toMatchObject({ code: 'not_found' });
    }
    expect(await keysOf(storage)).toEqual([]);
  });
});

describe('a policy that looks at the time', () => {
  const coolDown: Policy = ({ time }) =>
    time !== undefined && time.getTime() > Date.parse('2025-01-01')
      ? { allow: false, policy: 'cool-down', reason: 'younger than a week' }
      : { allow: true };
  const dated = () => ({
    [path]: {
      list: ['v1.0.0', 'v1.1.0', 'v1.2.0'],
      versions: { 'v1.0.0': {}, 'v1.1.0': { info: { version: 'v1.1.0', time: '2025-06-01T00:00:00Z' } } },
    },
  });

  it('gets it in lists, so that nothing is listed and then refused; a version without .info is not listed', async () => {
    const { repository, source, storage } = setUp(dated(), { policy: coolDown });
    expect(await repository.versions(path)).toEqual(['v1.0.0']);
    expect(await keysOf(storage)).toEqual([]);
    await repository.versions(path);
    expect(source.count('resolve', `${path}@v1.0.0`)).toBe(1);
    await expect(repository.info(path, 'v1.1.0')).rejects.toMatchObject({ code: 'denied' });
  });

  it('ends with the client that asked', async () => {
    const { repository, source } = setUp({ [path]: { versions: { 'v1.0.0': {} } } }, { policy: coolDown });
    const client = new AbortController();
    source.gate = ({ method }) => {
      if (method !== 'resolve') return;
      client.abort('bye');
      return Promise.reject(new GoModKitError('upstream_unavailable', 'aborted'));
    };
    await expect(repository.versions(path, { signal: client.signal })).rejects.toBe('bye');
  });

  it('looks a time up once for all who ask meanwhile, and does not ask again for what has none', async () => {
    const { repository, source } = setUp(dated(), { policy: coolDown });
    const lists = await Promise.all(Array.from({ length: 8 }, () => repository.versions(path)));
    expect(new Set(lists.map(String))).toEqual(new Set(['v1.0.0']));
    await repository.versions(path);
    expect(source.count('resolve')).toBe(3);
  });

  it('costs nothing when the policy does not look', async () => {
    const { repository, source } = setUp(dated(), { policy: deny('v1.2.0') });
    await repository.versions(path);
    expect(source.count('resolve')).toBe(0);
  });
});

describe('a policy that fails', () => {
  it('decides nothing', async () => {
    const { repository } = setUp(modules(), { policy: () => Promise.reject(new Error('db at 10.0.0.1')) });
    for (const call of [repository.versions(path), repository.info(path, 'v1.0.0'), repository.zip(path, 'v1.0.0')]) {
      const error = await call.catch((e: GoModKitError) => e);
      expect(error).toMatchObject({ code: 'upstream_unavailable' });
      expect((error as Error).message).not.toContain('10.0.0.1');
    }
    expect((await repository.goMod(path, 'v1.0.0')).bytes.length).toBeGreaterThan(0);
  });
});
