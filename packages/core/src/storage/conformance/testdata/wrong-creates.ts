// Storages that create wrongly.

import { type ByteSource, bytesSource, concatBytes, readAll } from '../../../bytes/source.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { memoryStorage } from '../../memory.ts';
import { sourceChunks } from '../../plugin.ts';
import { copyOf, cut, type WrongStorage, withSource, wrong } from './wrong.ts';

/** Storages that create wrongly. */
export const wrongCreates: Readonly<Record<string, WrongStorage>> = {
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

  'loses what lies behind the second part': wrong('whole', (inner) => ({
    get: async (key, options) => {
      const object = await inner.get(key, options);
      if (object === undefined || !key.startsWith('parts/')) return object;
      return { ...object, body: cut(object.body, 2 * 256 * 1024) };
    },
  })),

  'keeps the chunks of its sources': wrong('whole', (inner) => ({
    create: withSource(inner, async (source, options) => {
      const chunks: Uint8Array[] = [];
      for await (const chunk of sourceChunks(source, options)) chunks.push(chunk);
      const whole = concatBytes(chunks, source.size);
      return bytesSource(whole);
    }),
  })),

  'hands out its own bytes': wrong('whole', (inner) => {
    const handed = new Map<string, Uint8Array>();
    return {
      get: async (key, options) => {
        const object = await inner.get(key, options);
        if (object === undefined || options !== undefined || object.size !== 50_000) return object;
        const bytes = handed.get(key) ?? (await readAll(object.body));
        handed.set(key, bytes);
        const body = new ReadableStream<Uint8Array>({
          start(controller) {
            controller.enqueue(bytes);
            controller.close();
          },
        });
        return { ...object, body };
      },
    };
  }),

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

  'goes on when cancelled after the last byte': wrong('abort', (inner) => ({
    create: (key, source, options) => {
      if (source.size !== 1000 || options?.signal === undefined) return inner.create(key, source, options);
      const { signal } = options;
      const gate = new AbortController();
      let left = source.size;
      // Takes the size for the end, and does not look at the signal any more.
      const stop = (): void => {
        if (left > 0) gate.abort(signal.reason);
      };
      if (signal.aborted) stop();
      signal.addEventListener('abort', stop);
      const counted = new TransformStream<Uint8Array, Uint8Array>({
        transform(chunk, controller) {
          controller.enqueue(chunk);
          left -= chunk.length;
          if (left === 0) controller.terminate();
        },
      });
      const early = { size: source.size, stream: () => source.stream().pipeThrough(counted) };
      return inner.create(key, early, { ...options, signal: gate.signal });
    },
  })),

  'reports cancelled reads as faults': wrong('abort', (inner) => ({
    head: async (key, options) => {
      const found = await inner.head(key, options);
      if (options?.signal?.aborted) throw new GoModKitError('storage_unavailable', 'the connection was closed');
      return found;
    },
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
};
