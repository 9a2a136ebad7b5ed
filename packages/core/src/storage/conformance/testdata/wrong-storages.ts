// Storages that each break one clause of the contract, to judge the judge.
//
// Each is memoryStorage with one method replaced; `breaks` is the clause that must be named, and no other may be.

import { type ByteSource, bytesSource, readAll } from '../../../bytes/source.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { memoryStorage } from '../../memory.ts';
import { resolveRange } from '../../plugin.ts';
import type { CreateOptions, ObjectInfo, Storage, StoredObject } from '../../storage.ts';
import type { Clause } from '../case.ts';

/** A storage that is wrong in one way. */
export interface WrongStorage {
  readonly breaks: Clause;
  readonly make: () => Storage;
}

type Inner = Required<Pick<Storage, 'delete' | 'close'>> & Storage;

/** Memory storage with some methods replaced by `change`. */
function wrong(breaks: Clause, change: (inner: Inner) => Partial<Storage>): WrongStorage {
  const make = (): Storage => {
    const inner = memoryStorage() as Inner;
    return {
      get: (key, options) => inner.get(key, options),
      head: (key, options) => inner.head(key, options),
      create: (key, source, options) => inner.create(key, source, options),
      list: (options) => inner.list(options),
      delete: (key, options) => inner.delete(key, options),
      close: () => inner.close(),
      ...change(inner),
    };
  };
  return { breaks, make };
}

/** Replaces what create() stores. */
function withSource(
  inner: Inner,
  replace: (source: ByteSource, options?: CreateOptions) => Promise<ByteSource>,
): Storage['create'] {
  return async (key, source, options) => {
    await inner.head(key, options);
    if (await inner.head(key)) return { created: false };
    return inner.create(key, await replace(source, options), options);
  };
}

/** Changes each object that get() opens. */
function withObject(inner: Inner, change: (object: StoredObject) => StoredObject): Storage['get'] {
  return async (key, options) => {
    const object = await inner.get(key, options);
    return object && change(object);
  };
}

function cut(body: ReadableStream<Uint8Array>, limit: number): ReadableStream<Uint8Array> {
  let left = limit;
  return body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        if (left > 0) controller.enqueue(chunk.subarray(0, left));
        left -= chunk.length;
      },
    }),
  );
}

async function listEverything(inner: Inner): Promise<readonly ObjectInfo[]> {
  return (await inner.list({ limit: 100_000 })).objects;
}

