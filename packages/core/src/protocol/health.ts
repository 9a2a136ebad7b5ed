// Liveness and readiness (protocol-cases row 12).
//
// Invariants:
// - Alive means that this process answers; ready means that its storage can be written, read and listed.
// - A failed step is named, its error never shown.
// - However often somebody asks, the storage is probed at most once at a time and once a second: readiness writes.

import { raceAbort } from '../async/abort.ts';
import type { Repository } from '../repository/repository.ts';
import type { TextAnswer } from './refusal.ts';

/** Where the health answers are, below the base path. */
export interface HealthOptions {
  /** Path of the liveness answer. Default `/healthz`; `false` for none. */
  readonly live?: string | false | undefined;
  /** Path of the readiness answer. Default `/readyz`; `false` for none. */
  readonly ready?: string | false | undefined;
}

/** Which of the two is asked for. */
export type HealthCheck = 'live' | 'ready';

const minInterval = 1000;
const timeLimit = 10_000;

/** What a check found: the answer, and the errors behind it. */
export interface HealthResult {
  readonly answer: TextAnswer;
  readonly errors: readonly Error[];
}

/** The answer of a process that can answer. */
export const alive: HealthResult = { answer: { status: 200, text: 'ok', cache: 'no-store' }, errors: [] };
const ready: HealthResult = { answer: { status: 200, text: 'ready', cache: 'no-store' }, errors: [] };

/** The checks by path. */
export function healthPaths(options: HealthOptions | false | undefined): ReadonlyMap<string, HealthCheck> {
  const paths = new Map<string, HealthCheck>();
  if (options === false) return paths;
  const { live = '/healthz', ready = '/readyz' } = options ?? {};
  if (live !== false) paths.set(live, 'live');
  if (ready !== false) paths.set(ready, 'ready');
  return paths;
}

/** A readiness check over `repository` that is shared by whoever asks. */
export function readiness(repository: Repository): () => Promise<HealthResult> {
  let latest: Promise<HealthResult> | undefined;
  let validUntil = 0;
  return () => {
    if (latest !== undefined && Date.now() < validUntil) return latest;
    validUntil = Number.POSITIVE_INFINITY;
    latest = probe(repository).finally(() => {
      validUntil = Date.now() + minInterval;
    });
    return latest;
  };
}

async function probe(repository: Repository): Promise<HealthResult> {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Error('no answer in time')), timeLimit);
  try {
    const failed = await raceAbort(repository.checkStorage({ signal: controller.signal }), controller.signal);
    if (failed.length === 0) return ready;
    return unready(
      failed.map(({ step }) => `${step} failed`),
      failed.map(({ error }) => error),
    );
  } catch (error) {
    const late = controller.signal.aborted;
    return unready(
      [late ? `the storage did not answer within ${timeLimit / 1000} seconds` : 'the storage could not be checked'],
      [error instanceof Error ? error : new Error(String(error))],
    );
  } finally {
    clearTimeout(timer);
  }
}

function unready(lines: readonly string[], errors: readonly Error[]): HealthResult {
  return {
    errors,
    answer: {
      status: 503,
      text: `not ready: ${lines.join('\n')}`,
      cache: 'no-store',
      headers: { 'retry-after': '5' },
    },
  };
}
