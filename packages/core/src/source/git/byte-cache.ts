// What was used last, up to so many bytes.

/** Values with a size, dropped when they have not been used for longest. */
export interface ByteCache<K, V> {
  get(key: K): V | undefined;
  set(key: K, value: V): void;
  clear(): void;
}

/** What an entry takes besides its value: else values of no bytes would never be dropped. */
const entryBytes = 256;

/** A cache of `limit` bytes. What alone takes more than a quarter is not kept, unless `keepsAny`. */
export function byteCache<K, V>(limit: number, sizeOf: (value: V) => number, keepsAny = false): ByteCache<K, V> {
  const entries = new Map<K, V>();
  const weigh = (value: V): number => sizeOf(value) + entryBytes;
  let held = 0;
  return {
    get(key) {
      const value = entries.get(key);
      if (value !== undefined) {
        entries.delete(key);
        entries.set(key, value);
      }
      return value;
    },
    set(key, value) {
      const size = weigh(value);
      if (entries.has(key) || (!keepsAny && size > limit / 4)) return;
      entries.set(key, value);
      held += size;
      for (const [oldest, other] of entries) {
        if (held <= limit || oldest === key) break;
        entries.delete(oldest);
        held -= weigh(other);
      }
    },
    clear() {
      entries.clear();
      held = 0;
    },
  };
}
