// From many who work to one who reads.
//
// Invariants:
// - Who puts something in while the reader is behind waits, so that what waits to be read stays bounded.
// - Nobody waits for a reader who has left.

/** A bounded queue with one reader. */
export interface Channel<T> {
  /** Resolves when there is room for more. */
  put(item: T): Promise<void>;
  /** No more will come; a reader sees what is left, then the end, or `error` if given. */
  end(error?: { readonly reason: unknown }): void;
  /** Reads everything. For one reader. */
  read(): AsyncGenerator<T, void, void>;
}

/** A channel with room for `room` items. */
export function createChannel<T>(room: number): Channel<T> {
  const items: T[] = [];
  let ended: { readonly reason?: unknown } | undefined;
  let left = false;
  let waitingReader: (() => void) | undefined;
  let waitingWriters: (() => void)[] = [];

  const wakeReader = (): void => {
    waitingReader?.();
    waitingReader = undefined;
  };
  const wakeWriters = (): void => {
    for (const wake of waitingWriters) wake();
    waitingWriters = [];
  };

  return {
    async put(item) {
      if (left) return;
      items.push(item);
      wakeReader();
      if (items.length >= room) await new Promise<void>((resolve) => waitingWriters.push(resolve));
    },
    end(error) {
      ended ??= error ?? {};
      wakeReader();
    },
    async *read() {
      try {
        for (;;) {
          while (items.length > 0) {
            const batch = items.splice(0);
            wakeWriters();
            yield* batch;
          }
          if (ended !== undefined) break;
          await new Promise<void>((resolve) => {
            waitingReader = resolve;
          });
        }
        if ('reason' in ended) throw ended.reason;
      } finally {
        left = true;
        items.length = 0;
        wakeWriters();
      }
    },
  };
}
