import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { deferred, settle } from '../repository/testdata/fixture.ts';
import { createSingleFlight } from './single-flight.ts';

/** Work that waits, and remembers how often it was started and with which signal. */
function waitingWork() {
  const gate = deferred<string>();
  const signals: AbortSignal[] = [];
  const work = (signal: AbortSignal) => {
    signals.push(signal);
    return gate.promise;
  };
  return { gate, signals, work };
}

describe('single flight', () => {
  it('gives one result to all who ask meanwhile, and starts anew afterwards', async () => {
    const flights = createSingleFlight();
    const { gate, signals, work } = waitingWork();
    const all = [1, 2, 3].map(() => flights.run('k', work));
    await settle();
    gate.resolve('done');
    expect(await Promise.all(all)).toEqual(['done', 'done', 'done']);
    expect(signals).toHaveLength(1);
    await flights.run('k', work);
    expect(signals).toHaveLength(2);
  });

  it('keeps keys apart', async () => {
    const flights = createSingleFlight();
    expect(await Promise.all([flights.run('a', async () => 1), flights.run('b', async () => 2)])).toEqual([1, 2]);
  });

  it('gives one rejection to all who wait and to nobody else, also for work that throws at once', async () => {
    const flights = createSingleFlight();
    const fail = (): Promise<never> => {
      throw new Error('no');
    };
    const all = await Promise.allSettled([flights.run('k', fail), flights.run('k', fail)]);
    expect(all.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await flights.run('k', async () => 'yes')).toBe('yes');
  });

  it('lets a caller leave with its reason, and aborts when the last has left', async () => {
    const flights = createSingleFlight();
    const { signals, work } = waitingWork();
    const [first, second] = [new AbortController(), new AbortController()];
    const answers = [first, second].map(({ signal }) => flights.run('k', work, signal));
    await settle();
    first.abort('one');
    await expect(answers[0]).rejects.toBe('one');
    expect(signals[0]?.aborted).toBe(false);
    second.abort('two');
    await expect(answers[1]).rejects.toBe('two');
    expect(signals[0]?.reason).toBe('two');
  });

  it('is never aborted while somebody without a signal waits', async () => {
    const flights = createSingleFlight();
    const { gate, signals, work } = waitingWork();
    const leaver = new AbortController();
    const left = flights.run('k', work, leaver.signal);
    const stays = flights.run('k', work);
    await settle();
    leaver.abort('bye');
    await expect(left).rejects.toBe('bye');
    expect(signals[0]?.aborted).toBe(false);
    gate.resolve('done');
    expect(await stays).toBe('done');
  });

  it('does not let new callers join work that is being torn down, nor its end disturb theirs', async () => {
    const flights = createSingleFlight();
    const old = waitingWork();
    const leaver = new AbortController();
    const left = flights.run('k', old.work, leaver.signal);
    await settle();
    leaver.abort('bye');
    await expect(left).rejects.toBe('bye');
    const fresh = waitingWork();
    const first = flights.run('k', fresh.work);
    old.gate.reject(new Error('torn down'));
    await settle();
    const second = flights.run('k', fresh.work);
    fresh.gate.resolve('new');
    expect(await Promise.all([first, second])).toEqual(['new', 'new']);
    expect(fresh.signals).toHaveLength(1);
  });

  it('refuses callers that are gone already, and stops listening to the others', async () => {
    const flights = createSingleFlight();
    const { signals, work } = waitingWork();
    await expect(flights.run('k', work, AbortSignal.abort('gone'))).rejects.toBe('gone');
    expect(signals).toEqual([]);
    const { signal } = new AbortController();
    await flights.run('k', async () => 1, signal);
    await settle();
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
  });

  it('forget starts anew without hurting who waits; idle waits for all', async () => {
    const flights = createSingleFlight();
    const [old, fresh] = [waitingWork(), waitingWork()];
    const first = flights.run('k', old.work);
    flights.forget('k');
    const second = flights.run('k', fresh.work);
    let idle = false;
    const waiting = flights.idle().then(() => {
      idle = true;
    });
    fresh.gate.resolve('new');
    expect(await second).toBe('new');
    await settle();
    expect(idle).toBe(false);
    old.gate.resolve('old');
    expect(await first).toBe('old');
    await waiting;
  });
});
