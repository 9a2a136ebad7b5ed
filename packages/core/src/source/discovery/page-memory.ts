// What pages said, for a while.
//
// Invariants:
// - Callers at the same time share one request; failures are not kept.
// - What is kept is bounded in number and in size: whoever writes pages decides how much stands on them.

import { createSingleFlight } from '../../async/single-flight.ts';
import type { Page } from './page.ts';

const pagesAtMost = 10_000;
const charactersAtMost = 16 * 1024 * 1024;

interface Kept {
  readonly page: Page;
  /** Of `performance.now()`. */
  readonly until: number;
  readonly characters: number;
}

/** Reads pages, or takes them from memory where they were read at most `lifetime` milliseconds ago. */
export function createPageMemory(
  read: (path: string, signal: AbortSignal) => Promise<Page>,
  lifetime: number,
): (path: string, signal: AbortSignal | undefined) => Promise<Page> {
  const flights = createSingleFlight();
  const kept = new Map<string, Kept>();
  let characters = 0;

  const drop = (path: string): void => {
    characters -= kept.get(path)?.characters ?? 0;
    kept.delete(path);
  };
  const keep = (path: string, { url, imports }: Page): void => {
    drop(path);
    // A copy: parts of a text keep the whole of it alive.
    const page = { url, imports: structuredClone(imports) };
    const size = imports
      .flatMap((each) => Object.values<string>({ ...each }))
      .reduce((sum, { length }) => sum + length, 0);
    kept.set(path, { page, until: performance.now() + lifetime, characters: path.length + size });
    characters += path.length + size;
    for (const oldest of kept.keys()) {
      if (kept.size <= pagesAtMost && characters <= charactersAtMost) break;
      drop(oldest);
    }
  };

  return async (path, signal) => {
    const known = kept.get(path);
    if (known !== undefined && performance.now() < known.until) return known.page;
    const page = await flights.run(path, (shared) => read(path, shared), signal);
    keep(path, page);
    return page;
  };
}
