// Rows 53 to 55, retention and leftovers: what several instances and interrupted ones make of one version.

import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { memoryStorage } from '../storage/memory.ts';
import {
  aroundStorage,
  deferred,
  fakeClock,
  keysOf,
  put,
  settle,
  setUp,
  textAt,
  time,
  withoutDelete,
  zipOf,
} from './testdata/fixture.ts';

const path = 'example.com/m';
const base = `${path}/@v/v1.0.0`;
const goModOf = (go: string) => `module ${path}\n\ngo ${go}\n`;
const versionOf = (commit: string, goMod = `module ${path}\n`) => ({
  [path]: { versions: { 'v1.0.0': { info: { version: 'v1.0.0', time, origin: { Hash: commit.repeat(40) } }, goMod } } },
});

const shared = () => {
  const clock = fakeClock();
  return { clock, storage: memoryStorage({ now: () => new Date(clock.now()) }) };
};

describe('a source', () => {
  it('is told when a zip will be asked for after .info and .mod', async () => {
    const hints = async (ask: 'zip' | 'info') => {
      const { repository, source } = setUp(versionOf('a'));
      await repository[ask](path, 'v1.0.0');
      return source.calls.filter(({ method }) => method !== 'zip').map(({ options }) => options.zipFollows);
    };
    expect(await hints('zip')).toEqual([true, true]);
    expect(await hints('info')).toEqual([undefined, undefined]);
  });
});

describe('row 53: a reader during a publication', () => {
  it('sees nothing until .info is there, and then everything', async () => {
    const { storage, clock } = shared();
    const reader = setUp({}, { storage, offline: true }, { clock });
    const seen: string[] = [];
    const look = async (): Promise<string> => {
      const { versions, info, goMod, zip } = setUp({}, { storage, offline: true }, { clock }).repository;
      const ask = async (work: Promise<unknown>) => work.then(() => 1).catch(() => 0);
      return (
        await Promise.all([
          ask(versions(path)),
          ask(info(path, 'v1.0.0')),
          ask(goMod(path, 'v1.0.0')),
          ask(zip(path, 'v1.0.0')),
        ])
      ).join('');
    };
    const watched = aroundStorage(storage, async (method, key, call) => {
      const result = await call();
      if (method === 'create' && !key.startsWith('.gomodkit/')) seen.push(await look());
      return result;
    });
    await setUp(versionOf('a'), { storage: watched }, { clock }).repository.zip(path, 'v1.0.0');
    // After .mod, .info, .ziphash, .zip.
    expect(seen).toEqual(['0000', '1110', '1110', '1111']);
    expect((await reader.repository.goMod(path, 'v1.0.0')).bytes).toEqual(encodeUtf8(`module ${path}\n`));
  });
});

