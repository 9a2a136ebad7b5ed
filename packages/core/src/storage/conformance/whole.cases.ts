// Absent or whole: sizes, torn reads, sources that break off or lie.

import { bytesSource, readAll } from '../../bytes/source.ts';
import { equalBytes } from '../../bytes/utf8.ts';
import { type Check, type ConformanceCase, casesOf } from './case.ts';
import { checkAbsent, type Ending, holds, outcome, pattern, probeSource, read, rejectsWith, text } from './tools.ts';

const key = 'example.com/m/@v/v1.0.0.zip';

const whole = casesOf('whole', {
  'keeps zero bytes': async ({ storage }, check: Check) => {
    await storage.create(key, bytesSource(new Uint8Array(0)));
    check((await storage.head(key))?.size === 0, 'head() of an empty object does not say size 0');
    check((await read(storage, key))?.length === 0, 'get() of an empty object delivers bytes');
  },
  'keeps big objects': async ({ storage, limits }, check: Check) => {
    const bytes = pattern(limits.bigBytes, 5);
    await storage.create(key, bytesSource(bytes));
    check((await storage.head(key))?.size === bytes.length, 'head() says another size');
    check(await holds(storage, key, bytes), 'get() delivers other bytes');
  },
  'keeps sizes around powers of two': async ({ storage }, check: Check) => {
    for (const size of [1, 65_535, 65_536, 65_537, 131_072, 1_048_577]) {
      const bytes = pattern(size, size);
      await storage.create(`sizes/${size}`, bytesSource(bytes));
      check(await holds(storage, `sizes/${size}`, bytes), `an object of ${size} bytes reads back otherwise`);
    }
  },
  'keeps sizes around one part and of three parts': async ({ storage, limits }, check: Check) => {
    const { partSize } = limits;
    for (const size of [partSize, partSize + 1, 3 * partSize]) {
      const bytes = pattern(size, size);
      await storage.create(`parts/${size}`, bytesSource(bytes));
      check(await holds(storage, `parts/${size}`, bytes), `an object of ${size} bytes reads back otherwise`);
    }
  },
  'takes sources that use one buffer again and again': async ({ storage }, check: Check) => {
    const bytes = pattern(100_000, 7);
    await storage.create(key, { size: bytes.length, stream: () => oneBuffer(bytes, 5000) });
    check(await holds(storage, key, bytes), 'the object holds what came later into the buffers of its source');
  },
  'gives readers bytes of their own': async ({ storage }, check: Check) => {
    const bytes = pattern(50_000, 8);
    await storage.create(key, bytesSource(bytes.slice()));
    const reader = (await storage.get(key))?.body.getReader();
    for (let chunk = await reader?.read(); chunk?.value; chunk = await reader?.read()) chunk.value.fill(0);
    check(await holds(storage, key, bytes), 'what one reader does to its chunks changes the object');
  },
  'takes sources of many small chunks': async ({ storage }, check: Check) => {
    const bytes = pattern(100_000, 9);
    await storage.create(key, { size: bytes.length, stream: () => smallChunks(bytes, 777) });
    check(await holds(storage, key, bytes), 'the object reads back otherwise');
  },
  'serves several readers of one object': async ({ storage }, check: Check) => {
    const bytes = pattern(500_000, 2);
    await storage.create(key, bytesSource(bytes));
    const objects = await Promise.all(Array.from({ length: 8 }, () => storage.get(key)));
    const read = await Promise.all(objects.map((object) => object && readAll(object.body)));
    check(
      read.every((found) => found !== undefined && equalBytes(found, bytes)),
      'concurrent readers got other bytes',
    );
  },
  'shows nothing of an object in the making': async ({ storage }, check: Check) => {
    const source = probeSource(400_000, 300_000, 'hang');
    const stop = new AbortController();
    const creating = outcome(storage.create(key, source, { signal: stop.signal }));
    await source.started;
    const [head, object, page] = await Promise.all([storage.head(key), storage.get(key), storage.list()]);
    await object?.body.cancel();
    stop.abort(new Error('enough'));
    await creating;
    check(head === undefined && object === undefined, 'get() or head() finds an object whose source has not ended');
    check(
      page.objects.every((item) => item.key !== key),
      'list() names an object whose source has not ended',
    );
  },
  'is never seen torn by a reader': async ({ storage, limits }, check: Check) => {
    const bytes = pattern(limits.bigBytes, 6);
    let done = false;
    const creating = storage.create(key, bytesSource(bytes)).finally(() => {
      done = true;
    });
    let torn = '';
    for (let looks = 0; looks < 10_000 && !done && torn === ''; looks++) {
      const found = await read(storage, key);
      if (found !== undefined && !equalBytes(found, bytes)) torn = `${found.length} of ${bytes.length} bytes`;
      await new Promise((resolve) => setTimeout(resolve, 0));
    }
    await creating;
    check(torn === '', `a reader saw ${torn}`);
  },
});

