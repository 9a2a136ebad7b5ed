// Cancelling: at every stage, and what must be let go of then.

import { bytesSource } from '../../bytes/source.ts';
import type { Storage } from '../storage.ts';
import { type CaseContext, type Check, type ConformanceCase, casesOf } from './case.ts';
import { checkAbsent, eventually, fill, outcome, pattern, probeSource, text } from './tools.ts';

const key = 'example.com/m/@v/v1.0.0.zip';

/** A signal's own reason must come back, the very object. */
const reason = new Error('cancelled by the conformance suite');

async function rejectsWithReason(check: Check, call: Promise<unknown>, what: string): Promise<void> {
  const result = await outcome(call);
  check('error' in result, `${what} resolved although it was cancelled`);
  check(result.error === reason, `${what} rejected with ${String(result.error)} and not with the signal's reason`);
}

const calls: Readonly<Record<string, (storage: Storage, signal: AbortSignal) => Promise<unknown>>> = {
  get: (storage, signal) => storage.get(key, { signal }),
  head: (storage, signal) => storage.head(key, { signal }),
  list: (storage, signal) => storage.list({ signal }),
  create: (storage, signal) => storage.create('other', text('x'), { signal }),
  delete: async (storage, signal) => {
    // Absent methods have nothing to cancel.
    if (storage.delete === undefined) throw reason;
    return storage.delete(key, { signal });
  },
};

const abort = [
  ...Object.entries(calls).flatMap(([method, call]) =>
    casesOf('abort', {
      [`rejects ${method}() when cancelled before`]: async ({ storage }, check: Check) => {
        await storage.create(key, text('here'));
        await rejectsWithReason(check, call(storage, AbortSignal.abort(reason)), `${method}()`);
        check((await storage.head('other')) === undefined, 'a cancelled create() stored its object');
        check((await storage.head(key)) !== undefined, 'a cancelled call removed an object');
      },
    }),
  ),
  ...casesOf('abort', {
    'rejects create() whose source never delivers': async ({ storage }, check: Check) => {
      await abortDuring(check, storage, 1000, 0);
    },
    'rejects create() in the middle of a small body': async ({ storage }, check: Check) => {
      await abortDuring(check, storage, 1000, 500);
    },
    'rejects create() in the middle of a big body': async ({ storage, limits }, check: Check) => {
      await abortDuring(check, storage, limits.bigBytes, limits.bigBytes - 10_000);
    },
    'rejects create() that waits for the end of its source': async ({ storage }, check: Check) => {
      await abortDuring(check, storage, 1000, 1000);
    },
    'rejects create() in the third part': async ({ storage, limits }, check: Check) => {
      await abortDuring(check, storage, 3 * limits.partSize, 3 * limits.partSize - 1);
    },
    'ends a body that was not begun': async ({ storage, limits }, check: Check) => {
      await storage.create(key, bytesSource(pattern(limits.bigBytes, 1)));
      const stop = new AbortController();
      const object = await storage.get(key, { signal: stop.signal });
      check(object !== undefined, 'get() does not find the object');
      stop.abort(reason);
      await rejectsWithReason(check, drain(object.body.getReader()), 'reading the body');
    },
    'ends or answers calls that are under way': async ({ storage }, check: Check) => {
      await storage.create(key, text('here'));
      for (const [method, call] of Object.entries(calls)) {
        if (method === 'create' || method === 'delete') continue;
        const stop = new AbortController();
        const calling = outcome(call(storage, stop.signal));
        stop.abort(reason);
        const end = await calling;
        // It may be done already; what it must not do is to fail in another way.
        check(
          'value' in end || end.error === reason,
          `${method}() rejected with ${String('error' in end && end.error)}`,
        );
      }
    },
    'ends a body that is being read': async ({ storage, limits }, check: Check) => {
      await storage.create(key, bytesSource(pattern(limits.bigBytes, 1)));
      const stop = new AbortController();
      const reader = (await storage.get(key, { signal: stop.signal }))?.body.getReader();
      check(reader !== undefined, 'get() does not find the object');
      await reader.read();
      stop.abort(reason);
      await rejectsWithReason(check, drain(reader), 'reading the body');
    },
    'is harmless after the call': async ({ storage }, check: Check) => {
      const stop = new AbortController();
      await storage.create(key, text('kept'), { signal: stop.signal });
      stop.abort(reason);
      check((await storage.head(key)) !== undefined, 'the object is gone after a late abort');
    },
    'leaves the key free after an aborted create()': async ({ storage }, check: Check) => {
      await abortDuring(check, storage, 1000, 500);
      const { created } = await storage.create(key, text('second try'));
      check(created, 'the key is taken although its creation was aborted');
    },
  }),
];

