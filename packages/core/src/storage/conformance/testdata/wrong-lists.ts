// Storages that list wrongly.

import { listEverything, type WrongStorage, wrong } from './wrong.ts';

/** Storages that list wrongly. */
export const wrongLists: Readonly<Record<string, WrongStorage>> = {
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
      const page = await inner.list(options);
      const known = (await listEverything(inner)).some((object) => object.key === options?.after);
      return known ? page : inner.list({ ...options, after: undefined });
    },
  })),

  'goes on at the next key but one when `after` was deleted': wrong('list-after', (inner) => {
    const deleted = new Set<string>();
    return {
      delete: async (key, options) => {
        await inner.delete(key, options);
        deleted.add(key);
      },
      list: async (options) => {
        const page = await inner.list(options);
        return deleted.has(options?.after ?? '') ? { ...page, objects: page.objects.slice(1) } : page;
      },
    };
  }),

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
};
