// From a source to an object, if the key is free.
//
// Invariants:
// - `ifGenerationMatch: 0` stands on every upload: the service creates or refuses, it never overwrites. 412 is a lost race.
// - The CRC32C of the bytes goes ahead of them, so the service refuses what was damaged on the way before anybody sees it.
// - A small source is read whole before anything is sent; a large one is read twice, once for its checksum, and sent in chunks.
// - A source that fails ends the upload unfinished: nothing becomes visible, and the service forgets it.

import type { Writable } from 'node:stream';
import { type ByteSource, sourceChunks } from '@gomodkit/core/storage';
import { CRC32C } from '@google-cloud/storage';
import type { GcsFileLike, GcsUploadOptions } from './bucket.ts';
import { answerOf, type CallContext, faultOf, lateFault, statusOf } from './calls.ts';
import type { Settings } from './options.ts';

/** An object to be. */
export interface Upload extends CallContext {
  readonly file: GcsFileLike;
  readonly source: ByteSource;
  readonly contentType: string | undefined;
}

/** Creates the object; resolves to whether this call did. */
export async function upload(settings: Settings, wanted: Upload): Promise<boolean> {
  try {
    if (wanted.source.size <= settings.chunkSize) await uploadWhole(settings, wanted);
    // A large body that would be refused at its end is not worth sending.
    else if (await exists(wanted)) return false;
    else await uploadInChunks(settings, wanted);
    return true;
  } catch (error) {
    if (wanted.signal?.aborted) throw wanted.signal.reason;
    if (statusOf(error) === 412) return false;
    throw faultOf(error, wanted);
  }
}

async function uploadWhole(settings: Settings, wanted: Upload): Promise<void> {
  const { file, source, signal } = wanted;
  const body = Buffer.alloc(source.size);
  let at = 0;
  for await (const chunk of sourceChunks(source, { signal })) {
    body.set(chunk, at);
    at += chunk.length;
  }
  const sum = new CRC32C();
  sum.update(body);
  await answerOf(file.save(body, uploadOptions(settings, wanted, sum, false)), wanted);
}

async function uploadInChunks(settings: Settings, wanted: Upload): Promise<void> {
  const { file, source, signal } = wanted;
  const sum = new CRC32C();
  for await (const chunk of sourceChunks(source, { signal }))
    sum.update(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.length));
  const stream = file.createWriteStream(uploadOptions(settings, wanted, sum, true));
  await writeAll(stream, wanted);
}

/** Writes the source into the stream and waits until the service has the object. */
async function writeAll(stream: Writable, { source, signal, step, key, timeout }: Upload): Promise<void> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const stored = new Promise<void>((resolve, reject) => {
    stream.on('finish', resolve);
    stream.on('error', (error: unknown) => {
      reject(error);
      stop.abort(error);
    });
  });
  stored.catch(() => {});
  // Each chunk has the time of an answer: the service takes the next one only when it has the last.
  let timer: ReturnType<typeof setTimeout> | undefined;
  const progress = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => stop.abort(lateFault(step, key, timeout)), timeout);
  };
  try {
    progress();
    for await (const chunk of sourceChunks(source, { signal: either })) {
      if (!stream.write(chunk)) await drained(stream, either);
      progress();
    }
    stream.end();
    await abortable(stored, either);
  } catch (error) {
    stream.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function drained(stream: Writable, signal: AbortSignal): Promise<void> {
  return abortable(new Promise<void>((resolve) => stream.once('drain', resolve)), signal);
}

function abortable(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}

function uploadOptions(settings: Settings, wanted: Upload, sum: CRC32C, resumable: boolean): GcsUploadOptions {
  const { storageClass, kmsKeyName, chunkSize } = settings;
  return {
    resumable,
    validation: false,
    preconditionOpts: { ifGenerationMatch: 0 },
    metadata: {
      crc32c: sum.toString(),
      ...(wanted.contentType !== undefined && { contentType: wanted.contentType }),
      ...(storageClass !== undefined && { storageClass }),
      ...(resumable && { contentLength: wanted.source.size }),
    },
    ...(resumable && { chunkSize }),
    ...(kmsKeyName !== undefined && { kmsKeyName }),
  };
}

async function exists(wanted: Upload): Promise<boolean> {
  try {
    await answerOf(wanted.file.getMetadata(), wanted);
    return true;
  } catch (error) {
    if (statusOf(error) === 404) return false;
    throw error;
  }
}
