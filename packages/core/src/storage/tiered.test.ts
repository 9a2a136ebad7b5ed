import { describe, expect, it } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { describeStorage } from './conformance/index.ts';
import { memoryStorage } from './memory.ts';
import type { Storage, StoredObject } from './storage.ts';
import { type TieredStorage, tieredStorage } from './tiered.ts';

describeStorage(
  'tiered, memory over memory',
  { open: () => tieredStorage({ fast: memoryStorage(), slow: memoryStorage(), keeps: () => true }) },
  { describe, it },
);

const key = 'example.com/m/@v/v1.0.0.zip';
const content = encodeUtf8('the bytes of a zip');

/** Notes which methods are called. */
function noting(storage: Storage, calls: string[]): Storage {
  return new Proxy(storage, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...args: unknown[]) => {
        calls.push(String(name));
        return value.apply(target, args);
      };
    },
  });
}

function setup(options: { fast?: Storage; fastBytes?: number; objectBytes?: number } = {}) {
  const [slowCalls, errors]: [string[], unknown[]] = [[], []];
  const slow = memoryStorage();
  const { fast = memoryStorage(), ...rest } = options;
  const tiered = tieredStorage({
    fast,
    slow: noting(slow, slowCalls),
    onError: (error) => errors.push(error),
    ...rest,
  });
  const read = async (name = key): Promise<string | undefined> => {
    const object = await tiered.get(name);
    const text = object && new TextDecoder().decode(await readAll(object.body));
    await tiered.idle();
    return text;
  };
  return { tiered, slow, fast, slowCalls, errors, read };
}

const text = 'the bytes of a zip';

describe('tiered storage', () => {
  it('reads a zip from the slow storage once, and then only asks whether it is still there', async () => {
    const { tiered, slowCalls, read, fast } = setup();
    await tiered.create(key, bytesSource(content));
    expect(await read()).toBe(text);
    expect(await read()).toBe(text);
    expect(slowCalls).toEqual(['create', 'head', 'get', 'head']);
    expect((await fast.list()).objects).toMatchObject([{ size: content.length }]);
  });

  it('answers ranges of what it keeps, and keeps no ranges', async () => {
    const { tiered, slowCalls, read } = setup();
    await tiered.create(key, bytesSource(content));
    const range = async () => {
      const object = (await tiered.get(key, { range: { start: 4, end: 9 } })) as StoredObject;
      expect([object.range, object.size]).toEqual([{ start: 4, end: 9 }, content.length]);
      return new TextDecoder().decode(await readAll(object.body));
    };
    expect([await range(), await range()]).toEqual(['bytes', 'bytes']);
    await read();
    expect(await range()).toBe('bytes');
    expect(slowCalls.filter((call) => call === 'get')).toHaveLength(3);
  });

  it('keeps zips alone, unless told otherwise, and nothing that is too large or was not read to its end', async () => {
    const { tiered, fast, read } = setup({ objectBytes: 10 });
    await tiered.create(key, bytesSource(content));
    await tiered.create('example.com/m/@v/v1.0.0.mod', bytesSource(content));
    await read();
    await read('example.com/m/@v/v1.0.0.mod');
    const other = setup();
    await other.tiered.create(key, bytesSource(content));
    await (await other.tiered.get(key))?.body.cancel();
    await other.tiered.idle();
    expect([...(await fast.list()).objects, ...(await other.fast.list()).objects]).toEqual([]);
  });

  it('serves nothing that was deleted, here or elsewhere, and no old bytes under a key that was created anew', async () => {
    const { tiered, slow, fast, read } = setup();
    await tiered.create(key, bytesSource(content));
    await read();
    await slow.delete?.(key);
    expect(await read()).toBeUndefined();
    await slow.create(key, bytesSource(encodeUtf8('something else')));
    expect(await read()).toBe('something else');
    await tiered.delete?.(key);
    expect(await read()).toBeUndefined();
    // What another process deleted stays until it makes room.
    expect((await fast.list()).objects).toHaveLength(1);
  });

  it('makes room by what was unused longest, also for what an earlier process left', async () => {
    const fast = memoryStorage();
    const keys = ['a.zip', 'b.zip', 'c.zip'];
    const first = setup({ fast });
    for (const name of keys) await first.tiered.create(name, bytesSource(content));
    for (const name of keys) await first.read(name);
    expect((await fast.list()).objects).toHaveLength(3);
    const second = tieredStorage({ fast, slow: first.slow, fastBytes: 2 * content.length });
    await first.slow.create('d.zip', bytesSource(content));
    for (const name of ['a.zip', 'd.zip']) {
      const object = await second.get(name);
      if (object) await readAll(object.body);
    }
    await second.idle();
    expect((await fast.list()).objects).toHaveLength(2);
    await first.slow.delete?.('a.zip');
    expect(await second.get('a.zip')).toBeUndefined();
  });

  it('collects few objects at once, and takes turns again when their bodies end in any way', async () => {
    const { tiered, fast, read } = setup();
    const keys = Array.from({ length: 9 }, (_, i) => `${i}.zip`);
    for (const name of keys) await tiered.create(name, bytesSource(content));
    const bodies = [];
    for (const name of keys) bodies.push((await tiered.get(name))?.body);
    for (const [i, body] of bodies.entries()) if (body) await (i < 7 ? body.cancel() : readAll(body));
    await tiered.idle();
    expect((await fast.list()).objects).toHaveLength(1);
    for (const name of keys) await read(name);
    expect((await fast.list()).objects).toHaveLength(9);
  });

  it('can what the slow storage can', () => {
    const { get, head, create, list } = bound(memoryStorage());
    const bare = tieredStorage({ fast: memoryStorage(), slow: { get, head, create, list } });
    expect([bare.delete, bare.sweep, bare.signedUrl]).toEqual([undefined, undefined, undefined]);
    const signing = { get, head, create, list, signedUrl: async () => 'https://bucket.example.com/x' };
    expect(tieredStorage({ fast: memoryStorage(), slow: signing }).signedUrl).toBeDefined();
  });

  it.each([0, -1, Number.NaN])('refuses %s bytes', (fastBytes) => {
    expect(() => setup({ fastBytes })).toThrow(/fastBytes/);
  });
});

