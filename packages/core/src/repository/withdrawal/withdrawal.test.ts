// Row 34, and how withdrawals travel between processes.

import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import type { GoModKitError } from '../../errors/error.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { sourceFile } from '../../zip/index.ts';
import type { RepositoryOptions } from '../options.ts';
import type { Repository } from '../repository.ts';
import { aroundStorage, type FakeModule, fakeClock, keysOf, put, settle, setUp, time } from '../testdata/fixture.ts';
import type { WithdrawRequest } from './record.ts';

const path = 'example.com/m';
const pseudo = 'v0.0.0-20200101000000-1a2b3c4d5e6f';
const said = { reason: 'has a backdoor', author: 'sec@example.com' };
const block = (version: string): WithdrawRequest => ({ path, version, status: 'block', ...said });
const modules = (): Record<string, FakeModule> => ({
  [path]: {
    list: ['v1.0.0', 'v1.1.0', 'v1.2.0'],
    versions: { 'v1.0.0': {}, 'v1.1.0': {}, 'v1.2.0': {}, [pseudo]: {} },
    queries: { main: { version: pseudo, time } },
  },
});

/** Two processes on one storage; each has a clock of its own, and they do not agree. */
function twoProcesses(options: Partial<RepositoryOptions> = {}, skew: number = -3_600_000) {
  const storage = options.storage ?? memoryStorage();
  const a = setUp(modules(), { ...options, storage });
  const b = setUp(modules(), { ...options, storage }, { clock: fakeClock(a.clock.now() + skew) });
  return { a, b, storage };
}

async function warm({ versions, latest, info, goMod, zip }: Repository): Promise<void> {
  await versions(path);
  await latest(path);
  for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0']) {
    await info(path, version);
    await goMod(path, version);
    await zip(path, version);
  }
}

/** What a client sees of the newest version. */
async function seen({ versions, latest, info, goMod, zip }: Repository): Promise<string> {
  const code = (error: GoModKitError): string => error.code;
  return [
    (await versions(path)).at(-1),
    (await latest(path)).info.version,
    (await info(path, 'v1')).info.version,
    await info(path, 'v1.2.0').then(() => 'ok', code),
    await zip(path, 'v1.2.0').then(() => 'ok', code),
    await goMod(path, 'v1.2.0').then(() => 'ok', code),
  ].join(' ');
}

const open = 'v1.2.0 v1.2.0 v1.2.0 ok ok ok';