describe('row 55: two instances publish different bytes', () => {
  it.each([
    ['other commits', versionOf('a'), versionOf('b'), 'info'],
    ['other go.mods', versionOf('a', goModOf('1.20')), versionOf('b', goModOf('1.21')), 'mod'],
  ])('%s: the first capture is served by both, the other one reports it', async (_, mine, theirs, kind) => {
    const { storage, clock } = shared();
    const winner = setUp(mine, { storage }, { clock });
    const gate = deferred();
    const held = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key.endsWith('.mod')) await gate.promise;
      return call();
    });
    const loser = setUp(theirs, { storage: held }, { clock });
    const losing = loser.repository.info(path, 'v1.0.0');
    const first = await winner.repository.info(path, 'v1.0.0');
    // Its zip is there when the loser looks for leftovers.
    await winner.repository.zip(path, 'v1.0.0');
    gate.resolve();
    expect((await losing).etag).toBe(first.etag);
    expect((await loser.repository.goMod(path, 'v1.0.0')).etag).toBe(
      (await winner.repository.goMod(path, 'v1.0.0')).etag,
    );
    expect(loser.events.filter(({ type }) => type === 'conflict')).toMatchObject([{ kind, path, version: 'v1.0.0' }]);
    expect(winner.events.filter(({ type }) => type === 'conflict')).toEqual([]);
  });

  it.each([
    ['adopts the zip of the first capture', true],
    ['is a conflict while the first capture has no zip', false],
  ])('another go.mod under a zip that is on its way: %s', async (_, complete) => {
    const { storage, clock } = shared();
    const winner = setUp(versionOf('a', goModOf('1.20')), { storage }, { clock });
    const gate = deferred();
    const held = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key.endsWith('.mod')) await gate.promise;
      return call();
    });
    const loser = setUp(versionOf('b', goModOf('1.21')), { storage: held }, { clock });
    const losing = loser.repository.zip(path, 'v1.0.0');
    await (complete ? winner.repository.zip : winner.repository.info)(path, 'v1.0.0');
    gate.resolve();
    if (complete) expect((await losing).etag).toBe((await winner.repository.zip(path, 'v1.0.0')).etag);
    else await expect(losing).rejects.toMatchObject({ code: 'conflict', data: { transient: true } });
    expect(await keysOf(storage)).toHaveLength(complete ? 4 : 2);
  });

  it('a zip of one commit is not published under the .info of another, also where their go.mods are equal', async () => {
    const { storage, clock } = shared();
    const gate = deferred();
    const held = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key.endsWith('.mod')) await gate.promise;
      return call();
    });
    const winner = setUp(versionOf('a'), { storage }, { clock });
    const loser = setUp(versionOf('b'), { storage: held }, { clock });
    const losing = loser.repository.zip(path, 'v1.0.0');
    await settle();
    await winner.repository.info(path, 'v1.0.0');
    gate.resolve();
    await expect(losing).rejects.toMatchObject({ code: 'conflict', data: { transient: true } });
    expect(await keysOf(storage)).toEqual([`${base}.info`, `${base}.mod`]);
  });

  it('a .mod that another instance reclaims at this moment is written again', async () => {
    const { storage, clock } = shared();
    let lost = false;
    const racing = aroundStorage(storage, async (method, key, call) => {
      if (method !== 'create' || !key.endsWith('.mod') || lost) return call();
      lost = true;
      return { created: false };
    });
    const { repository } = setUp(versionOf('a'), { storage: racing }, { clock });
    expect((await repository.info(path, 'v1.0.0')).info.version).toBe('v1.0.0');
    expect(await keysOf(storage)).toEqual([`${base}.info`, `${base}.mod`]);
  });

  it('a .mod that appears between two reads is no damage', async () => {
    const { storage, clock } = shared();
    await setUp(versionOf('a'), { storage }, { clock }).repository.info(path, 'v1.0.0');
    let early = true;
    const racing = aroundStorage(storage, async (method, key, call) => {
      if (method !== 'get' || !key.endsWith('.mod') || !early) return call();
      early = false;
      return undefined;
    });
    const { repository } = setUp({}, { storage: racing }, { clock });
    expect((await repository.goMod(path, 'v1.0.0')).bytes).toEqual(encodeUtf8(`module ${path}\n`));
  });

  it('other zips: bound by the first sum', async () => {
    const { storage, clock } = shared();
    const modules = async (text: string) => ({
      [path]: { versions: { 'v1.0.0': { zip: await zipOf(path, 'v1.0.0', { 'a.go': text }) } } },
    });
    const winner = setUp(await modules('package a\n'), { storage }, { clock });
    const gate = deferred();
    const held = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key.endsWith('.ziphash')) await gate.promise;
      return call();
    });
    const loser = setUp(await modules('package b\n'), { storage: held }, { clock });
    const losing = loser.repository.zip(path, 'v1.0.0');
    const first = await winner.repository.zip(path, 'v1.0.0');
    gate.resolve();
    expect((await losing).etag).toBe(first.etag);
    expect(loser.events).toContainEqual(expect.objectContaining({ type: 'conflict', kind: 'zip', stored: first.h1 }));
  });

  it('other zips: who loses while the winner still stores its zip waits for it', async () => {
    const { storage, clock } = shared();
    const modules = async (text: string) => ({
      [path]: { versions: { 'v1.0.0': { zip: await zipOf(path, 'v1.0.0', { 'a.go': text }) } } },
    });
    const [bound, gate] = [deferred(), deferred()];
    const slow = aroundStorage(storage, async (method, key, call) => {
      if (method !== 'create' || !key.endsWith('.zip')) return call();
      bound.resolve();
      await gate.promise;
      return call();
    });
    const winning = setUp(await modules('package a\n'), { storage: slow }, { clock }).repository.zip(path, 'v1.0.0');
    await bound.promise;
    const sleeps: number[] = [];
    const sleep = async (milliseconds: number): Promise<void> => {
      sleeps.push(milliseconds);
      gate.resolve();
      await winning;
    };
    const loser = setUp(await modules('package b\n'), { storage }, { clock, sleep });
    expect((await loser.repository.zip(path, 'v1.0.0')).etag).toBe((await winning).etag);
    expect(sleeps).toEqual([25]);
  });

  it('zips of one content in other bytes are no conflict: the first bytes are served by both', async () => {
    const { storage, clock } = shared();
    const files = { 'a.go': 'package a\n', 'b.go': 'package a\n' };
    const mine = await zipOf(path, 'v1.0.0', files);
    const theirs = await zipOf(path, 'v1.0.0', Object.fromEntries(Object.entries(files).reverse()));
    expect(mine).not.toEqual(theirs);
    const modules = (zip: Uint8Array) => ({ [path]: { versions: { 'v1.0.0': { zip } } } });
    const gate = deferred();
    const held = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key.endsWith('.zip')) await gate.promise;
      return call();
    });
    const second = setUp(modules(theirs), { storage: held }, { clock });
    const late = second.repository.zip(path, 'v1.0.0');
    const first = await setUp(modules(mine), { storage }, { clock }).repository.zip(path, 'v1.0.0');
    gate.resolve();
    expect(await late).toMatchObject({ etag: first.etag, h1: first.h1 });
    expect(second.events.filter(({ type }) => type === 'conflict' || type === 'publish')).toEqual([]);
  });

  it('at the very same moment: whole and equal on both sides', async () => {
    const { storage, clock } = shared();
    const sides = [versionOf('a', goModOf('1.20')), versionOf('b', goModOf('1.21'))].map((modules) =>
      setUp(modules, { storage }, { clock, sleep: async () => new Promise((resolve) => setImmediate(resolve)) }),
    );
    const answers = await Promise.allSettled(sides.map(({ repository }) => repository.zip(path, 'v1.0.0')));
    expect(answers.some(({ status }) => status === 'fulfilled')).toBe(true);
    const files = await Promise.all(
      sides.map(async ({ repository }) => [
        (await repository.info(path, 'v1.0.0')).etag,
        (await repository.goMod(path, 'v1.0.0')).etag,
        (await repository.zip(path, 'v1.0.0')).etag,
      ]),
    );
    expect(files[0]).toEqual(files[1]);
    const stored = await textAt(storage, `${base}.mod`);
    const commit = JSON.parse((await textAt(storage, `${base}.info`)) ?? '').Origin.Hash;
    expect(stored).toBe(commit.startsWith('a') ? goModOf('1.20') : goModOf('1.21'));
  });
});

