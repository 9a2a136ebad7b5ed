// Many small jobs, a few at a time.

/** Runs `job` for each of `items`, at most `width` at once; the results are in order. */
export async function inParallel<T, R>(
  items: readonly T[],
  width: number,
  job: (item: T, index: number) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await job(items[i] as T, i);
  };
  await Promise.all(Array.from({ length: width }, work));
  return results;
}
