// Telling listeners of an embedder.
//
// Invariant: a listener that throws or rejects changes nothing for whoever tells it.

/** Calls `listener`, if there is one; what it throws or rejects with is dropped. */
export function tell<Args extends readonly unknown[]>(
  listener: ((...args: Args) => unknown) | undefined,
  ...args: Args
): void {
  try {
    const result = listener?.(...args);
    if (result instanceof Promise) result.catch(() => {});
  } catch {
    // Not our failure.
  }
}