describe('row 34: a withdrawn version', () => {
  it.each([
    ['block', 'served', 'denied', 'v1.1.0 v1.1.0 v1.1.0 denied denied ok'],
    ['block', 'refused', 'denied', 'v1.1.0 v1.1.0 v1.1.0 denied denied denied'],
    ['gone', 'served', 'gone', 'v1.1.0 v1.1.0 v1.1.0 gone gone ok'],
    ['gone', 'refused', 'gone', 'v1.1.0 v1.1.0 v1.1.0 gone gone gone'],
  ] as const)('%s, go.mod %s, is %s and named by nothing, warm and cold', async (status, goMod, code, result) => {
    for (const isWarm of [true, false]) {
      const { repository, source } = setUp(modules());
      if (isWarm) await warm(repository);
      const asked = source.count('zip', `${path}@v1.2.0`);
      const withdrawal = await repository.withdraw({ ...block('v1.2.0'), status, goMod });
      expect(withdrawal).toMatchObject({ path, version: 'v1.2.0', status, goMod, ...said });
      expect(await seen(repository)).toBe(result);
      expect(source.count('zip', `${path}@v1.2.0`)).toBe(asked);
      await expect(repository.zip(path, 'v1.2.0')).rejects.toMatchObject({
        code,
        message: expect.stringMatching(/example\.com\/m@v1\.2\.0 was withdrawn on 2026-01-01: has a backdoor$/),
        data: { withdrawn: true, reason: said.reason },
      });
      await repository.reinstate({ path, version: 'v1.2.0', ...said });
      expect(await seen(repository)).toBe(open);
    }
  });

  it.each(['block', 'gone'] as const)('%s: a branch that leads to it is refused', async (status) => {
    const { repository } = setUp(modules());
    await repository.info(path, 'main');
    await repository.withdraw({ ...block(pseudo), status });
    await expect(repository.info(path, 'main')).rejects.toMatchObject({ data: { withdrawn: true } });
    expect((await repository.latest(path)).info.version).toBe('v1.2.0');
  });

  it.each(['block', 'gone'] as const)('%s: where all are, the list is empty and latest says why', async (status) => {
    const { repository } = setUp(modules());
    for (const version of ['v1.0.0', 'v1.1.0', 'v1.2.0']) await repository.withdraw({ ...block(version), status });
    expect(await repository.versions(path)).toEqual([]);
    for (const call of [repository.latest(path), repository.info(path, 'v1'), repository.info(path, 'v1.1')]) {
      await expect(call).rejects.toMatchObject({ data: { withdrawn: true } });
    }
  });

  it('a whole module: every version, those to come included, until it is reinstated as a whole', async () => {
    const { repository } = setUp(modules());
    await warm(repository);
    await repository.withdraw(block('*'));
    expect(await repository.versions(path)).toEqual([]);
    for (const version of ['v1.0.0', 'v9.9.9+incompatible', pseudo]) {
      await expect(repository.info(path, version)).rejects.toMatchObject({
        code: 'denied',
        message: expect.stringContaining(`all of ${path}`),
      });
    }
    expect((await repository.goMod(path, 'v1.0.0')).bytes.length).toBeGreaterThan(0);
    await expect(repository.versions(`${path}/sub`)).rejects.toMatchObject({ code: 'not_found' });
    await expect(repository.reinstate({ path, version: 'v1.0.0', ...said })).rejects.toMatchObject({
      code: 'not_found',
      message: expect.stringContaining(`${path}@*`),
    });
    await repository.reinstate({ path, version: '*', ...said });
    expect(await seen(repository)).toBe(open);
  });

  it('a version that nobody has captured: nothing of it is fetched but the go.mod', async () => {
    const { repository, source, storage } = setUp(modules());
    await repository.withdraw(block('v1.2.0'));
    for (const read of [repository.info, repository.zip])
      await expect(read(path, 'v1.2.0')).rejects.toMatchObject({ code: 'denied' });
    expect(source.calls).toEqual([]);
    await repository.goMod(path, 'v1.2.0');
    expect(await keysOf(storage)).not.toContain('example.com/m/@v/v1.2.0.zip');
  });

  it('is not stored when it was withdrawn while its zip was on the way', async () => {
    const { repository, source, storage } = setUp(modules());
    source.gate = async ({ method }) => {
      if (method === 'zip') await repository.withdraw(block('v1.2.0'));
    };
    await expect(repository.zip(path, 'v1.2.0')).rejects.toMatchObject({ code: 'denied' });
    expect(await keysOf(storage)).not.toContain('example.com/m/@v/v1.2.0.zip');
  });

  it.each(['.mod', '.info'])('is not answered when it was withdrawn while its %s was on the way', async (file) => {
    const { repository, source } = setUp(modules());
    source.gate = async () => {
      await repository.withdraw({ ...block('v1.2.0'), goMod: 'refused' });
    };
    const answer = file === '.mod' ? repository.goMod(path, 'v1.2.0') : repository.info(path, 'v1.2.0');
    await expect(answer).rejects.toMatchObject({ code: 'denied' });
  });

  it('offline too, hashes and pseudo-versions included', async () => {
    const { repository, storage } = setUp(modules());
    await repository.zip(path, pseudo);
    await repository.zip(path, 'v1.0.0');
    await repository.withdraw(block(pseudo));
    const offline = setUp({}, { storage, offline: true }).repository;
    await expect(offline.info(path, '1a2b3c4d5e6f')).rejects.toMatchObject({ code: 'denied' });
    expect((await offline.latest(path)).info.version).toBe('v1.0.0');
  });

  it.each(['block', 'gone'] as const)('%s: cannot be published again, not even with the same bytes', async (status) => {
    const { repository } = setUp({}, { offline: true });
    const publish = () =>
      repository.publish({ path, version: 'v1.0.0' }, { files: [sourceFile('a.go', encodeUtf8(''))] });
    const { sums } = await publish();
    await repository.withdraw({ ...block('v1.0.0'), status });
    await expect(publish()).rejects.toMatchObject({
      code: 'denied',
      message: expect.stringContaining('reinstate it first'),
    });
    await repository.reinstate({ path, version: 'v1.0.0', ...said });
    expect(await publish()).toMatchObject({ created: false, sums });
  });

  it('comes before the policy', async () => {
    const policy = () => ({ allow: false, policy: 'p', reason: 'r' }) as const;
    const { repository } = setUp(modules(), { policy });
    await repository.withdraw(block('v1.2.0'));
    await expect(repository.info(path, 'v1.2.0')).rejects.toMatchObject({ data: { withdrawn: true } });
    await expect(repository.info(path, 'v1.1.0')).rejects.toMatchObject({ data: { policy: 'p' } });
    await expect(repository.latest(path)).rejects.toMatchObject({ data: { withdrawn: true } });
  });
});