async function abortDuring(check: Check, storage: Storage, size: number, delivered: number): Promise<void> {
  const source = probeSource(size, delivered, 'hang');
  const stop = new AbortController();
  const creating = storage.create(key, source, { signal: stop.signal });
  creating.catch(() => {});
  await source.started;
  // The storage gets to take what was delivered.
  await new Promise((resolve) => setTimeout(resolve, 5));
  stop.abort(reason);
  await rejectsWithReason(check, creating, 'create()');
  await checkAbsent(check, storage, key, 'its creation was aborted');
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  for (;;) if ((await reader.read()).done) return;
}

const releaseSources = casesOf('release', {
  'cancels the source of an aborted create()': async ({ storage, limits }, check: Check) => {
    const source = probeSource(100_000, 50_000, 'hang');
    const stop = new AbortController();
    const creating = outcome(storage.create(key, source, { signal: stop.signal }));
    await source.started;
    stop.abort(reason);
    await creating;
    check(await eventually(limits, () => source.open() === 0), 'the stream of the source was left open');
  },
  'cancels a source that delivers too much': async ({ storage, limits }, check: Check) => {
    const source = probeSource(1000, 10_000_000, 'close');
    await outcome(storage.create(key, source));
    check(await eventually(limits, () => source.open() === 0), 'the stream of the source was left open');
  },
  'opens no source for a key that is refused': async ({ storage }, check: Check) => {
    const source = probeSource(10, 10, 'close');
    await outcome((async () => storage.create('bad//key', source))());
    check(source.open() === 0, 'the stream of the source was opened and left open');
  },
});

const releaseHandles = casesOf(
  'release',
  {
    'holds nothing after a body was cancelled': async (context, check: Check) => {
      const { storage } = context;
      await storage.create(key, bytesSource(pattern(1_000_000, 1)));
      await balanced(check, context, async () => {
        const object = await storage.get(key);
        await object?.body.cancel();
        const reader = (await storage.get(key))?.body.getReader();
        await reader?.read();
        await reader?.cancel();
      });
    },
    'holds nothing after a body was read': async (context, check: Check) => {
      const { storage } = context;
      await storage.create(key, bytesSource(pattern(300_000, 1)));
      await balanced(check, context, async () => {
        const reader = (await storage.get(key))?.body.getReader();
        if (reader) await drain(reader);
        const empty = (await storage.get(key, { range: { start: 5, end: 5 } }))?.body.getReader();
        if (empty) await drain(empty);
      });
    },
    'holds nothing after a read was aborted': async (context, check: Check) => {
      const { storage } = context;
      await storage.create(key, bytesSource(pattern(1_000_000, 1)));
      await balanced(check, context, async () => {
        const stop = new AbortController();
        const reader = (await storage.get(key, { signal: stop.signal }))?.body.getReader();
        await reader?.read();
        stop.abort(reason);
      });
    },
    'holds nothing after refused, failed and aborted calls': async (context, check: Check) => {
      const { storage } = context;
      await fill(storage, ['a/b', key]);
      await balanced(check, context, async () => {
        await outcome(storage.get('a/b', { range: { start: 100 } }));
        await outcome(storage.create('c', probeSource(300_000, 200_000, 'fail')));
        await outcome(storage.create('c', probeSource(300_000, 200_000, 'close')));
        await storage.create(key, text('again'));
        const source = probeSource(300_000, 200_000, 'hang');
        const stop = new AbortController();
        const creating = outcome(storage.create('c', source, { signal: stop.signal }));
        await source.started;
        stop.abort(reason);
        await creating;
      });
    },
  },
  ['held'],
);

async function balanced(check: Check, { held, limits }: CaseContext, work: () => Promise<void>): Promise<void> {
  if (held === undefined) return;
  await work(); // the first time may open what stays open for good
  const before = await held();
  for (let i = 0; i < 5; i++) await work();
  const released = await eventually(limits, async () => (await held()) <= before);
  check(released, `${(await held()) - before} handles are still held`);
}

/** Everything about cancelling. */
export const abortCases: readonly ConformanceCase[] = [...abort, ...releaseSources, ...releaseHandles];
