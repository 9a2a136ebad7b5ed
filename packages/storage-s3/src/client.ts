// Requests to S3: one shape of call, one shape of fault.
//
// Invariants:
// - Every request ends: with an answer, with the caller's reason when cancelled, or after the time limit.
// - What the endpoint said is in `cause`; messages name the step, the key, and what helps.
// - A refused condition is an answer, not a fault: callers see its status.

import { GoModKitError } from '@gomodkit/core/errors';
import { orAborted } from '@gomodkit/core/storage';

/** The part of an `S3Client` that is used. Every 3.x client has it, and so does anything that forwards to one. */
export interface S3ClientLike {
  send(command: never, options?: { readonly abortSignal?: AbortSignal }): Promise<unknown>;
}

/** What an error of the SDK says of the answer behind it; other errors have none of it. */
export interface Refusal {
  /** HTTP status, where there was an answer. */
  readonly status: number | undefined;
  /** S3's error code, such as `NoSuchKey`. */
  readonly code: string;
}

/** Sends commands to one bucket. */
export class Requests {
  readonly bucket: string;
  readonly #client: S3ClientLike;
  readonly #timeout: number;

  constructor(client: S3ClientLike, bucket: string, timeout: number) {
    this.#client = client;
    this.bucket = bucket;
    this.#timeout = timeout;
  }

  /**
   * Sends a command. `stop`, if given, outlives the answer: aborting it ends a body that is still being read.
   *
   * Rejects with the signal's reason, `storage_unavailable` without an answer in time, or with what the client rejects with:
   * {@link refusalOf} reads it, {@link faultOf} turns it into a fault.
   */
  async send<Output>(
    command: object,
    signal: AbortSignal | undefined,
    stop: AbortController = new AbortController(),
  ): Promise<Output> {
    signal?.throwIfAborted();
    const cancel = (): void => stop.abort(signal?.reason);
    signal?.addEventListener('abort', cancel, { once: true });
    const timer = setTimeout(() => stop.abort(late(this.#timeout)), this.#timeout);
    try {
      const answer = this.#client.send(command as never, { abortSignal: stop.signal });
      return (await orAborted(answer, stop.signal)) as Output;
    } catch (error) {
      throw stop.signal.aborted ? stop.signal.reason : error;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', cancel);
    }
  }
}

/**
 * What the endpoint answered, read from an error of the SDK. S3 may begin an answer with 200 and then say that a condition does not hold; the SDK
 * makes a 503 of that.
 */
export function refusalOf(error: unknown): Refusal {
  const { $metadata, name } = (error ?? {}) as { $metadata?: { httpStatusCode?: number }; name?: unknown };
  const code = typeof name === 'string' ? name : '';
  return { status: code === 'PreconditionFailed' ? 412 : $metadata?.httpStatusCode, code };
}

/** Refusals that another try may not meet. */
const passing: ReadonlySet<number> = new Set([408, 409, 429]);

/** What helps against refusals that another try meets again. */
const help: Readonly<Record<number, string>> = {
  301: '; the bucket is in another region than the client',
  401: '; check the credentials of the client',
  403: '; check what the credentials of the client may do in this bucket (with s3:ListBucket, what is absent is a 404)',
  404: '; check that the bucket exists',
};

/** A fault of the storage: `step` failed for `key`. Aborts and faults pass as they are. */
export function faultOf(error: unknown, step: string, key: string, signal?: AbortSignal | undefined): unknown {
  if (signal?.aborted) return signal.reason;
  if (error instanceof GoModKitError) return error;
  const { status, code } = refusalOf(error);
  const answer = status === undefined ? 'no answer' : `${status} ${code}${help[status] ?? ''}`;
  // What was refused for good will be refused again; anything else may be a hiccup.
  const transient = status === undefined || passing.has(status) || status >= 500;
  return new GoModKitError('storage_unavailable', `S3 cannot ${step} ${key || 'the bucket'}: ${answer}`, {
    cause: error,
    data: { key, transient, status },
  });
}

function late(milliseconds: number): GoModKitError {
  return new GoModKitError('storage_unavailable', `S3 did not answer within ${milliseconds} ms`, {
    data: { transient: true },
  });
}