function smallChunks(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>({
    pull(controller) {
      controller.enqueue(bytes.slice(at, at + size));
      at += size;
      if (at >= bytes.length) controller.close();
    },
  });
}

/** Each chunk comes in the buffer of the one before. */
function oneBuffer(bytes: Uint8Array, size: number): ReadableStream<Uint8Array> {
  const buffer = new Uint8Array(size);
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (at >= bytes.length) return controller.close();
        buffer.set(bytes.subarray(at, at + size));
        controller.enqueue(buffer.subarray(0, Math.min(size, bytes.length - at)));
        at += size;
      },
    },
    { highWaterMark: 0 },
  );
}

interface Fault {
  readonly size: number;
  readonly delivered: number;
  readonly ending: Ending;
}

/** Small and past any buffer, at the very beginning and at the very end. */
const failures: Readonly<Record<string, Fault>> = {
  'at once': { size: 1000, delivered: 0, ending: 'fail' },
  'after some bytes': { size: 1000, delivered: 400, ending: 'fail' },
  'after its last byte': { size: 1000, delivered: 1000, ending: 'fail' },
  'in the middle of a big object': { size: 1_000_000, delivered: 600_000, ending: 'fail' },
};

const lies: Readonly<Record<string, Fault>> = {
  'delivers nothing of 10 bytes': { size: 10, delivered: 0, ending: 'close' },
  'delivers one byte less': { size: 1000, delivered: 999, ending: 'close' },
  'delivers one byte more': { size: 1000, delivered: 1001, ending: 'close' },
  'delivers a byte where it announced none': { size: 0, delivered: 1, ending: 'close' },
  'delivers half of a big object': { size: 1_000_000, delivered: 500_000, ending: 'close' },
  'delivers twice a big object': { size: 500_000, delivered: 1_000_000, ending: 'close' },
};

const sourceFailure = [
  ...Object.entries(failures).flatMap(([when, fault]) =>
    casesOf('source-failure', {
      [`rejects when the source fails ${when}`]: async ({ storage }, check: Check) => {
        const result = await outcome(storage.create(key, probeSource(fault.size, fault.delivered, fault.ending)));
        check('error' in result, 'create() resolved although its source failed');
        await checkAbsent(check, storage, key, 'its source failed');
        // A create that should win is told in terms of this clause: a leftover would be in its way.
        const again = await storage.create(key, text('good'));
        check(again.created, 'the key is taken although nothing was created');
      },
    }),
  ),
  ...casesOf('source-failure', {
    'rejects when the source fails in its third part': async ({ storage, limits }, check: Check) => {
      const size = 3 * limits.partSize;
      const result = await outcome(storage.create(key, probeSource(size, size - 1000, 'fail')));
      check('error' in result, 'create() resolved although its source failed');
      await checkAbsent(check, storage, key, 'its source failed');
    },
    'rejects when the source cannot be opened': async ({ storage }, check: Check) => {
      const stream = (): never => {
        throw new Error('cannot open');
      };
      const result = await outcome((async () => storage.create(key, { size: 3, stream }))());
      check('error' in result, 'create() resolved although its source could not be opened');
      await checkAbsent(check, storage, key, 'its source could not be opened');
    },
  }),
];

const sourceSize = [
  ...casesOf('source-size', {
    'rejects a source that ends in its third part': async ({ storage, limits }, check: Check) => {
      const source = probeSource(3 * limits.partSize, 3 * limits.partSize - 1, 'close');
      await rejectsWith(check, () => storage.create(key, source), 'invalid_argument', 'create()');
      await checkAbsent(check, storage, key, 'its source was refused');
    },
  }),
  ...liesOf(),
];

function liesOf(): ConformanceCase[] {
  return Object.entries(lies).flatMap(([how, fault]) =>
    casesOf('source-size', {
      [`rejects a source that ${how}`]: async ({ storage }, check: Check) => {
        const source = probeSource(fault.size, fault.delivered, fault.ending);
        await rejectsWith(check, () => storage.create(key, source), 'invalid_argument', 'create()');
        await checkAbsent(check, storage, key, 'its source was refused');
      },
    }),
  );
}

/** Everything about wholeness. */
export const wholeCases: readonly ConformanceCase[] = [...whole, ...sourceFailure, ...sourceSize];
