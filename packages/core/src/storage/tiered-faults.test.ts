import { describe, expect, it } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { memoryStorage } from './memory.ts';
import type { Storage, StoredObject } from './storage.ts';
import { tieredStorage } from './tiered.ts';

const key = 'example.com/m/@v/v1.0.0.zip';
const content = encodeUtf8('the bytes of a zip');
const never = <T>(): Promise<T> => new Promise<T>(() => {});
const later = () => new Promise((resolve) => setTimeout(resolve, 5));

/** A body of chunks, made one by one when they are asked for. */
function bodyOf(next: (at: number) => Uint8Array | undefined, cancel = () => {}): ReadableStream<Uint8Array> {
  let at = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const chunk = next(at++);
        if (chunk === undefined) controller.close();
        else controller.enqueue(chunk);
      },
      cancel,
    },
    { highWaterMark: 0 },
  );
}

/** Puts another body on what a storage gets from now on. */
function replaceBodies(storage: Storage, body: (object: StoredObject) => ReadableStream<Uint8Array>): void {
  const get = storage.get.bind(storage);
  storage.get = async (name, options) => {
    const object = await get(name, options);
    return object && { ...object, body: body(object) };
  };
}

async function setup(options: { keys?: readonly string[]; fastBytes?: number } = {}) {
  const { keys = [key], ...rest } = options;
  const [fast, slow, errors]: [Storage, Storage, unknown[]] = [memoryStorage(), memoryStorage(), []];
  for (const name of keys) await slow.create(name, bytesSource(content));
  const tiered = tieredStorage({ fast, slow, onError: (error) => errors.push(error), ...rest });
  const open = async (name = key): Promise<ReadableStream<Uint8Array>> => {
    const object = await tiered.get(name);
    if (object === undefined) throw new Error(`${name} is missing`);
    return object.body;
  };
  const read = async (name = key): Promise<Uint8Array> => {
    const bytes = await readAll(await open(name));
    await tiered.idle();
    return bytes;
  };
  const kept = async (): Promise<number> => (await fast.list()).objects.length;
  return { tiered, fast, slow, errors, open, read, kept };
}

const breaking = () =>
  bodyOf((at) => {
    if (at === 0) return content.slice(0, 4);
    throw new Error('bad sector');
  });

describe('tiered storage, when bodies end otherwise', () => {
  it('tells of a kept body that broke off, and keeps the object anew', async () => {
    const { fast, errors, read, kept } = await setup();
    await read();
    const get = fast.get;
    replaceBodies(fast, breaking);
    expect(await read()).toEqual(content);
    expect(errors).toEqual([new Error('bad sector')]);
    expect(await kept()).toBe(0);
    fast.get = get;
    await read();
    expect([await kept(), errors.length]).toEqual([1, 1]);
  });

  it('closes what the slow storage opens for a reader that left meanwhile', async () => {
    const { fast, slow, open, read } = await setup();
    await read();
    replaceBodies(fast, breaking);
    let [answer, cancelled] = [() => {}, false];
    const get = slow.get.bind(slow);
    slow.get = async (name, options) => {
      const object = await get(name, options);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      const body = bodyOf(
        () => content,
        () => {
          cancelled = true;
        },
      );
      return object && { ...object, body };
    };
    const reader = (await open()).getReader();
    await reader.read();
    const reading = reader.read();
    await later();
    await reader.cancel();
    answer();
    await reading;
    await later();
    expect(cancelled).toBe(true);
  });

  it('asks the slow storage for nothing when a reader leaves in the middle of a kept body', async () => {
    const { fast, slow, errors, open, read } = await setup();
    await read();
    replaceBodies(fast, () => new ReadableStream({ pull: () => never<void>() }, { highWaterMark: 0 }));
    const reader = (await open()).getReader();
    const reading = reader.read();
    await later();
    let asked = 0;
    slow.get = async () => {
      asked++;
      return undefined;
    };
    await reader.cancel();
    await reading;
    await later();
    expect([asked, errors]).toEqual([0, []]);
  });

  it('collects no more of a body than its object has, and gives its turn away', async () => {
    const keys = Array.from({ length: 9 }, (_, i) => `${i}.zip`);
    const { slow, open, read, kept } = await setup({ keys });
    const get = slow.get;
    replaceBodies(slow, () => bodyOf(() => content));
    for (const name of keys.slice(0, 8)) {
      const reader = (await open(name)).getReader();
      for (let i = 0; i < 2; i++) await reader.read();
    }
    slow.get = get;
    await read('8.zip');
    expect(await kept()).toBe(1);
  });
});