describe('retention', () => {
  const capture = async (text: string) => ({
    [path]: { versions: { 'v1.0.0': { zip: await zipOf(path, 'v1.0.0', { 'a.go': text }) } } },
  });

  it('a deleted zip is captured again when it has the same sum', async () => {
    const { storage, clock } = shared();
    const { h1 } = await setUp(await capture('package a\n'), { storage }, { clock }).repository.zip(path, 'v1.0.0');
    await storage.delete?.(`${base}.zip`);
    const again = setUp(await capture('package a\n'), { storage }, { clock });
    expect((await again.repository.zip(path, 'v1.0.0')).h1).toBe(h1);
  });

  it('another zip is a conflict, and nothing of it is stored', async () => {
    const { storage, clock } = shared();
    await setUp(await capture('package a\n'), { storage }, { clock }).repository.zip(path, 'v1.0.0');
    await storage.delete?.(`${base}.zip`);
    const again = setUp(await capture('package b\n'), { storage }, { clock });
    await expect(again.repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'conflict' });
    expect(await keysOf(storage)).toEqual([`${base}.info`, `${base}.mod`, `${base}.ziphash`]);
    expect(again.events).toContainEqual(expect.objectContaining({ type: 'conflict', kind: 'zip' }));
  });

  it('a zip that went while it was remembered is missed when it is opened, and is there for the next request', async () => {
    const { storage, clock } = shared();
    const { repository } = setUp(await capture('package a\n'), { storage }, { clock });
    const zip = await repository.zip(path, 'v1.0.0');
    await storage.delete?.(`${base}.zip`);
    await expect(zip.open()).rejects.toMatchObject({ code: 'storage_unavailable', data: { transient: true } });
    const again = await repository.zip(path, 'v1.0.0');
    await (await again.open()).body.cancel();
  });

  it('a zip that was replaced by other bytes of the same content is never mixed with the old one', async () => {
    const { storage, clock } = shared();
    const { repository } = setUp(await capture('package a\n'), { storage }, { clock });
    const zip = await repository.zip(path, 'v1.0.0');
    await storage.delete?.(`${base}.zip`);
    await put(storage, `${base}.zip`, 'other bytes');
    await expect(zip.open({ range: { start: 1 } })).rejects.toMatchObject({ code: 'storage_unavailable' });
    expect((await repository.zip(path, 'v1.0.0')).etag).not.toBe(zip.etag);
  });
});

