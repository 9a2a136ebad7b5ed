import { describe, expect, it } from 'vitest';
import { createLimiter } from './limiter.ts';

const tick = () => new Promise<void>((resolve) => setImmediate(resolve));

describe('createLimiter', () => {
  it('runs at most max tasks at once, in the order of arrival', async () => {
    const limiter = createLimiter(2);
    const started: number[] = [];
    const finish: (() => void)[] = [];
    const tasks = [0, 1, 2, 3].map((n) =>
      limiter.run(() => {
        started.push(n);
        return new Promise<number>((resolve) => finish.push(() => resolve(n)));
      }),
    );
    await tick();
    expect(started).toEqual([0, 1]);
    expect([limiter.active, limiter.waiting]).toEqual([2, 2]);
    finish[1]?.();
    await tick();
    expect(started).toEqual([0, 1, 2]);
    finish[0]?.();
    await tick();
    finish[2]?.();
    finish[3]?.();
    expect(await Promise.all(tasks)).toEqual([0, 1, 2, 3]);
    expect([limiter.active, limiter.waiting]).toEqual([0, 0]);
  });

  it('lets an aborted waiter leave the queue at once, without a slot', async () => {
    const limiter = createLimiter(1);
    const release = await limiter.acquire();
    const abort = new AbortController();
    const left = limiter.acquire(abort.signal);
    const stays = limiter.acquire();
    abort.abort(new Error('tired'));
    await expect(left).rejects.toThrow('tired');
    expect(limiter.waiting).toBe(1);
    release();
    (await stays)();
    expect(limiter.active).toBe(0);
  });

  it('ignores an abort that comes after the slot was handed over', async () => {
    const limiter = createLimiter(1);
    const release = await limiter.acquire();
    const abort = new AbortController();
    const waiting = limiter.acquire(abort.signal);
    release();
    abort.abort();
    (await waiting)();
    expect(limiter.active).toBe(0);
  });

  it('rejects at once with the reason of a signal that is aborted already', async () => {
    const reason = new Error('before');
    await expect(createLimiter(1).acquire(AbortSignal.abort(reason))).rejects.toBe(reason);
  });

  it('counts a release once, however often it is called', async () => {
    const limiter = createLimiter(1);
    const release = await limiter.acquire();
    release();
    release();
    await limiter.acquire();
    expect(limiter.active).toBe(1);
  });

  it('gives the slot back when the task throws before its first await', async () => {
    const limiter = createLimiter(1);
    const broken = limiter.run(() => {
      throw new Error('broken');
    });
    await expect(broken).rejects.toThrow('broken');
    expect(limiter.active).toBe(0);
  });

  it.each([0, -1, 1.5, Number.NaN])('refuses %s slots', (max) => {
    expect(() => createLimiter(max)).toThrow('positive integer');
  });
});

describe('a signal that many wait on', () => {
  it('is heard by all of them, without a warning', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error) => warnings.push(warning);
    process.on('warning', note);
    const limiter = createLimiter(1);
    await limiter.acquire();
    const abort = new AbortController();
    const waiting = Array.from({ length: 100 }, () => limiter.acquire(abort.signal).catch((reason: unknown) => reason));
    abort.abort('stop');
    expect(new Set(await Promise.all(waiting))).toEqual(new Set(['stop']));
    await tick();
    process.off('warning', note);
    expect(warnings).toEqual([]);
  });
});