describe('another process', () => {
  it('follows within 10 s, whatever its clock says: memory, list, latest, queries', async () => {
    const { a, b } = twoProcesses();
    await warm(a.repository);
    await warm(b.repository);
    await a.repository.withdraw(block('v1.2.0'));
    b.clock.advance(10_000);
    expect(await seen(b.repository)).toBe('v1.1.0 v1.1.0 v1.1.0 denied denied ok');
    await b.repository.reinstate({ path, version: 'v1.2.0', ...said });
    a.clock.advance(10_000);
    expect(await seen(a.repository)).toBe(open);
  });

  it('that is asked all the time never waits for storage', async () => {
    const { a, b } = twoProcesses();
    await warm(b.repository);
    await a.repository.withdraw(block('v1.2.0'));
    const until = b.clock.now() + 10_000;
    while (
      await b.repository.zip(path, 'v1.2.0').then(
        () => true,
        () => false,
      )
    ) {
      b.clock.advance(1_000);
      await settle();
    }
    expect(b.clock.now()).toBeLessThan(until);
  });

  it('answers at once from a state that is fresh, and once it is old only after asking', async () => {
    let reads = 0;
    const storage = aroundStorage(memoryStorage(), (_method, key, call) => {
      if (key.startsWith('.gomodkit/withdrawals')) reads++;
      return call();
    });
    const { repository, clock } = setUp(modules(), { storage });
    await warm(repository);
    expect(reads).toBe(1);
    clock.advance(4_999);
    await warm(repository);
    expect(reads).toBe(1);
    clock.advance(60_000);
    await Promise.all([repository.zip(path, 'v1.0.0'), repository.zip(path, 'v1.1.0'), repository.versions(path)]);
    expect(reads).toBe(2);
    // A clock that was set back says nothing about ages.
    clock.advance(-3_600_000);
    await warm(repository);
    expect(reads).toBe(3);
  });

  it('takes every record in order, also when both write at once', async () => {
    const { a, b } = twoProcesses();
    await Promise.all(
      [a, b].flatMap(({ repository }, n) =>
        Array.from({ length: 20 }, (_, i) => repository.withdraw(block(`v1.${n}.${i}`))),
      ),
    );
    await a.repository.reinstate({ path, version: 'v1.1.3', ...said });
    for (const { repository } of [a, b]) expect(await repository.withdrawals()).toHaveLength(39);
    const history = [];
    for await (const record of b.repository.withdrawalHistory()) history.push(record);
    expect(history).toHaveLength(41);
    expect(history.at(-1)).toMatchObject({ type: 'reinstate', version: 'v1.1.3', author: said.author });
    expect(history.map(({ date }) => date.getTime())).toEqual(
      history.map(({ date }) => date.getTime()).sort((x, y) => x - y),
    );
  });
});

