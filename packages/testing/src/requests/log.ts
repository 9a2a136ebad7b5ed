// What was asked, in order.
//
// Invariants:
// - A request is in the log before its answer begins.
// - waitFor also sees requests that came before it was called, back to the last clear().

import { GoModKitError } from '@gomodkit/core/errors';
import { type DescribedRequest, matches, type RequestMatch } from './request.ts';

/** A request that arrived. */
export interface LoggedRequest extends DescribedRequest {
  /** Of the answer, once it begins; absent while it is being made, and where there is none (`reset`, `hang`). */
  readonly status?: number | undefined;
  /** The name or effect of the fault that hit it. */
  readonly fault?: string | undefined;
}

/** Options of {@link RequestLog.waitFor}. */
export interface WaitOptions {
  /** How many matching requests to wait for. Default 1. */
  readonly count?: number | undefined;
  /** Milliseconds until it rejects with `upstream_timeout`. Default 5,000. */
  readonly timeout?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The requests that a test proxy got, oldest first. */
export interface RequestLog extends Iterable<LoggedRequest> {
  /** How many there are. */
  readonly length: number;
  /** Those that `match` means; all by default. A snapshot. */
  list(match?: RequestMatch): readonly LoggedRequest[];
  /** How many `match` means. */
  count(match?: RequestMatch): number;
  /** Forgets all. */
  clear(): void;
  /** Resolves to the matching requests as soon as there are `count` of them. */
  waitFor(match: RequestMatch, options?: WaitOptions): Promise<readonly LoggedRequest[]>;
}

/** What the log does not show to tests. */
export interface RecordingLog extends RequestLog {
  /** Logs a request; the returned function adds what becomes of it. */
  record(request: DescribedRequest): (outcome: { status?: number; fault?: string }) => void;
}

/** An empty log. */
export function createRequestLog(): RecordingLog {
  let requests: LoggedRequest[] = [];
  const waiting = new Set<() => void>();
  const list = (match: RequestMatch = {}): readonly LoggedRequest[] => requests.filter((each) => matches(match, each));

  return {
    get length() {
      return requests.length;
    },
    [Symbol.iterator]: () => requests[Symbol.iterator](),
    list,
    count: (match) => list(match).length,
    clear() {
      requests = [];
    },
    record(request) {
      const entry = { ...request };
      requests.push(entry);
      for (const check of waiting) check();
      return (outcome) => {
        Object.assign(entry, outcome);
      };
    },
    waitFor(match, { count = 1, timeout = 5000, signal } = {}) {
      return new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          const seen = requests.map(({ method, target }) => `${method} ${target}`).slice(-10);
          fail(
            new GoModKitError(
              'upstream_timeout',
              `no ${count} such requests within ${timeout} ms; the last: ${seen.join(', ')}`,
            ),
          );
        }, timeout);
        const done = (): void => {
          clearTimeout(timer);
          waiting.delete(check);
          signal?.removeEventListener('abort', aborted);
        };
        const fail = (reason: unknown): void => {
          done();
          reject(reason);
        };
        const aborted = (): void => fail(signal?.reason);
        const check = (): void => {
          const found = list(match);
          if (found.length < count) return;
          done();
          resolve(found);
        };
        waiting.add(check);
        if (signal?.aborted) return aborted();
        signal?.addEventListener('abort', aborted);
        check();
      });
    },
  };
}
