// A resumable upload: chunks into a session, which becomes an object with the last one.
//
// The SDK has this, too, as a stream, but a stream that was destroyed while its request is under way goes on, and what fails then is an
// error event that nobody can hear: it ends the process (version 7.22).
//
// Invariants:
// - A chunk is sent again only after the service said how much of it it has.
// - A session is finished, cancelled or lost; where nobody waits for its beginning any more it is cancelled when it begins.

import { setTimeout as pause } from 'node:timers/promises';
import { orAborted } from '@gomodkit/core/storage';
import type { GcsFileLike, GcsResponse, GcsUploadOptions } from './bucket.ts';
import { answerOf, type CallContext, isPassing, statusOf } from './calls.ts';

/** A part of an object to be. */
export interface Chunk {
  readonly chunk: Buffer;
  /** Where it begins. */
  readonly at: number;
  /** Bytes of the object. */
  readonly total: number;
}

/** The service knows the session no longer: another may succeed. */
export class SessionLost extends Error {
  override readonly name: string = 'SessionLost';
}

const nothing: Buffer = Buffer.alloc(0);

/** What the service has: the object, or so many bytes. */
type Progress = 'stored' | number;

/** Milliseconds before the service is asked again how far it is. Progress begins the list anew. */
const retryDelays: readonly number[] = [100, 400, 1500];

/** Milliseconds that a caller whose upload failed waits for the end of the session. It goes on without him. */
const cancelPatience = 1000;

/** Opens a session. Rejects with what the SDK rejects with. */
export async function beginSession(
  file: GcsFileLike,
  options: GcsUploadOptions,
  context: CallContext,
): Promise<Session> {
  const beginning = file.createResumableUpload(options);
  try {
    const [uri] = await answerOf(beginning, context);
    return new Session(file, uri);
  } catch (error) {
    beginning.then(([uri]) => new Session(file, uri).cancel()).catch(() => {});
    throw error;
  }
}

/** An open session. */
export class Session {
  readonly #file: GcsFileLike;
  readonly #uri: string;

  constructor(file: GcsFileLike, uri: string) {
    this.#file = file;
    this.#uri = uri;
  }

  /** Sends a chunk until the service has it. Rejects with {@link SessionLost}, or with what the SDK rejects with. */
  async send({ chunk, at, total }: Chunk, context: CallContext): Promise<void> {
    const end = at + chunk.length;
    let has = at;
    let asks = false;
    let failures = 0;
    for (;;) {
      const range = asks ? `bytes */${total}` : `bytes ${has}-${end - 1}/${total}`;
      try {
        const now = await this.#put(range, asks ? nothing : chunk.subarray(has - at), context);
        if (now === 'stored' && end === total) return;
        checkProgress(now, { at, has, end, total, asks });
        if (now > has) failures = 0;
        has = now;
        if (has === end && end < total) return;
        // All is there but no object: the answer may be the one before the last.
        asks = has === total;
      } catch (error) {
        const delay = retryDelays[failures++];
        const status = statusOf(error);
        if (status === 404 || status === 410) throw new SessionLost(`status ${status}`, { cause: error });
        if (delay === undefined || error instanceof SessionLost || !isPassing(error)) throw error;
        await orAborted(pause(delay * (0.5 + Math.random())), context.signal);
        asks = true;
      }
    }
  }

  /** Ends it, so that the service need not keep it for a week. */
  async cancel(): Promise<void> {
    // 499 is how the service says that it is done.
    const gone = this.#request('DELETE', {}, undefined, cancelPatience).catch(() => {});
    await Promise.race([gone, pause(cancelPatience, undefined, { ref: false })]);
  }

  async #put(range: string, body: Buffer, context: CallContext): Promise<Progress> {
    const headers = { 'Content-Range': range, 'Content-Length': body.length };
    try {
      await answerOf(this.#request('PUT', headers, body, context.timeout), context);
      return 'stored';
    } catch (error) {
      if (statusOf(error) !== 308) throw error;
      const { response } = error as { response?: Partial<GcsResponse> };
      const last = /^bytes=0-(\d+)$/.exec(String(response?.headers?.range))?.[1];
      return last === undefined ? 0 : Number(last) + 1;
    }
  }

  /** Once, with the credentials of the SDK. */
  #request(
    method: 'PUT' | 'DELETE',
    headers: Readonly<Record<string, string | number>>,
    body: Buffer | undefined,
    timeout: number,
  ): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#file.request(
        { method, uri: this.#uri, headers, ...(body && { body }), maxRetries: 0, timeout },
        (error) => {
          if (error) reject(error);
          else resolve();
        },
      );
    });
  }
}

/** How far the service was, and what it was sent. */
interface Position {
  readonly at: number;
  readonly has: number;
  readonly end: number;
  readonly total: number;
  readonly asks: boolean;
}

/** A service that takes nothing, forgets what it took or ends too early cannot be gone on with. */
function checkProgress(now: Progress, { at, has, end, total, asks }: Position): asserts now is number {
  if (now === 'stored') throw new SessionLost(`the object was complete with ${end} of ${total} bytes`);
  const stuck = asks ? now === total : now <= has;
  if (stuck || now < at || now > end) throw new SessionLost(`the service has ${now} bytes after it was sent ${end}`);
}
