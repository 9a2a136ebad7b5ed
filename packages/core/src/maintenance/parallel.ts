// Many things at once, in no order.
//
// Invariants:
// - At most `most` are under way, and no more is asked for than that. Results wait for their reader.
// - It ends when all work has, also where it fails or nobody reads on.

/** Does `work` for every item; yields what comes of it. */
export async function* inParallel<T, R>(
  items: AsyncIterable<T>,
  most: number,
  work: (item: T) => Promise<readonly R[]>,
): AsyncGenerator<R, void, void> {
  const running = new Map<number, Promise<{ readonly id: number; readonly results: readonly R[] }>>();
  let next = 0;
  try {
    for await (const item of items) {
      const id = next++;
      const run = work(item).then((results) => ({ id, results }));
      run.catch(() => {}); // heard by whoever waits
      running.set(id, run);
      if (running.size < most) continue;
      const { id: first, results } = await Promise.race(running.values());
      running.delete(first);
      yield* results;
    }
    while (running.size > 0) {
      const { id, results } = await Promise.race(running.values());
      running.delete(id);
      yield* results;
    }
  } finally {
    await Promise.allSettled(running.values());
  }
}
