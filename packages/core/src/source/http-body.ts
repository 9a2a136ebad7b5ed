// Bodies of answers: limited, watched, and never left open.
//
// Invariants:
// - A body is cut off where it passes its limit, after decompression, without being held in memory (protocol-cases row 58).
// - A body that stops flowing while somebody waits for it ends with `upstream_timeout`; a slow reader is no fault of the upstream.
// - A body shorter than announced is an error (spec §10.3).
// - However a body ends (read, failed, cancelled, aborted), its guard is closed, once.

import { onAbort, raceAbort } from '../async/abort.ts';
import { concatBytes } from '../bytes/source.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { Exchange } from './http-exchange.ts';
import { connectionError } from './http-failure.ts';
import type { Guard } from './http-guard.ts';
import type { HttpSettings } from './http-settings.ts';
import type { SourceZip } from './source.ts';
import type { FetchKind, FetchRequest } from './transport.ts';

const kindNames: Readonly<Record<FetchKind, string>> = {
  info: '.info files',
  latest: '@latest',
  list: 'version lists',
  mod: 'go.mod files',
  zip: 'module zips',
  sumdb: 'checksum database answers',
};

/** The body of a successful answer. Rejects with `limit_exceeded` when more than the limit is announced. */
export function openBody(settings: HttpSettings, request: FetchRequest, answer: Exchange, guard: Guard): SourceZip {
  const limit = settings.limits[request.kind];
  const { headers } = answer.response;
  const announced = contentLength(headers);
  if (announced !== undefined && announced > limit)
    throw overLimit(settings, request, `${announced} bytes are announced`);
  // The length of a compressed body says nothing about what comes out of it.
  const size = headers.has('content-encoding') ? undefined : announced;
  const reader = answer.response.body?.getReader();
  return {
    ...(size === undefined ? {} : { size }),
    body: guardedStream(reader, chunkReader(settings, request, answer, guard, size, reader), guard),
  };
}

/** At most `most` bytes of an error body, and no error of its own: what cannot be read says nothing. */
export async function readSome(response: Response, most: number, guard: Guard): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  try {
    while (reader !== undefined && size < most) {
      const { done, value } = await raceAbort(reader.read(), guard.signal);
      if (done) break;
      chunks.push(value.subarray(0, most - size));
      size += value.length;
    }
  } catch {
    if (guard.signal.aborted) throw guard.signal.reason;
  } finally {
    reader?.cancel().catch(() => {});
  }
  return concatBytes(chunks, Math.min(size, most));
}

/** Passes chunks on as they are asked for, and closes the guard when that is over. `next` resolves to undefined at the end. */
export function guardedStream(
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
  next: () => Promise<Uint8Array | undefined>,
  guard: Guard,
): ReadableStream<Uint8Array> {
  let stopListening: () => void = () => {};
  const end = () => {
    stopListening();
    guard.close();
  };
  const abandon = () => {
    end();
    reader?.cancel().catch(() => {});
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        stopListening = onAbort(guard.signal, (reason) => {
          controller.error(reason);
          abandon();
        });
      },
      async pull(controller) {
        try {
          const chunk = await next();
          if (chunk !== undefined) return controller.enqueue(chunk);
          end();
          controller.close();
        } catch (error) {
          abandon();
          throw error;
        }
      },
      cancel: abandon,
    },
    { highWaterMark: 0 },
  );
}

/** Reads chunk by chunk, undefined at the end, and watches time, limit and announced size. */
function chunkReader(
  settings: HttpSettings,
  request: FetchRequest,
  answer: Exchange,
  guard: Guard,
  size: number | undefined,
  reader: ReadableStreamDefaultReader<Uint8Array> | undefined,
): () => Promise<Uint8Array | undefined> {
  const limit = settings.limits[request.kind];
  let received = 0;
  return async () => {
    const stopIdle = guard.deadline(settings.timeouts.idle, `${request.what} stopped in the middle: nothing more came`);
    try {
      const chunk = await raceAbort(reader?.read() ?? Promise.resolve(undefined), guard.signal);
      received += chunk?.value?.length ?? 0;
      if (received > limit) throw overLimit(settings, request, 'it was cut off there');
      const done = chunk === undefined || chunk.done;
      if (done && size !== undefined && received !== size) throw truncated(settings, request, received, size);
      return chunk?.value;
    } catch (error) {
      if (guard.signal.aborted) throw guard.signal.reason;
      throw isGoModKitError(error) ? error : connectionError(settings.name, answer.host, request.what, error);
    } finally {
      stopIdle();
    }
  };
}

function contentLength(headers: Headers): number | undefined {
  const text = headers.get('content-length');
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function overLimit({ name, limits }: HttpSettings, { kind, what }: FetchRequest, how: string): GoModKitError {
  const limit = limits[kind];
  const message = `${name}: the answer for ${what} is over the limit of ${limit} bytes for ${kindNames[kind]}: ${how}`;
  return new GoModKitError('limit_exceeded', message, { data: { limit, upstream: name } });
}

function truncated({ name }: HttpSettings, { what }: FetchRequest, received: number, size: number): GoModKitError {
  const message = `${name}: the answer for ${what} was cut off after ${received} of ${size} bytes`;
  return new GoModKitError('upstream_unavailable', message, { data: { upstream: name, transient: true } });
}
