// From a source to an object, if the key is free.
//
// Invariants:
// - `ifGenerationMatch: 0` stands on every upload: the service creates or refuses, it never overwrites. 412 is a lost race.
// - The CRC32C of the bytes goes ahead of them, so the service refuses what was damaged on the way before anybody sees it.
// - A small source is read whole before anything is sent; a large one is read twice, once for its checksum, and sent in chunks.
// - A source that fails ends the upload unfinished: nothing becomes visible, and its session is cancelled.

import { GoModKitError } from '@gomodkit/core/errors';
import { type ByteSource, sourceChunks, sourceParts } from '@gomodkit/core/storage';
import { CRC32C } from '@google-cloud/storage';
import type { GcsFileLike, GcsUploadOptions } from './bucket.ts';
import { answerOf, type CallContext, causeOf, faultOf, statusOf } from './calls.ts';
import type { Settings } from './options.ts';
import { beginSession, SessionLost } from './session.ts';

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
    if (error instanceof SourceFault) throw error.cause;
    if (statusOf(error) === 412) return false;
    throw faultOf(error, wanted);
  }
}

async function uploadWhole(settings: Settings, wanted: Upload): Promise<void> {
  const { file, source, signal } = wanted;
  // The only part, which comes after the end of the source.
  const { value = new Uint8Array() } = await ofSource(sourceParts(source, settings.chunkSize, { signal })).next();
  const body = bufferOf(value);
  const sum = new CRC32C();
  sum.update(body);
  const options = { ...uploadOptions(settings, wanted, sum), resumable: false, validation: false } as const;
  await answerOf(file.save(body, options), wanted);
}

/** How many sessions one upload may need. */
const maxSessions = 3;

async function uploadInChunks(settings: Settings, wanted: Upload): Promise<void> {
  const sum = new CRC32C();
  for await (const chunk of ofSource(sourceChunks(wanted.source, { signal: wanted.signal })))
    sum.update(bufferOf(chunk));
  const options = uploadOptions(settings, wanted, sum);
  for (let session = 1; ; session++) {
    try {
      return await uploadOnce(settings, wanted, options);
    } catch (error) {
      if (!(error instanceof SessionLost)) throw error;
      if (session === maxSessions) throw lost(wanted.key, error);
    }
  }
}

async function uploadOnce(settings: Settings, wanted: Upload, options: GcsUploadOptions): Promise<void> {
  const { source, signal } = wanted;
  const session = await beginSession(
    wanted.file,
    { ...options, metadata: { ...options.metadata, contentLength: source.size } },
    wanted,
  );
  try {
    let at = 0;
    for await (const chunk of ofSource(sourceParts(source, settings.chunkSize, { signal }))) {
      await session.send({ chunk: bufferOf(chunk), at, total: source.size }, wanted);
      at += chunk.length;
    }
  } catch (error) {
    await session.cancel();
    throw error;
  }
}

function lost(key: string, cause: SessionLost): GoModKitError {
  const message = `Google Cloud Storage lost the upload of ${key} ${maxSessions} times: ${cause.message}`;
  return new GoModKitError('storage_unavailable', message, { cause: causeOf(cause), data: { key, transient: true } });
}

/** What is wrong with the source, which is no fault of the service. */
class SourceFault extends Error {}

async function* ofSource(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* chunks;
  } catch (error) {
    throw new SourceFault('the source failed', { cause: error });
  }
}

function bufferOf({ buffer, byteOffset, length }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, length);
}

function uploadOptions({ storageClass }: Settings, { contentType }: Upload, sum: CRC32C): GcsUploadOptions {
  return {
    preconditionOpts: { ifGenerationMatch: 0 },
    metadata: {
      crc32c: sum.toString(),
      ...(contentType !== undefined && { contentType }),
      ...(storageClass !== undefined && { storageClass }),
    },
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
