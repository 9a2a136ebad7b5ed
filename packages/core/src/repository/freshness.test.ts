import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createByteCache } from '../cache/byte-cache.ts';
import { GoModKitError } from '../errors/error.ts';
import { createFreshness, type Freshness, freshnessDefaults, type Remember } from './freshness.ts';
import { deferred, fakeClock, settle } from './testdata/fixture.ts';

const { ttl, staleWindow, negativeTtl, staleIfError, failurePause } = freshnessDefaults;
const module = 'example.com/m';
const down = new GoModKitError('upstream_unavailable', 'down');
const absent = new GoModKitError('not_found', 'absent');

function create(maxBytes = 1e6) {
  const clock = fakeClock(0);
  const freshness = createFreshness({
    cache: createByteCache({ maxBytes, now: clock.now }),
    now: clock.now,
    settings: freshnessDefaults,
  });
  return { clock, freshness };
}

/** Asks with a load that gives `result`; says what came and whether the load ran. */
async function ask(freshness: Freshness, result: unknown, remember: Remember = 'answer', question = 'list') {
  let loaded = false;
  const load = async (): Promise<unknown> => {
    loaded = true;
    if (result instanceof Error) throw result;
    return result;
  };
  const came = await freshness.get(module, question, load, { remember }).catch((error: unknown) => error);
  await settle(2);
  return { came, loaded };
}

