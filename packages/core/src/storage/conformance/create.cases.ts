// Creating: basics, write-once, races, read-your-creates, visibility of what is in progress.

import { bytesSource } from '../../bytes/source.ts';
import { equalBytes } from '../../bytes/utf8.ts';
import { type CaseContext, type Check, type ConformanceCase, casesOf } from './case.ts';
import { eventually, fill, holds, listAll, outcome, pattern, probeSource, read, text } from './tools.ts';

const key = 'example.com/m/@v/v1.0.0.zip';

const create = casesOf('create', {
  'describes what it stored': async ({ storage }, check: Check) => {
    const result = await storage.create(key, text('hello'), { contentType: 'application/zip' });
    check(result.created === true, `the first create() answered created: ${result.created}`);
    const object = await storage.get(key);
    check(object !== undefined, 'get() does not find it');
    check(object.key === key && object.size === 5, `get() says key ${object.key}, size ${object.size}; want size 5`);
    check(object.range.start === 0 && object.range.end === 5, 'get() without a range does not say range 0–5');
    await object.body.cancel();
    check(await holds(storage, key, new TextEncoder().encode('hello')), 'get() delivers other bytes');
    check((await storage.head(key))?.size === 5, 'head() does not say size 5');
  },
  'lists what it stored': async ({ storage }, check: Check) => {
    await fill(storage, [key]);
    const { objects, more } = await storage.list();
    check(objects[0]?.key === key && objects.length === 1, `list() names ${objects.map((o) => o.key).join(' ')}`);
    check(more === false, 'list() of one object says there are more');
  },
  'answers undefined for absent keys': async ({ storage }, check: Check) => {
    await fill(storage, [key]);
    for (const absent of ['absent', 'example.com/m/@v', `${key}x`, `${key}/x`, 'example.com/m/@v/v1.0.0']) {
      check((await storage.get(absent)) === undefined, `get(${absent}) finds something`);
      check((await storage.head(absent)) === undefined, `head(${absent}) finds something`);
      const range = { start: 0, end: 1 };
      check((await storage.get(absent, { range })) === undefined, `get(${absent}) with a range finds something`);
    }
  },
  'is empty at first': async ({ storage }, check: Check) => {
    const { objects, more } = await storage.list();
    check(objects.length === 0 && more === false, 'list() of a new storage is not empty');
  },
  'opens the source anew for each create': async ({ storage }, check: Check) => {
    const source = text('twice');
    await storage.create('a/one', source);
    await storage.create('a/two', source);
    check(await holds(storage, 'a/two', new TextEncoder().encode('twice')), 'the second object has other bytes');
  },
});

const writeOnce = casesOf('write-once', {
  'keeps the first bytes': async ({ storage }, check: Check) => {
    await storage.create(key, text('first'));
    const second = await storage.create(key, text('2nd'));
    check(second.created === false, 'the second create() answered created: true');
    check(await holds(storage, key, new TextEncoder().encode('first')), 'the second create() changed the bytes');
  },
  'answers created: false for the same bytes too': async ({ storage }, check: Check) => {
    await storage.create(key, text('same'));
    const second = await storage.create(key, text('same'));
    check(second.created === false, 'the second create() answered created: true');
  },
  'keeps what the winner of a race stored': async (context, check: Check) => {
    const { winners, sources } = await race(context);
    // More winners than one are the business of the clause "race".
    const [winner] = winners;
    if (winners.length !== 1 || winner === undefined) return;
    const stored = await read(context.storage, key);
    const wanted = sources[winner];
    check(stored !== undefined && wanted !== undefined && equalBytes(stored, wanted), 'a loser replaced the winner');
  },
});

const steady = casesOf('write-once', {
  'shows readers one object while others try to create it': async (context, check: Check) => {
    const { storage } = context;
    await storage.create(key, text('here first'));
    let done = false;
    const racing = race(context).finally(() => {
      done = true;
    });
    const wanted = new TextEncoder().encode('here first');
    let changed = false;
    for (let looks = 0; looks < 1000 && !done && !changed; looks++) changed = !(await holds(storage, key, wanted));
    await racing;
    check(!changed && (await holds(storage, key, wanted)), 'a reader saw other bytes while creates were refused');
  },
});

