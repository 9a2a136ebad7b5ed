// Turns of hosts, lists of refs, and locks, each by itself.

import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { RefList } from '../engine.ts';
import { createHostGate } from './host-gate.ts';
import { withFileLock } from './lock.ts';
import { copyName } from './places.ts';
import { createRefLists } from './ref-lists.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-politeness-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('createHostGate', () => {
  it('lets so many run at once on a host, and minds no other host', async () => {
    const gate = createHostGate({ concurrency: 2, requestsPerSecond: 1e6 });
    const running: string[] = [];
    let finish: () => void = () => {};
    const end = new Promise<void>((resolve) => {
      finish = resolve;
    });
    const work = ['a', 'a', 'a', 'b'].map((host, i) =>
      gate.run(host, async () => {
        running.push(host + i);
        await end;
      }),
    );
    await turn();
    expect(running).toEqual(['a0', 'a1', 'b3']);
    finish();
    await Promise.all(work);
    expect(running.length).toBe(4);
  });

  it('begins a burst at once, then so many per second', async () => {
    let now = 0;
    const waits: number[] = [];
    const sleep = async (milliseconds: number): Promise<void> => {
      waits.push(milliseconds);
      now += milliseconds;
    };
    const gate = createHostGate({ concurrency: 1, requestsPerSecond: 4 }, { now: () => now, sleep });
    for (let i = 0; i < 7; i++) await gate.run('a', async () => {});
    expect(waits).toEqual([250, 250, 250]);
    now += 10_000;
    for (let i = 0; i < 4; i++) await gate.run('a', async () => {});
    expect(waits.length).toBe(3);
  });
});

describe('createRefLists', () => {
  const listOf = (count: number): RefList => ({
    objectFormat: 'sha1',
    refs: Array.from({ length: count }, (_, i) => ({ name: `refs/tags/${i}`, hash: '1'.repeat(40) })),
  });

  it('keeps lists, not failures', async () => {
    let now = 0;
    let reads = 0;
    const lists = createRefLists(() => now);
    const read = async (): Promise<RefList> => {
      reads++;
      if (reads === 1) throw new Error('no');
      return listOf(reads);
    };
    await expect(lists.get('a', 100, read)).rejects.toThrow('no');
    expect((await lists.get('a', 100, read)).refs.length).toBe(2);
    now = 99;
    expect((await lists.get('a', 100, read)).refs.length).toBe(2);
    now = 100;
    expect((await lists.get('a', 100, read)).refs.length).toBe(3);
    expect(lists.last('a')?.refs.length).toBe(3);
    expect(lists.last('b')).toBeUndefined();
  });

  it('forgets the oldest when there are too many refs', async () => {
    const lists = createRefLists();
    for (const key of ['a', 'b', 'c']) await lists.get(key, 1, async () => listOf(200_000));
    expect(['a', 'b', 'c'].map((key) => lists.last(key) !== undefined)).toEqual([false, true, true]);
    await lists.get('d', 1, async () => listOf(600_000));
    expect(['b', 'c', 'd'].map((key) => lists.last(key) !== undefined)).toEqual([false, false, true]);
  });
});

describe('withFileLock', () => {
  it('lets one in at a time, and leaves nothing', async () => {
    const path = join(scratch, 'lock');
    let inside = 0;
    let most = 0;
    const enter = async (): Promise<void> => {
      inside++;
      most = Math.max(most, inside);
      await turn();
      inside--;
    };
    await Promise.all(Array.from({ length: 5 }, () => withFileLock(path, enter, undefined)));
    expect(most).toBe(1);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('waits for a stranger who touches his lock, until the signal ends that', async () => {
    const path = join(scratch, 'held');
    writeFileSync(path, 'another host');
    const abort = new AbortController();
    const waiting = withFileLock(path, async () => 'in', abort.signal);
    const refused = expect(waiting).rejects.toThrow('enough');
    await turn();
    abort.abort(new Error('enough'));
    await refused;
    expect(readFileSync(path, 'utf8')).toBe('another host');
    const past = new Date(Date.now() - 3_600_000);
    utimesSync(path, past, past);
    expect(await withFileLock(path, async () => 'in', undefined)).toBe('in');
  });

  it('gives the lock back when the work fails', async () => {
    const path = join(scratch, 'failing');
    const failing = withFileLock(path, () => Promise.reject(new Error('work')), undefined);
    await expect(failing).rejects.toThrow('work');
    expect(await withFileLock(path, async () => 'in', undefined)).toBe('in');
  });
});

describe('copyName', () => {
  it('is a file name that shows the address and differs with it', () => {
    const names = [
      copyName('https://git.example.com/acme/Tool', 'git', 'sha1'),
      copyName('https://git.example.com/acme/tool', 'git', 'sha1'),
      copyName('https://git.example.com/acme/tool', 'isomorphic-git', 'sha1'),
      copyName('https://git.example.com/acme/tool', 'git', 'sha256'),
      copyName('file:///..//..', 'git', 'sha1'),
      copyName(`https://git.example.com/${'x/'.repeat(500)}`, 'git', 'sha1'),
    ];
    expect(new Set(names).size).toBe(names.length);
    expect(names[0]).toMatch(/^git\.example\.com-acme-tool-[0-9a-f]{24}-git-sha1$/);
    for (const name of names) expect(name).toMatch(/^[a-z0-9][a-z0-9.-]{0,120}$/);
  });
});
