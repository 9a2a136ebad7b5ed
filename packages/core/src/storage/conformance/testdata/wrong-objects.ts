// Storages that are wrong about ranges, keys, facts and lives of objects.

import { GoModKitError } from '../../../errors/error.ts';
import { resolveRange } from '../../plugin.ts';
import type { ObjectInfo } from '../../storage.ts';
import { cut, listEverything, type WrongStorage, withObject, wrong } from './wrong.ts';

/** Storages that are wrong about ranges, keys, facts and lives of objects. */
export const wrongObjects: Readonly<Record<string, WrongStorage>> = {
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

  'folds `+` into a space': wrong('keys', (inner) => {
    const fold = (key: string): string => key.replaceAll('x+y', 'x y');
    return {
      get: (key, options) => inner.get(fold(key), options),
      create: (key, source, options) => inner.create(fold(key), source, options),
    };
  }),

  'takes keys of 901 bytes': wrong('hostile-keys', (inner) => ({
    head: (key, options) => inner.head(key.length === 901 ? key.slice(1) : key, options),
  })),

  'lists after anything': wrong('hostile-keys', (inner) => ({
    list: (options) => inner.list(options?.after?.includes('\0') ? { ...options, after: '' } : options),
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

  'cuts ranges at the borders of parts': wrong('range', (inner) => ({
    get: async (key, options) => {
      const object = await inner.get(key, options);
      const left = 256 * 1024 - (options?.range?.start ?? Number.POSITIVE_INFINITY);
      return object && left > 0 && left < 10 ? { ...object, body: cut(object.body, left) } : object;
    },
  })),

  'signs URLs that nobody can follow': wrong('signed-url', (inner) => ({
    signedUrl: async (key, { expiresIn = 900, signal } = {}) => {
      await inner.head(key, { signal });
      if (Number.isInteger(expiresIn) && expiresIn > 0 && expiresIn <= 604_800) return `bucket/${key}`;
      throw new GoModKitError('invalid_argument', `expiresIn is ${expiresIn}`);
    },
  })),

  'signs for ever': wrong('signed-url', (inner) => ({
    signedUrl: async (key, { signal } = {}) => {
      await inner.head(key, { signal });
      throw new GoModKitError('unsupported', 'no key to sign with');
    },
  })),

  'breaks bodies off when it is closed': wrong('close', (inner) => {
    let closed = false;
    return {
      get: async (key, options) => {
        const object = await inner.get(key, options);
        const stop = new TransformStream<Uint8Array, Uint8Array>(
          {
            transform(chunk, controller) {
              if (closed) controller.error(new GoModKitError('closed', 'the storage is closed'));
              else controller.enqueue(chunk);
            },
          },
          undefined,
          { highWaterMark: 0 },
        );
        return object && { ...object, body: options === undefined ? object.body.pipeThrough(stop) : object.body };
      },
      close: async () => {
        closed = true;
        await inner.close();
      },
    };
  }),

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
