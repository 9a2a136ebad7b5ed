// Notices of what happens, for logs, metrics and the center.
//
// Invariants:
// - Free when nobody listens: an event is built only if there is a listener.
// - Best effort: a listener that throws or rejects changes nothing for the repository or for other listeners (DESIGN §3).

import { tell } from '../errors/tell.ts';
import type { RepositoryEvent } from './repository.ts';

/** Tells listeners. */
export interface Events {
  /** Calls every listener with what `event` returns. */
  emit(event: () => RepositoryEvent): void;
  /** Adds a listener; the returned function removes it. */
  subscribe(listener: (event: RepositoryEvent) => void): () => void;
}

/** Creates {@link Events} without listeners. */
export function createEvents(): Events {
  // Each subscription is its own entry, so that one function may subscribe twice.
  const listeners = new Set<{ readonly call: (event: RepositoryEvent) => unknown }>();
  return {
    emit(build) {
      if (listeners.size === 0) return;
      const event = build();
      for (const listener of [...listeners]) tell(listener.call, event);
    },
    subscribe(call) {
      const listener = { call };
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
}