describe('a fast storage that fails', () => {
  const broken = (): never => {
    throw new Error('the disk is gone');
  };
  const fails = async (): Promise<never> => broken();

  it.each<[string, Partial<Storage>]>([
    ['to read', { get: fails }],
    ['to list', { list: fails }],
    ['to keep', { create: fails }],
    ['to delete', { delete: fails }],
    ['synchronously', { get: broken, create: broken }],
  ])('%s changes no answer and is reported', async (_, part) => {
    const fast = Object.assign(memoryStorage(), part);
    const { tiered, errors, read } = setup({ fast });
    await tiered.create(key, bytesSource(content));
    expect([await read(), await read()]).toEqual([text, text]);
    await tiered.delete?.(key);
    expect(await read()).toBeUndefined();
    expect(errors).toContainEqual(new Error('the disk is gone'));
    await tiered.close();
  });

  it.each(['breaks off', 'ends early'])('a body that %s goes on from the slow storage', async (how) => {
    const fast = memoryStorage();
    const get = fast.get.bind(fast);
    fast.get = async (name, options) => {
      const object = await get(name, options);
      let at = 0;
      const body = new ReadableStream<Uint8Array>({
        pull(controller) {
          if (at++ === 0) controller.enqueue(content.slice(0, 4));
          else if (how === 'breaks off') controller.error(new Error('bad sector'));
          else controller.close();
        },
      });
      return object && { ...object, body };
    };
    const { tiered, read, slowCalls } = setup({ fast });
    await tiered.create(key, bytesSource(content));
    expect([await read(), await read()]).toEqual([text, text]);
    expect(slowCalls).toEqual(['create', 'head', 'get', 'head', 'get']);
  });

  it('that is full and cannot delete keeps what it has', async () => {
    const { get, head, create, list } = bound(memoryStorage());
    const { tiered, read } = setup({ fast: { get, head, create, list }, fastBytes: content.length });
    for (const name of ['a.zip', 'b.zip']) await tiered.create(name, bytesSource(content));
    expect([await read('a.zip'), await read('b.zip'), await read('a.zip')]).toEqual([text, text, text]);
    expect((await list()).objects).toHaveLength(1);
  });

  it('does not hold up close()', async () => {
    const fast = Object.assign(memoryStorage(), {
      create: () => new Promise<never>(() => {}),
    });
    const { tiered, slow, errors } = setup({ fast });
    await tiered.create(key, bytesSource(content));
    const object = await tiered.get(key);
    if (object) await readAll(object.body);
    await (tiered satisfies TieredStorage).close();
    expect(errors).toEqual([]);
    await expect(slow.head(key)).rejects.toMatchObject({ code: 'closed' });
  });
});

function bound(storage: Storage): Storage {
  return {
    get: storage.get.bind(storage),
    head: storage.head.bind(storage),
    create: storage.create.bind(storage),
    list: storage.list.bind(storage),
  };
}