describe('storage that cannot be read', () => {
  /** Reads of withdrawals fail, or never end, while `broken` says so. */
  function breakable() {
    const state = { broken: undefined as 'fails' | 'hangs' | undefined };
    const storage = aroundStorage(memoryStorage(), async (method, key, call) => {
      const concerned = method === 'get' && key.startsWith('.gomodkit/withdrawals');
      if (concerned && state.broken === 'fails') throw new Error('EIO /secret');
      if (concerned && state.broken === 'hangs') await new Promise(() => {});
      return call();
    });
    return { state, storage };
  }

  it('leaves the last known state in force for a while, then nothing is answered, then all is well again', async () => {
    const { state, storage } = breakable();
    const { repository, clock } = setUp(modules(), { storage });
    await warm(repository);
    await repository.withdraw(block('v1.2.0'));
    state.broken = 'fails';
    const result = 'v1.1.0 v1.1.0 v1.1.0 denied denied ok';
    for (let i = 0; i < 8; i++) {
      clock.advance(10_000);
      expect(await seen(repository)).toBe(result);
    }
    clock.advance(300_000);
    for (const call of [repository.versions(path), repository.zip(path, 'v1.0.0'), repository.goMod(path, 'v1.0.0')]) {
      const error = (await call.catch((reason: GoModKitError) => reason)) as GoModKitError;
      expect(error).toMatchObject({ code: 'storage_unavailable', data: { transient: true } });
      expect(error.message).not.toContain('secret');
    }
    state.broken = undefined;
    clock.advance(1_000);
    expect(await seen(repository)).toBe(result);
  });

  it('excuses nothing once it can be read again: a fault of long ago does not stretch the 10 s', async () => {
    const { state, storage } = breakable();
    const { repository, clock } = setUp(modules(), { storage });
    await warm(repository);
    state.broken = 'fails';
    clock.advance(5_000);
    await repository.zip(path, 'v1.2.0');
    await settle();
    state.broken = undefined;
    await setUp(modules(), { storage }).repository.withdraw(block('v1.2.0'));
    clock.advance(60_000);
    await expect(repository.zip(path, 'v1.2.0')).rejects.toMatchObject({ code: 'denied' });
  });

  it('is no reason to serve what nobody knows of, in a process that has never read', async () => {
    const { state, storage } = breakable();
    await warm(setUp(modules(), { storage }).repository);
    state.broken = 'fails';
    const { repository } = setUp(modules(), { storage });
    for (const call of [repository.zip(path, 'v1.0.0'), repository.versions(path), repository.goMod(path, 'v1.0.0')]) {
      await expect(call).rejects.toMatchObject({ code: 'storage_unavailable' });
    }
  });

  it('that hangs counts as failed after seconds, and callers can leave before', async () => {
    const { state, storage } = breakable();
    const { repository, clock } = setUp(modules(), { storage });
    await warm(repository);
    state.broken = 'hangs';
    clock.advance(10_000);
    const waiting = repository.zip(path, 'v1.0.0');
    const leaving = repository.zip(path, 'v1.0.0', { signal: AbortSignal.timeout(10) });
    await expect(leaving).rejects.toMatchObject({ name: 'TimeoutError' });
    expect((await waiting).size).toBeGreaterThan(0);
    await repository.close();
  });

  it.each([
    ['not JSON', 'hello'],
    ['an unknown kind of record', JSON.stringify(batchOf({ type: 'pardon', path, version: 'v1.0.0', ...said }))],
    ['no reason', JSON.stringify(batchOf({ type: 'withdraw', path, version: 'v1.0.0', status: 'block' }))],
  ])('a damaged record (%s) is not passed over', async (_, text) => {
    const storage = memoryStorage();
    await put(storage, '.gomodkit/withdrawals/999/999/999/999.json', text);
    const { repository } = setUp(modules(), { storage });
    await expect(repository.zip(path, 'v1.0.0')).rejects.toMatchObject({
      code: 'storage_unavailable',
      data: { transient: false },
    });
  });

  it('while withdrawing: an answer that was lost still counts, and nothing is served until it was read', async () => {
    const inner = memoryStorage();
    let dead = false;
    const storage: Storage = aroundStorage(inner, async (method, key, call) => {
      if (!key.startsWith('.gomodkit/withdrawals')) return call();
      if (dead) throw Object.assign(new Error('dead'));
      if (method === 'create') {
        await call();
        dead = true;
        throw new Error('lost');
      }
      return call();
    });
    const { repository, clock } = setUp(modules(), { storage });
    await warm(repository);
    await expect(repository.withdraw(block('v1.2.0'), { signal: AbortSignal.timeout(300) })).rejects.toBeDefined();
    await expect(repository.zip(path, 'v1.2.0')).rejects.toMatchObject({ code: 'storage_unavailable' });
    dead = false;
    clock.advance(10_000);
    await expect(repository.zip(path, 'v1.2.0')).rejects.toMatchObject({ code: 'denied' });
  });
});