describe('tiered storage and deletions', () => {
  it('keeps nothing that was deleted while it was read', async () => {
    const { tiered, open, kept } = await setup();
    const body = await open();
    await tiered.delete?.(key);
    await readAll(body);
    await tiered.idle();
    expect(await kept()).toBe(0);
  });

  it('keeps nothing that was deleted while it was written', async () => {
    const { tiered, fast, open, kept } = await setup();
    const create = fast.create.bind(fast);
    fast.create = async (...args) => {
      await tiered.delete?.(key);
      return create(...args);
    };
    await readAll(await open());
    await tiered.idle();
    expect(await kept()).toBe(0);
  });
});

describe('the bound of a tiered storage', () => {
  const keys = Array.from({ length: 6 }, (_, i) => `${i}.zip`);

  it('holds where the fast storage fails to delete; what can be deleted makes room after all', async () => {
    const { fast, errors, read, kept } = await setup({ keys, fastBytes: 2 * content.length });
    const remove = fast.delete?.bind(fast);
    fast.delete = async () => {
      throw new Error('not permitted');
    };
    for (const name of keys) await read(name);
    expect([await kept(), errors.length]).toEqual([2, 4]);
    const [stuck] = (await fast.list()).objects;
    fast.delete = async (name) => {
      if (name === stuck?.key) throw new Error('not permitted');
      await remove?.(name);
    };
    for (const name of keys) await read(name);
    expect(await kept()).toBe(2);
    expect((await fast.list()).objects.map((object) => object.key)).toContain(stuck?.key);
    expect(errors.length).toBeLessThan(4 + keys.length);
  });

  it('counts what was put there while another read missed it', async () => {
    const { fast, open, read, kept } = await setup({ keys, fastBytes: content.length });
    const first = await open('0.zip');
    const get = fast.get.bind(fast);
    let answer = () => {};
    fast.get = async (...args) => {
      const missed = await get(...args);
      await new Promise<void>((resolve) => {
        answer = resolve;
      });
      return missed;
    };
    const second = open('0.zip');
    await later();
    await readAll(first);
    await later();
    expect(await kept()).toBe(1);
    answer();
    await (await second).cancel();
    fast.get = get;
    await read('1.zip');
    expect(await kept()).toBe(1);
  });

  it('is counted again after the fast storage failed to list once', async () => {
    const { fast, read, kept } = await setup();
    const list = fast.list.bind(fast);
    fast.list = async () => {
      fast.list = list;
      throw new Error('busy');
    };
    await read();
    expect(await kept()).toBe(0);
    await read();
    expect(await kept()).toBe(1);
  });
});

describe('a fast storage that does not react', () => {
  it('holds up no read that is cancelled, and what it opens later is closed', async () => {
    const { tiered, fast, read } = await setup();
    await read();
    let cancelled = false;
    const get = fast.get.bind(fast);
    fast.get = async (name) => {
      const object = await get(name);
      await later();
      return (
        object && {
          ...object,
          body: bodyOf(
            () => content,
            () => {
              cancelled = true;
            },
          ),
        }
      );
    };
    const stop = new AbortController();
    const reading = tiered.get(key, { signal: stop.signal });
    await Promise.resolve();
    stop.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
    await later();
    await later();
    expect(cancelled).toBe(true);
  });

  it('holds up no deletion that is cancelled', async () => {
    const { tiered, fast, read, slow } = await setup();
    await read();
    fast.delete = () => never<void>();
    await expect(tiered.delete?.(key, { signal: AbortSignal.timeout(10) })).rejects.toMatchObject({
      name: 'TimeoutError',
    });
    expect(await slow.head(key)).toBeUndefined();
  });
});
