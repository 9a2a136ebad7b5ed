// Calls of the SDK: they end in time, and what they fail with has one shape.
//
// Invariants:
// - The SDK knows no signals: a cancelled call stops waiting at once, and what it asked for is left to itself.
// - What the service said is in `cause`, without the requests that errors of the SDK carry: those have access tokens in their headers.
// - Messages name the step, the key, and what helps.

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

/** HTTP status of an error of the SDK, where there was an answer: its parts say it in different ways. */
export function statusOf(error: unknown): number | undefined {
  const { code, response } = (error ?? {}) as { code?: unknown; response?: { status?: unknown } | undefined };
  return [code, response?.status].map(asStatus).find((status) => status !== undefined);
}

function asStatus(value: unknown): number | undefined {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && status >= 100 && status < 600 ? status : undefined;
}

/** Refusals that another try may not meet. */
const passing: ReadonlySet<number> = new Set([408, 409, 429]);

/** Whether another try may succeed: what was refused for good will be refused again, anything else may be a hiccup. */
export function isPassing(error: unknown): boolean {
  if (error instanceof GoModKitError) return false;
  const status = statusOf(error);
  return status === undefined || passing.has(status) || status >= 500;
}

/** What helps against refusals that another try meets again. */
const help: Readonly<Record<number, string>> = {
  401: '; check the credentials of the bucket',
  403: '; check what the credentials may do in this bucket',
  404: '; check that the bucket exists',
};

/** An error of the SDK as the cause of another: its own causes too, and nothing else that it carries. */
export function causeOf(error: unknown): unknown {
  if (!(error instanceof Error) || error instanceof GoModKitError) return error;
  const { name, message, stack, cause } = error;
  const plain = new Error(message, cause === undefined ? {} : { cause: causeOf(cause) });
  return Object.assign(plain, { name, stack });
}

/** A fault of the storage. Aborts and faults pass as they are. */
export function faultOf(error: unknown, { step, key, signal }: CallContext): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof GoModKitError) return error;
  const status = statusOf(error);
  const transient = isPassing(error);
  const answer = status === undefined ? 'no answer' : `status ${status}${help[status] ?? ''}`;
  return new GoModKitError(
    'storage_unavailable',
    `Google Cloud Storage cannot ${step} ${key || 'the bucket'}: ${answer}`,
    { cause: causeOf(error), data: { key, transient, status } },
  );
}

/** The fault of a service that says nothing. */
export function lateFault(step: string, key: string, timeout: number): GoModKitError {
  const message = `Google Cloud Storage did not ${step} ${key || 'the bucket'} within ${timeout} ms`;
  return new GoModKitError('storage_unavailable', message, { data: { key, transient: true } });
}