/** Every storage here must fail the clause that it breaks, and no other. */
export const wrongStorages: Readonly<Record<string, WrongStorage>> = {
  'stores another length in head()': wrong('create', (inner) => ({
    head: async (key, options) => {
      const found = await inner.head(key, options);
      return found?.size === 5 ? { ...found, size: 6 } : found;
    },
  })),

  'finds a folder': wrong('create', (inner) => ({
    head: async (key, options) =>
      key === 'example.com/m/@v' ? (await inner.list({ prefix: key })).objects[0] : inner.head(key, options),
  })),

  'overwrites and admits nothing': wrong('write-once', (inner) => ({
    create: async (key, source, options) => {
      const present = await inner.head(key, options);
      const result = await inner.create(key, source, options);
      if (!present || result.created) return result;
      const bytes = await readAll(source.stream());
      await inner.delete(key);
      await inner.create(key, bytesSource(bytes));
      return { created: false };
    },
  })),

  'says created: true for equal bytes': wrong('write-once', (inner) => ({
    create: async (key, source, options) => {
      const present = await inner.head(key, options);
      const result = await inner.create(key, source, options);
      return present && present.size === 4 && source.size === 4 ? { created: true } : result;
    },
  })),

  'checks, then puts': wrong('race', (inner) => ({
    create: async (key, source, options) => {
      if (await inner.head(key, options)) return { created: false };
      // Between the check and the put is all the time in the world.
      const private_ = memoryStorage();
      await private_.create(key, source, options);
      const bytes = await readAll((await private_.get(key))?.body ?? new ReadableStream());
      options?.signal?.throwIfAborted();
      const end = await inner.create(key, bytesSource(bytes));
      if (!end.created) {
        await inner.delete(key);
        await inner.create(key, bytesSource(bytes));
      }
      return { created: true };
    },
  })),

  'reports lost races as faults': wrong('race', (inner) => {
    const busy = new Set<string>();
    return {
      create: async (key, source, options) => {
        if (busy.has(key)) throw new GoModKitError('storage_unavailable', 'somebody else is creating it');
        busy.add(key);
        try {
          return await inner.create(key, source, options);
        } finally {
          busy.delete(key);
        }
      },
    };
  }),

  'cuts long reads': wrong('whole', (inner) => ({
    get: async (key, options) => {
      const object = await inner.get(key, options);
      if (object === undefined || options?.range !== undefined) return object;
      return object.size > 600_000 && options?.signal === undefined
        ? { ...object, body: cut(object.body, 600_000) }
        : object;
    },
  })),

  'shows objects while they are written': wrong('whole', (inner) => {
    const writing = new Map<string, ByteSource>();
    return {
      head: async (key, options) => {
        const found = await inner.head(key, options);
        const source = writing.get(key);
        if (found || !source) return found;
        return { key, size: source.size, etag: 'writing', modified: new Date() };
      },
      create: async (key, source, options) => {
        const present = await inner.head(key, options);
        if (!present) writing.set(key, source);
        try {
          return await inner.create(key, source, options);
        } finally {
          writing.delete(key);
        }
      },
    };
  }),

  'keeps what a failing source delivered': wrong('source-failure', (inner) => ({
    create: withSource(inner, async (source, options) => {
      const private_ = memoryStorage();
      try {
        await private_.create('x', source, options);
      } catch (error) {
        if (error instanceof Error && error.name === 'SourceFault') return bytesSource(new Uint8Array(1));
        throw error;
      }
      return copyOf(private_);
    }),
  })),

  'takes short sources': wrong('source-size', (inner) => ({
    create: withSource(inner, async (source, options) => {
      try {
        const private_ = memoryStorage();
        await private_.create('x', source, options);
        return await copyOf(private_);
      } catch (error) {
        if (!(error instanceof GoModKitError) || error.code !== 'invalid_argument' || source.size === 0) throw error;
        return bytesSource(new Uint8Array(1));
      }
    }),
  })),

  'ignores signals of reads': wrong('abort', (inner) => ({
    get: (key, options) => inner.get(key, { ...options, signal: undefined }),
    head: (key) => inner.head(key),
  })),

  'wraps the reason of an abort': wrong('abort', (inner) => ({
    create: (key, source, options) =>
      inner.create(key, source, options).catch((error: unknown) => {
        throw options?.signal?.aborted ? new Error('aborted', { cause: error }) : error;
      }),
  })),

  'leaves sources open': wrong('release', (inner) => ({
    create: (key, source, options) =>
      inner.create(
        key,
        {
          size: source.size,
          // Forwards the bytes but not the cancel.
          stream: () => {
            const reader = source.stream().getReader();
            return new ReadableStream<Uint8Array>(
              {
                async pull(controller) {
                  const { done, value } = await reader.read();
                  if (done) controller.close();
                  else controller.enqueue(value);
                },
              },
              { highWaterMark: 0 },
            );
          },
        },
        options,
      ),
  })),

  'ignores ranges': wrong('range', (inner) => ({
    get: (key, options) => inner.get(key, { signal: options?.signal }),
  })),

  'reads ranges as inclusive': wrong('range', (inner) => ({
    get: (key, options) => {
      const { range } = options ?? {};
      if (range?.end === undefined) return inner.get(key, options);
      return inner.get(key, { ...options, range: { start: range.start, end: range.end + 1 } });
    },
  })),

  'answers an empty body past the end': wrong('range', (inner) => ({
    get: async (key, options) => {
      const found = await inner.head(key, options);
      if (!found || !options?.range || options.range.start < found.size) return inner.get(key, options);
      try {
        resolveRange(key, found.size, options.range);
      } catch (error) {
        if (!(error instanceof GoModKitError) || error.code !== 'range_not_satisfiable') throw error;
      }
      return { ...found, range: { start: 0, end: 0 }, body: new Blob([]).stream() };
    },
  })),

  'sorts by UTF-16 units': wrong('list-order', (inner) => ({
    list: async (options) => {
      const page = await inner.list(options);
      return { ...page, objects: [...page.objects].sort((a, b) => (a.key < b.key ? -1 : 1)) };
    },
  })),

  'walks folders by their bare names': wrong('list-order', (inner) => ({
    list: async (options) => {
      const page = await inner.list(options);
      const walked = (key: string): string => key.replaceAll('/', '\u0001');
      return { ...page, objects: [...page.objects].sort((a, b) => (walked(a.key) < walked(b.key) ? -1 : 1)) };
    },
  })),

  'skips a key at the end of each full page': wrong('list-complete', (inner) => ({
    list: async (options) => {
      const page = await inner.list(options);
      if (!page.more || page.objects.length < 2 || options?.prefix !== undefined) return page;
      return { more: true, objects: page.objects.filter((_, i) => i !== page.objects.length - 2) };
    },
  })),

  'never says there is more': wrong('list-complete', (inner) => ({
    list: async (options) => {
      const page = await inner.list(options);
      return options?.prefix === undefined ? { ...page, more: false } : page;
    },
  })),

  'reads prefixes as folders': wrong('list-prefix', (inner) => ({
    list: async (options) => {
      const { prefix = '' } = options ?? {};
      if (prefix === '' || prefix.endsWith('/')) return inner.list(options);
      return inner.list({ ...options, prefix: `${prefix}/` });
    },
  })),

  'includes `after`': wrong('list-after', (inner) => ({
    list: async (options) => {
      const page = await inner.list(options);
      const { after, prefix = '' } = options ?? {};
      const itself = after?.startsWith(prefix) ? (await listEverything(inner)).find((o) => o.key === after) : undefined;
      // A page of one object would never get on, so that is left out.
      return itself && page.objects.length > 0 ? { ...page, objects: [itself, ...page.objects] } : page;
    },
  })),

  'starts over when `after` is no key': wrong('list-after', (inner) => ({
    list: async (options) => {
      const known = (await listEverything(inner)).some((object) => object.key === options?.after);
      return inner.list(known ? options : { ...options, after: undefined });
    },
  })),

  'lists late': wrong('read-your-creates', (inner) => {
    const listed = new Set<string>();
    return {
      list: async (options) => {
        const page = await inner.list(options);
        const known = page.objects.filter((object) => listed.has(object.key));
        for (const object of page.objects) listed.add(object.key);
        return { objects: known, more: page.more && known.length > 0 };
      },
    };
  }),

  'remembers that a key was absent': wrong('read-your-creates', (inner) => {
    const absent = new Map<string, number>();
    return {
      head: async (key, options) => {
        const seen = absent.get(key) ?? 0;
        const found = await inner.head(key, options);
        if (!found) absent.set(key, seen + 1);
        return found && seen === 1 && found.size === 3 ? undefined : found;
      },
    };
  }),

  'lists temporary objects': wrong('hidden', (inner) => {
    const busy = new Set<string>();
    return {
      create: async (key, source, options) => {
        const present = await inner.head(key, options);
        if (!present) busy.add(`${key}.tmp`);
        try {
          return await inner.create(key, source, options);
        } finally {
          busy.delete(`${key}.tmp`);
        }
      },
      list: async (options) => {
        const page = await inner.list(options);
        const temporary = [...busy].map((key) => ({ key, size: 0, etag: 'tmp', modified: new Date() }));
        return { ...page, objects: [...page.objects, ...temporary] };
      },
    };
  }),

  'decodes percent signs': wrong('keys', (inner) => {
    const decode = (key: string): string => key.replaceAll('%20', ' ');
    return {
      get: (key, options) => inner.get(decode(key), options),
      head: (key, options) => inner.head(decode(key), options),
      create: (key, source, options) => inner.create(decode(key), source, options),
    };
  }),

  'has room for 512 bytes of key': wrong('keys', (inner) => ({
    create: async (key, source, options) => {
      if (key.length > 512 && key.length <= 900) throw new GoModKitError('storage_unavailable', 'key too long');
      return inner.create(key, source, options);
    },
  })),

  'cleans hostile keys': wrong('hostile-keys', (inner) => ({
    get: (key, options) => inner.get(key.replaceAll('//', '/').replace(/^\//, ''), options),
  })),

  'cuts the milliseconds in listings': wrong('info', (inner) => ({
    list: async (options) => {
      const page = await inner.list(options);
      const coarse = (time: Date): Date => new Date(Math.floor(time.getTime() / 1000) * 1000 - 1000);
      return { ...page, objects: page.objects.map((object) => ({ ...object, modified: coarse(object.modified) })) };
    },
  })),

  'makes etags from sizes': wrong('info', (inner) => {
    const weak = <T extends ObjectInfo>(info: T): T => ({ ...info, etag: `size-${info.size}` });
    return {
      get: withObject(inner, weak),
      head: async (key, options) => {
        const found = await inner.head(key, options);
        return found && weak(found);
      },
      list: async (options) => {
        const page = await inner.list(options);
        return { ...page, objects: page.objects.map(weak) };
      },
    };
  }),

  'does not delete': wrong('delete', (inner) => ({
    delete: async (key, options) => {
      await inner.get(key, options);
    },
  })),

  'fails to delete what is absent': wrong('delete', (inner) => ({
    delete: async (key, options) => {
      if (!(await inner.head(key, options))) throw new GoModKitError('not_found', `no ${key}`);
      await inner.delete(key, options);
    },
  })),

  'sweeps objects': wrong('sweep', (inner) => ({
    sweep: async ({ olderThan }) => {
      let count = 0;
      for (const { key, modified } of await listEverything(inner)) {
        if (modified >= olderThan) continue;
        await inner.delete(key);
        count++;
      }
      return count;
    },
  })),

  'goes on after close()': wrong('close', () => ({ close: async () => {} })),

  'closes once only': wrong('close', (inner) => {
    let closed = 0;
    return {
      close: async () => {
        await inner.close();
        // The suite itself closes each storage once more, so that only the second call fails.
        if (++closed === 2) throw new Error('closed already');
      },
    };
  }),
};

async function copyOf(storage: Storage): Promise<ByteSource> {
  return bytesSource(await readAll((await storage.get('x'))?.body ?? new ReadableStream()));
}
