import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { linkedController, onAbort, raceAbort, sleep } from './abort.ts';

const listeners = (signal: AbortSignal) => getEventListeners(signal, 'abort').length;

describe('onAbort', () => {
  it('calls at once for a signal that is aborted already, and never after it was stopped', () => {
    const reasons: unknown[] = [];
    onAbort(AbortSignal.abort('gone'), (reason) => reasons.push(reason));
    const abort = new AbortController();
    onAbort(abort.signal, (reason) => reasons.push(reason))();
    abort.abort('late');
    expect(reasons).toEqual(['gone']);
    expect(listeners(abort.signal)).toBe(0);
  });
});

describe('sleep', () => {
  it('rejects with the reason and leaves no listener', async () => {
    const abort = new AbortController();
    const waiting = sleep(60_000, abort.signal);
    abort.abort('stop');
    await expect(waiting).rejects.toBe('stop');
    await expect(sleep(60_000, abort.signal)).rejects.toBe('stop');
    const calm = new AbortController();
    await sleep(0, calm.signal);
    expect(listeners(calm.signal)).toBe(0);
  });
});

describe('raceAbort', () => {
  it('settles like the promise and stops listening', async () => {
    const abort = new AbortController();
    expect(await raceAbort(Promise.resolve(1), abort.signal)).toBe(1);
    await expect(raceAbort(Promise.reject(new Error('no')), abort.signal)).rejects.toThrow('no');
    expect(listeners(abort.signal)).toBe(0);
  });

  it('rejects with the reason while the promise is pending, and swallows its late rejection', async () => {
    const abort = new AbortController();
    let fail: (error: Error) => void = () => {};
    const raced = raceAbort(new Promise<never>((_, reject) => (fail = reject)), abort.signal);
    abort.abort('stop');
    await expect(raced).rejects.toBe('stop');
    fail(new Error('late'));
  });
});

describe('linkedController', () => {
  it('follows its parent until released, and never the other way round', () => {
    const parent = new AbortController();
    const first = linkedController(parent.signal);
    const second = linkedController(parent.signal);
    second.release();
    first.controller.abort('own');
    expect(parent.signal.aborted).toBe(false);
    parent.abort('parent');
    expect(second.controller.signal.aborted).toBe(false);
    expect(linkedController(parent.signal).controller.signal.reason).toBe('parent');
  });
});

describe('many listeners on one signal', () => {
  it('cost one native listener, and none when all have left', () => {
    const abort = new AbortController();
    const heard: number[] = [];
    const stops = [1, 2, 3].map((n) => onAbort(abort.signal, () => heard.push(n)));
    expect(listeners(abort.signal)).toBe(1);
    stops[1]?.();
    stops[1]?.();
    abort.abort();
    expect(heard).toEqual([1, 3]);
    const calm = new AbortController();
    for (const stop of [1, 2].map(() => onAbort(calm.signal, () => {}))) stop();
    expect(listeners(calm.signal)).toBe(0);
    onAbort(calm.signal, () => heard.push(4));
    calm.abort();
    expect(heard).toEqual([1, 3, 4]);
  });
});