describe('freshness', () => {
  it('answers from memory, then while it asks, then after it asked', async () => {
    const { clock, freshness } = create();
    expect(await ask(freshness, 1)).toEqual({ came: 1, loaded: true });
    clock.advance(ttl - 1);
    expect(await ask(freshness, 2)).toEqual({ came: 1, loaded: false });
    clock.advance(1);
    expect(await ask(freshness, 2)).toEqual({ came: 1, loaded: true });
    expect(await ask(freshness, 3)).toEqual({ came: 2, loaded: false });
    clock.advance(ttl + staleWindow);
    expect(await ask(freshness, 3)).toEqual({ came: 3, loaded: true });
  });

  it('waits for the truth when an absence has ended', async () => {
    const { clock, freshness } = create();
    expect(await ask(freshness, absent)).toEqual({ came: absent, loaded: true });
    clock.advance(negativeTtl - 1);
    expect(await ask(freshness, 1)).toEqual({ came: absent, loaded: false });
    clock.advance(1);
    expect(await ask(freshness, 1)).toEqual({ came: 1, loaded: true });
  });

  it('keeps answers that name the version already, and no absence', async () => {
    const { freshness } = create();
    await ask(freshness, ['v1.0.0']);
    await ask(freshness, { version: 'v1.1.0' }, 'answer', 'query main');
    await ask(freshness, absent, 'absence', 'info v1.0.0');
    freshness.published(module, (answer) => Array.isArray(answer) && answer.includes('v1.0.0'));
    expect((await ask(freshness, [])).loaded).toBe(false);
    expect((await ask(freshness, 1, 'answer', 'query main')).loaded).toBe(false);
    expect((await ask(freshness, 1, 'absence', 'info v1.0.0')).loaded).toBe(true);
  });

  it('does not remember an absence that a publication has overtaken', async () => {
    const { freshness } = create();
    const late = deferred<never>();
    const asked = freshness.get(module, 'info v1.0.0', () => late.promise, { remember: 'absence' });
    await settle(2);
    freshness.published(module, () => false);
    late.reject(absent);
    await expect(asked).rejects.toBe(absent);
    expect(await ask(freshness, 1, 'absence', 'info v1.0.0')).toEqual({ came: 1, loaded: true });
  });

  it('leaves a source that failed alone for a moment where an older answer exists', async () => {
    const { clock, freshness } = create();
    await ask(freshness, 1);
    clock.advance(ttl + staleWindow);
    expect(await ask(freshness, down)).toEqual({ came: 1, loaded: true });
    expect(await ask(freshness, 2)).toEqual({ came: 1, loaded: false });
    clock.advance(failurePause);
    expect(await ask(freshness, 2)).toEqual({ came: 2, loaded: true });
  });

  it('does not hide a refusal behind an older answer', async () => {
    const { clock, freshness } = create();
    await ask(freshness, 1);
    clock.advance(ttl + staleWindow);
    const denied = new GoModKitError('denied', 'not for you');
    expect((await ask(freshness, denied)).came).toBe(denied);
    const broken = new GoModKitError('storage_unavailable', 'storage');
    expect((await ask(freshness, broken)).came).toBe(broken);
  });

  it('remembers only the absence of what is immutable', async () => {
    const { freshness } = create();
    expect(await ask(freshness, 1, 'absence')).toEqual({ came: 1, loaded: true });
    expect(await ask(freshness, absent, 'absence')).toEqual({ came: absent, loaded: true });
    expect(await ask(freshness, 2, 'absence')).toEqual({ came: absent, loaded: false });
  });

  it('a publication ends answers and absences of its module, and keeps the answers for when the source fails', async () => {
    const { freshness } = create();
    await ask(freshness, 1);
    await ask(freshness, absent, 'absence', 'info v1.0.0');
    freshness.published('example.com/other', () => false);
    expect((await ask(freshness, 2)).loaded).toBe(false);
    freshness.published(module, () => false);
    expect(await ask(freshness, down)).toEqual({ came: 1, loaded: true });
    expect(await ask(freshness, down, 'absence', 'info v1.0.0')).toEqual({ came: down, loaded: true });
  });

  it('a publication overtakes a load under way: its result is neither kept nor joined', async () => {
    const { freshness } = create();
    const gate = deferred<number>();
    const slow = freshness.get(module, 'list', () => gate.promise, { remember: 'answer' });
    await settle(2);
    freshness.published(module, () => false);
    expect((await ask(freshness, 2)).came).toBe(2);
    gate.resolve(1);
    expect(await slow).toBe(1);
    expect((await ask(freshness, 3)).came).toBe(2);
  });

  it('peeks at answers however old, never at absences', async () => {
    const { clock, freshness } = create();
    expect(freshness.peek(module, 'list')).toBeUndefined();
    await ask(freshness, 1);
    clock.advance(staleIfError - 1);
    expect(freshness.peek(module, 'list')).toBe(1);
    await ask(freshness, absent);
    expect(freshness.peek(module, 'list')).toBeUndefined();
  });

  it('works, remembering nothing, where memory holds nothing', async () => {
    const { freshness } = create(0);
    expect((await ask(freshness, 1)).came).toBe(1);
    freshness.published(module, () => false);
    expect((await ask(freshness, 2)).came).toBe(2);
  });

  it('does what its rules say in any order of events (model)', async () => {
    const step = fc.oneof(
      {
        weight: 4,
        arbitrary: fc.record({ type: fc.constant('ask' as const), result: fc.constantFrom('value', 'absent', 'down') }),
      },
      {
        weight: 3,
        arbitrary: fc.record({
          type: fc.constant('wait' as const),
          time: fc.constantFrom(1, failurePause, negativeTtl, ttl, staleWindow, staleIfError),
        }),
      },
      { weight: 1, arbitrary: fc.record({ type: fc.constant('publish' as const) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const { clock, freshness } = create();
        let serial = 0;
        let known: { came: unknown; at: number; expired: boolean; paused: number } | undefined;
        for (const at of steps) {
          const now = clock.now();
          if (at.type === 'wait') clock.advance(at.time);
          else if (at.type === 'publish') {
            freshness.published(module, () => false);
            if (known?.came === absent) known = undefined;
            else if (known !== undefined) known.expired = true;
          } else {
            const result = { value: ++serial, absent, down }[at.result];
            if (known !== undefined && now - known.at >= staleIfError) known = undefined;
            const age = known === undefined ? Number.POSITIVE_INFINITY : now - known.at;
            const negative = known?.came === absent;
            const isNew = known !== undefined && !known.expired && age < (negative ? negativeTtl : ttl);
            const isStale = known !== undefined && !known.expired && !isNew && !negative && age < ttl + staleWindow;
            const paused = known !== undefined && now < known.paused;
            const loads = !isNew && !paused;
            const failedOver = result === down && known !== undefined;
            const expected = !loads || isStale || failedOver ? known?.came : result;
            expect(await ask(freshness, result)).toEqual({ came: expected, loaded: loads });
            if (loads && result === down && known !== undefined) known.paused = now + failurePause;
            if (loads && result !== down) known = { came: result, at: now, expired: false, paused: 0 };
          }
        }
      }),
      { numRuns: 150 },
    );
  });
});