function batchOf(entry: unknown) {
  return { v: 1, number: 0, first: 0, time: '2020-01-01T00:00:00.000000Z', nonce: 'n', entries: [entry] };
}

describe('what is said', () => {
  it.each<[string, Partial<Record<keyof WithdrawRequest, unknown>>, string]>([
    ['no reason', { reason: '' }, 'invalid_argument'],
    ['a blank reason', { reason: ' \t ' }, 'invalid_argument'],
    ['a reason with a line break', { reason: 'a\nb' }, 'invalid_argument'],
    ['a reason with an escape', { reason: '\u001b[2Jboo' }, 'invalid_argument'],
    ['a reason with a zero-width space', { reason: 'a\u200bb' }, 'invalid_argument'],
    ['a reason with a text direction', { reason: 'a\u202eb' }, 'invalid_argument'],
    ['a reason with half a character', { reason: 'a\ud800' }, 'invalid_argument'],
    ['a reason of 10 kB', { reason: 'x'.repeat(10_000) }, 'invalid_argument'],
    ['no author', { author: undefined }, 'invalid_argument'],
    ['an author with a bell', { author: 'a\u0007' }, 'invalid_argument'],
    ['another status', { status: 'hide' }, 'invalid_argument'],
    ['another go.mod', { goMod: 'maybe' }, 'invalid_argument'],
    ['a path that is none', { path: '../etc' }, 'invalid_path'],
    ['a branch', { version: 'main' }, 'invalid_version'],
    ['a version that is not canonical', { version: 'v1.0' }, 'invalid_version'],
    ['a version of another major', { version: 'v2.0.0' }, 'invalid_version'],
  ])('is refused: %s', async (_, wrong, code) => {
    const { repository, storage } = setUp(modules());
    const request = { ...block('v1.0.0'), ...wrong } as WithdrawRequest;
    await expect(repository.withdraw(request)).rejects.toMatchObject({ code });
    expect(await keysOf(storage)).toEqual([]);
  });

  it('is told to listeners, and kept', async () => {
    const { repository, events } = setUp(modules());
    await repository.withdraw({ ...block('v1.0.0'), reason: '  Ünïcode is fine: 漏洞  ' });
    await repository.withdraw({ ...block('v1.0.0'), status: 'gone' });
    await repository.reinstate({ path, version: 'v1.0.0', reason: 'a mistake', author: 'me' });
    expect(events).toMatchObject([
      {
        type: 'withdraw',
        path,
        version: 'v1.0.0',
        status: 'block',
        reason: 'Ünïcode is fine: 漏洞',
        author: said.author,
      },
      { type: 'withdraw', status: 'gone' },
      { type: 'reinstate', path, version: 'v1.0.0', reason: 'a mistake', author: 'me' },
    ]);
    expect(await repository.withdrawals()).toEqual([]);
    await expect(repository.reinstate({ path, version: 'v1.0.0', ...said })).rejects.toMatchObject({
      code: 'not_found',
    });
  });

  it('ends with the repository', async () => {
    const { repository } = setUp(modules());
    await repository.close();
    await expect(repository.withdraw(block('v1.0.0'))).rejects.toMatchObject({ code: 'closed' });
    await expect(repository.withdrawals()).rejects.toMatchObject({ code: 'closed' });
    await expect(repository.withdrawalHistory().next()).rejects.toMatchObject({ code: 'closed' });
  });
});