const races = casesOf('race', {
  'has one winner': async (context, check: Check) => {
    const { winners } = await race(context);
    check(winners.length === 1, `${winners.length} of ${context.limits.racers} concurrent creates won`);
  },
  'has one winner among big objects': async (context, check: Check) => {
    const { winners } = await race(context, Math.ceil(context.limits.bigBytes / 8));
    check(winners.length === 1, `${winners.length} of ${context.limits.racers} concurrent creates won`);
  },
  'does not fail the losers': async (context, check: Check) => {
    const { failures } = await race(context);
    check(failures.length === 0, `a lost race was reported as a fault: ${String(failures[0])}`);
  },
});

async function race(
  { storage, limits }: CaseContext,
  size = 2000,
): Promise<{ winners: number[]; sources: Uint8Array[]; failures: unknown[] }> {
  const sources = Array.from({ length: limits.racers }, (_, i) => pattern(size + i, i));
  const outcomes = await Promise.all(sources.map((bytes) => outcome(storage.create(key, bytesSource(bytes)))));
  const winners = outcomes.flatMap((end, i) => ('value' in end && end.value.created ? [i] : []));
  return { winners, sources, failures: outcomes.flatMap((end) => ('error' in end ? [end.error] : [])) };
}

const readYourCreates = casesOf('read-your-creates', {
  'shows each object at once, everywhere': async ({ storage }, check: Check) => {
    for (let i = 0; i < 20; i++) {
      const name = `m${i % 7}/v${i}`;
      await storage.create(name, text(name));
      check((await storage.head(name)) !== undefined, `head(${name}) does not find what was just created`);
      const object = await storage.get(name);
      check(object !== undefined, `get(${name}) does not find what was just created`);
      await object.body.cancel();
      const listed = (await listAll(storage)).map((item) => item.key);
      check(listed.includes(name), `list() does not name ${name}, which was just created`);
    }
  },
  'shows an object that was looked for before': async ({ storage }, check: Check) => {
    await storage.head(key);
    await storage.get(key);
    await storage.list({ prefix: 'example.com/' });
    await storage.create(key, text('now'));
    check((await storage.head(key)) !== undefined, 'head() still says absent');
    const object = await storage.get(key);
    check(object !== undefined, 'get() still says absent');
    await object.body.cancel();
    const { objects } = await storage.list({ prefix: 'example.com/' });
    check(
      objects.some((item) => item.key === key),
      'list() still does not name it',
    );
  },
});

const hidden = casesOf('hidden', {
  'lists nothing else while a create is under way': async ({ storage, limits }, check: Check) => {
    const source = probeSource(100_000, 50_000, 'hang');
    const stop = new AbortController();
    const creating = outcome(storage.create(key, source, { signal: stop.signal }));
    await source.started;
    const during = await strangers(storage, [key]);
    stop.abort(new Error('enough'));
    await creating;
    check(during.length === 0, `list() names ${during.join(', ')} while ${key} is being created`);
    // Cleaning up may go on behind the rejection.
    const gone = await eventually(limits, async () => (await strangers(storage, [key])).length === 0);
    check(gone, 'list() still names temporary objects after the create was aborted');
  },
  'lists nothing else after a create': async ({ storage }, check: Check) => {
    await storage.create(key, bytesSource(pattern(300_000, 3)));
    await storage.create(key, bytesSource(pattern(300_000, 4)));
    const left = await strangers(storage, [key]);
    check(left.length === 0, `list() names ${left.join(', ')}, which nobody created`);
  },
});

async function strangers(storage: CaseContext['storage'], known: readonly string[]): Promise<string[]> {
  return (await listAll(storage)).map((object) => object.key).filter((name) => !known.includes(name));
}

/** Everything about creating. */
export const createCases: readonly ConformanceCase[] = [
  ...create,
  ...writeOnce,
  ...steady,
  ...races,
  ...readYourCreates,
  ...hidden,
];
