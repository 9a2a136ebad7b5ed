// Calls of the SDK: they end in time, and what they fail with has one shape.
//
// Invariants:
// - The SDK knows no signals: a cancelled call stops waiting at once, and what it asked for is left to itself.
// - What the service said is in `cause`; messages name the step and the key.

import { GoModKitError } from '@gomodkit/core/errors';
import { orAborted } from '@gomodkit/core/storage';

/** What a call is about. */
export interface CallContext {
  /** For people: `read`, `create`, … */
  readonly step: string;
  readonly key: string;
  readonly signal: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout: number;
}

/** Waits for `answer`, no longer than the signal and the time limit allow. Rejects with what `answer` rejects with. */
export async function answerOf<T>(answer: Promise<T>, { step, key, signal, timeout }: CallContext): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(lateFault(step, key, timeout)), timeout);
  });
  try {
    return await orAborted(Promise.race([answer, late]), signal);
  } finally {
    clearTimeout(timer);
    answer.catch(() => {}); // it may fail later, when nobody listens
    late.catch(() => {});
  }
}

/** HTTP status of an error of the SDK, where there was an answer. */
export function statusOf(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  const status = typeof code === 'string' && /^\d{3}$/.test(code) ? Number(code) : code;
  return typeof status === 'number' && status >= 100 && status < 600 ? status : undefined;
}

/** A fault of the storage. Aborts and faults pass as they are. */
export function faultOf(error: unknown, { step, key, signal }: CallContext): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof GoModKitError) return error;
  const status = statusOf(error);
  // What was refused for good will be refused again; anything else may be a hiccup.
  const transient = status === undefined || status === 408 || status === 429 || status >= 500;
  const answer = status === undefined ? 'no answer' : `status ${status}`;
  return new GoModKitError(
    'storage_unavailable',
    `Google Cloud Storage cannot ${step} ${key || 'the bucket'}: ${answer}`,
    { cause: error, data: { key, transient, status } },
  );
}

/** The fault of a service that says nothing. */
export function lateFault(step: string, key: string, timeout: number): GoModKitError {
  const message = `Google Cloud Storage did not ${step} ${key || 'the bucket'} within ${timeout} ms`;
  return new GoModKitError('storage_unavailable', message, { data: { key, transient: true } });
}
