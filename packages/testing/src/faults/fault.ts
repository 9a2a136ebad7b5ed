// What can go wrong, and when.
//
// Invariants:
// - At most one fault hits a request: the first in the plan that matches and is not used up.
// - A fault decides before the repository is asked, so that counts do not depend on what is cached.

import { type DescribedRequest, matches, type RequestMatch } from '../requests/request.ts';

/** What happens to a request. `latency` may stand alone or come before another effect. */
export type FaultEffect =
  /** Another answer, such as 503, with `body` as text/plain. */
  | {
      readonly status: number;
      readonly body?: string | Uint8Array | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  /** 200 with other bytes under the headers of the right answer (Content-Length fits the other bytes). */
  | { readonly bytes: string | Uint8Array | ((right: Uint8Array) => string | Uint8Array) }
  /** The right head, then so many bytes of the right body, then the connection closes. */
  | { readonly truncate: number }
  /** The connection is reset before any answer. */
  | { readonly reset: true }
  /** No answer, until the client leaves or the proxy closes. */
  | { readonly hang: true }
  /** The right answer, later. */
  | { readonly latency: number };

/** Which requests a fault hits. */
export interface FaultScope {
  /** Default: every request. */
  readonly match?: RequestMatch | undefined;
  /** How many matching requests it spares before it begins. Default 0. */
  readonly skip?: number | undefined;
  /** How many requests it hits before it is used up. Default: no limit. */
  readonly times?: number | undefined;
  /** Milliseconds before it has its effect. */
  readonly latency?: number | undefined;
  /** Shown in the request log. Default: the effect. */
  readonly name?: string | undefined;
}

/**
 * Something that goes wrong.
 *
 * @example
 * ```ts
 * import type { Fault } from '@gomodkit/testing';
 *
 * export const faults: Fault[] = [
 *   { match: { kind: 'zip', module: 'example.com/a' }, truncate: 100, times: 1 },
 *   { match: { kind: ['list', 'latest'] }, status: 503, body: 'maintenance' },
 *   { latency: 50 },
 * ];
 * ```
 */
export type Fault = FaultScope & FaultEffect;

/** The faults of a running proxy. May be changed at any time; requests under way keep the fault that hit them. */
export interface FaultPlan {
  /** Adds a fault after those that are there; the returned function takes it away. */
  add(fault: Fault): () => void;
  /** Takes all faults away. */
  clear(): void;
  /** How many requests `fault` has hit. */
  hits(fault: Fault): number;
}

/** What the proxy needs of a plan. */
export interface DecidingPlan extends FaultPlan {
  /** The fault that hits `request`, which then counts as hit. */
  decide(request: DescribedRequest): Fault | undefined;
}

/** A plan that begins with `faults`. */
export function createFaultPlan(faults: readonly Fault[] = []): DecidingPlan {
  let plan = [...faults];
  /** How many requests each fault has matched, spared ones included. */
  const matched = new WeakMap<Fault, number>();
  const hits = (fault: Fault): number => {
    const { skip = 0, times = Number.POSITIVE_INFINITY } = fault;
    return Math.min(Math.max((matched.get(fault) ?? 0) - skip, 0), times);
  };
  const hit = (fault: Fault, request: DescribedRequest): boolean => {
    const before = hits(fault);
    if (!matches(fault.match ?? {}, request) || before === fault.times) return false;
    matched.set(fault, (matched.get(fault) ?? 0) + 1);
    return hits(fault) > before;
  };
  return {
    add(fault) {
      plan.push(fault);
      return () => {
        plan = plan.filter((each) => each !== fault);
      };
    },
    clear() {
      plan = [];
    },
    hits,
    decide: (request) => plan.find((fault) => hit(fault, request)),
  };
}

/** The effect of a fault, for the log. */
export function nameOf(fault: Fault): string {
  const effects = ['status', 'bytes', 'truncate', 'reset', 'hang', 'latency'] as const;
  return fault.name ?? effects.find((effect) => effect in fault) ?? 'fault';
}