describe('leftovers of an interrupted capture', () => {
  it('a zip beside an equal .mod is not adopted with it', async () => {
    const { storage, clock } = shared();
    await put(storage, `${base}.mod`, `module ${path}\n`);
    await put(storage, `${base}.ziphash`, 'h1:other');
    const ask = () => setUp(versionOf('a'), { storage }, { clock }).repository.zip(path, 'v1.0.0');
    await expect(ask()).rejects.toMatchObject({ code: 'conflict', data: { transient: true } });
    clock.advance(15 * 60_000 + 1);
    expect((await ask()).h1).toMatch(/^h1:/);
  });

  it.each([
    ['when both judge it at the same moment', 0],
    ['when one of them is slow to delete it', 500],
  ])('two who reclaim it for different content never mix theirs: %s', async (_, slow) => {
    const { storage, clock } = shared();
    await put(storage, `${base}.mod`, `module ${path}\n// cut off\n`);
    clock.advance(15 * 60_000 + 1);
    // Sleeps are turns of one real queue, in the order of their fake ends.
    const sleepers: { end: number; wake: () => void }[] = [];
    const sleep = (milliseconds: number) =>
      new Promise<void>((wake) => sleepers.push({ end: clock.now() + milliseconds, wake }));
    const slowly = aroundStorage(storage, async (method, _key, call) => {
      if (method === 'delete' && slow > 0) await sleep(slow);
      return call();
    });
    const sides = [
      setUp(versionOf('a', goModOf('1.20')), { storage }, { clock, sleep }),
      setUp(versionOf('b', goModOf('1.21')), { storage: slowly }, { clock, sleep }),
    ];
    let ended = false;
    const all = Promise.allSettled(sides.map(({ repository }) => repository.info(path, 'v1.0.0'))).finally(() => {
      ended = true;
    });
    while (!ended) {
      await settle();
      const next = sleepers.sort((x, y) => x.end - y.end).shift();
      if (next === undefined) continue;
      clock.advance(Math.max(0, next.end - clock.now()));
      next.wake();
    }
    expect((await all).some(({ status }) => status === 'fulfilled')).toBe(true);
    const commit = JSON.parse((await textAt(storage, `${base}.info`)) ?? '').Origin.Hash;
    expect(await textAt(storage, `${base}.mod`)).toBe(commit.startsWith('a') ? goModOf('1.20') : goModOf('1.21'));
  });

  it('one that is equal but old is written anew, so that nobody takes it away before .info is there', async () => {
    const { storage, clock } = shared();
    await put(storage, `${base}.mod`, goModOf('1.20'));
    clock.advance(15 * 60_000 + 1);
    const gate = deferred();
    const held = aroundStorage(storage, async (method, key, call) => {
      if (method === 'create' && key.endsWith('.info')) await gate.promise;
      return call();
    });
    const first = setUp(versionOf('a', goModOf('1.20')), { storage: held }, { clock }).repository.info(path, 'v1.0.0');
    await settle();
    const other = setUp(versionOf('b', goModOf('1.21')), { storage }, { clock });
    await expect(other.repository.info(path, 'v1.0.0')).rejects.toMatchObject({ code: 'conflict' });
    gate.resolve();
    expect((await first).info.origin?.Hash).toMatch(/^a/);
    expect(await textAt(storage, `${base}.mod`)).toBe(goModOf('1.20'));
  });

  it('an equal .mod is adopted', async () => {
    const { storage, clock } = shared();
    await put(storage, `${base}.mod`, `module ${path}\n`);
    const { repository } = setUp(versionOf('a'), { storage }, { clock });
    expect((await repository.info(path, 'v1.0.0')).info.version).toBe('v1.0.0');
  });

  it('is not served before', async () => {
    const { storage, clock } = shared();
    await put(storage, `${base}.mod`, `module ${path}\n`);
    await put(storage, `${base}.zip`, 'zip');
    const { repository } = setUp({}, { storage }, { clock });
    await expect(repository.goMod(path, 'v1.0.0')).rejects.toMatchObject({ code: 'not_found' });
    await expect(repository.zip(path, 'v1.0.0')).rejects.toMatchObject({ code: 'not_found' });
    await expect(repository.versions(path)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([['.mod'], ['.zip'], ['.mod', '.ziphash'], ['.mod', '.ziphash', '.zip']])(
    'a different %s is reclaimed after the grace period, and blocks until then',
    async (...endings) => {
      const { storage, clock } = shared();
      for (const ending of endings) await put(storage, base + ending, `module ${path}\n// cut off\n`);
      const ask = () =>
        setUp(versionOf('a'), { storage, freshness: { negativeTtl: 0 } }, { clock }).repository.zip(path, 'v1.0.0');
      await expect(ask()).rejects.toMatchObject({ code: 'conflict', data: { transient: true } });
      expect(await keysOf(storage)).not.toContain(`${base}.info`);
      clock.advance(15 * 60_000 + 1);
      expect((await ask()).size).toBeGreaterThan(0);
      expect(await textAt(storage, `${base}.mod`)).toBe(`module ${path}\n`);
    },
  );

  it('says who must remove it where the storage cannot delete', async () => {
    const { storage, clock } = shared();
    await put(storage, `${base}.mod`, 'module other.example.com\n');
    clock.advance(60 * 60_000);
    const { repository } = setUp(versionOf('a'), { storage: withoutDelete(storage) }, { clock });
    await expect(repository.info(path, 'v1.0.0')).rejects.toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('cannot delete'),
    });
  });

  it('is waited for where another instance is just about to finish', async () => {
    const { storage, clock } = shared();
    await put(storage, `${base}.mod`, goModOf('1.20'));
    let waits = 0;
    const sleep = async (): Promise<void> => {
      if (++waits === 2) await put(storage, `${base}.info`, '{"Version":"v1.0.0"}');
    };
    const { repository, events } = setUp(versionOf('a'), { storage }, { clock, sleep });
    expect((await repository.goMod(path, 'v1.0.0')).bytes).toEqual(encodeUtf8(goModOf('1.20')));
    expect(events).toContainEqual(expect.objectContaining({ type: 'conflict', kind: 'mod' }));
  });
});
