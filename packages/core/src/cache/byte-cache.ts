// Hot small answers in memory, bounded by bytes.
//
// Invariants:
// - The weights of all entries together never pass `maxBytes`; the least recently used go first.
// - An entry that would take more than a quarter of the room is not kept at all: one huge go.mod must not empty the cache.
// - An entry past its end is never returned.
// - Callers put in only what never changes, or name an end.

/** What an entry costs beyond its value: map slot, slot object, closure-free bookkeeping. Measured, rounded up. */
export const entryOverhead = 160;

/** One kind of value in a {@link ByteCache}. Sections share the room, never the names. */
export interface CacheSection<V> {
  /** The value, which becomes the most recently used; undefined when it is not there or past its end. */
  get(name: string): V | undefined;
  /** Keeps `value`, for at most `milliseconds` if given. */
  set(name: string, value: V, milliseconds?: number | undefined): void;
  delete(name: string): void;
}

/** Options of {@link ByteCache.section}. */
export interface SectionOptions<V> {
  /** The bytes that `value` holds on to, its name and the entry itself not counted. */
  readonly weigh: (value: V) => number;
  /** Called whenever a name leaves the section, whatever the reason; or was never kept; not when its value is replaced. */
  readonly onDrop?: ((name: string) => void) | undefined;
}

/** A cache for values of several kinds, bounded by the bytes of all of them. */
export interface ByteCache {
  section<V>(options: SectionOptions<V>): CacheSection<V>;
  /** Bytes in use, by weight. */
  readonly bytes: number;
}

interface Slot {
  readonly value: unknown;
  readonly weight: number;
  /** Milliseconds since the epoch; Infinity for what never changes. */
  readonly end: number;
  readonly drop: (() => void) | undefined;
}

/** Creates a {@link ByteCache}; `now` is a clock in milliseconds. */
export function createByteCache(options: { readonly maxBytes: number; readonly now: () => number }): ByteCache {
  const { maxBytes, now } = options;
  // A Map iterates in insertion order, so the first key is the least recently used one.
  const slots = new Map<string, Slot>();
  let bytes = 0;
  let sections = 0;

  const remove = (key: string, slot: Slot, dropped: boolean): void => {
    slots.delete(key);
    bytes -= slot.weight;
    if (dropped) slot.drop?.();
  };
  const makeRoom = (): void => {
    for (const [key, slot] of slots) {
      if (bytes <= maxBytes) return;
      remove(key, slot, true);
    }
  };

  return {
    section<V>({ weigh, onDrop }: SectionOptions<V>): CacheSection<V> {
      const prefix = `${sections++} `;
      return {
        get(name) {
          const key = prefix + name;
          const slot = slots.get(key);
          if (slot === undefined) return undefined;
          if (slot.end <= now()) {
            remove(key, slot, true);
            return undefined;
          }
          slots.delete(key);
          slots.set(key, slot);
          return slot.value as V;
        },
        set(name, value, milliseconds = Number.POSITIVE_INFINITY) {
          const key = prefix + name;
          const old = slots.get(key);
          const weight = weigh(value) + 2 * key.length + entryOverhead;
          const kept = weight <= maxBytes / 4;
          if (old !== undefined) remove(key, old, false);
          if (!kept) {
            onDrop?.(name);
            return;
          }
          const drop = onDrop === undefined ? undefined : () => onDrop(name);
          slots.set(key, { value, weight, end: now() + milliseconds, drop });
          bytes += weight;
          makeRoom();
        },
        delete(name) {
          const key = prefix + name;
          const slot = slots.get(key);
          if (slot !== undefined) remove(key, slot, true);
        },
      };
    },
    get bytes() {
      return bytes;
    },
  };
}
