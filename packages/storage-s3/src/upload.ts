// From a source to an object, if the key is free.
//
// Invariants:
// - `If-None-Match: *` stands on the request that makes the object visible: PutObject, or CompleteMultipartUpload.
// - A small source is read whole before anything is sent; a large one goes in parts, of which a few are in memory at once.
// - An upload that is not completed is aborted on every way out; what cannot be aborted now is for sweep().
// - 412 is a lost race. Where another write is under way the key is looked at, and the upload made anew.

import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  type CompleteMultipartUploadCommandOutput,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandOutput,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3';
import { GoModKitError } from '@gomodkit/core/errors';
import { type ByteSource, sourceParts } from '@gomodkit/core/storage';
import { faultOf, type Requests, refusalOf } from './client.ts';
import { maxParts, type Settings } from './options.ts';

/** An object to be. */
export interface Upload {
  /** As S3 sees it: with the prefix. */
  readonly name: string;
  readonly source: ByteSource;
  readonly contentType: string | undefined;
  readonly signal: AbortSignal | undefined;
}

/** How an attempt to make the object visible ended. */
type Ending = 'created' | 'taken' | 'contested';

/**
 * Codes that say nothing of who won. NoSuchUpload: an earlier attempt of the client's own may have completed the upload, and its
 * answer was lost.
 */
const contests: ReadonlySet<string> = new Set(['ConditionalRequestConflict', 'OperationAborted', 'NoSuchUpload']);

/** What servers over a file system answer to a key that is another key's folder, or the other way round: versitygw, MinIO. */
const folderClashes: ReadonlySet<string> = new Set([
  'ObjectParentIsFile',
  'ExistingObjectIsDirectory',
  'XMinioParentIsObject',
  'XMinioObjectExistsAsDirectory',
]);

/** Milliseconds before an upload that met another write is made anew. */
const contestDelays: readonly number[] = [50, 200, 800, 2000];

/** Creates the object; resolves to whether this call did. */
export async function upload(requests: Requests, settings: Settings, wanted: Upload): Promise<boolean> {
  if (wanted.source.size <= settings.partSize) return uploadWhole(requests, settings, wanted);
  checkPartCount(settings, wanted);
  // A large body that would be refused at its end is not worth sending.
  if (await exists(requests, wanted)) return false;
  return contest(requests, wanted, () => uploadInParts(requests, settings, wanted));
}

async function uploadWhole(requests: Requests, settings: Settings, wanted: Upload): Promise<boolean> {
  const { name, source, contentType, signal } = wanted;
  // The only part, which comes after the end of the source.
  const { value: body = new Uint8Array() } = await sourceParts(source, settings.partSize, { signal }).next();
  const command = new PutObjectCommand({
    ...settings.upload,
    Bucket: requests.bucket,
    Key: name,
    Body: body,
    ContentLength: body.length,
    ContentType: contentType,
    ChecksumAlgorithm: settings.checksum,
    IfNoneMatch: '*',
  });
  return contest(requests, wanted, () => decisive(requests, command, wanted));
}

/** Repeats `attempt` while another write is under way. */
async function contest(requests: Requests, wanted: Upload, attempt: () => Promise<Ending>): Promise<boolean> {
  for (const delay of [...contestDelays, undefined]) {
    const ending = await attempt();
    if (ending !== 'contested') return ending === 'created';
    if (await exists(requests, wanted)) return false;
    if (delay !== undefined) await pause(delay, wanted.signal);
  }
  throw new GoModKitError('storage_unavailable', `S3 reports other writes of ${wanted.name} again and again`, {
    data: { key: wanted.name, transient: true },
  });
}

/** Sends the request that makes the object visible. */
async function decisive(requests: Requests, command: object, { name, signal }: Upload): Promise<Ending> {
  try {
    await requests.send<CompleteMultipartUploadCommandOutput>(command, signal);
    return 'created';
  } catch (error) {
    const { status, code } = refusalOf(error);
    if (status === 412) return 'taken';
    if (contests.has(code)) return 'contested';
    if (folderClashes.has(code)) throw folderClash(name, error);
    if (status === 501) throw unconditional(name, error);
    throw faultOf(error, 'create', name, signal);
  }
}

async function uploadInParts(requests: Requests, settings: Settings, wanted: Upload): Promise<Ending> {
  const { name } = wanted;
  const id = await begin(requests, settings, wanted);
  let ending: Ending | undefined;
  try {
    const parts = await sendParts(requests, settings, wanted, id);
    const command = new CompleteMultipartUploadCommand({
      Bucket: requests.bucket,
      Key: name,
      UploadId: id,
      MultipartUpload: { Parts: parts },
      IfNoneMatch: '*',
    });
    ending = await decisive(requests, command, wanted);
    return ending;
  } finally {
    // After a refused completion the upload stays open, too.
    if (ending !== 'created') await abandon(requests, name, id);
  }
}

async function begin(requests: Requests, settings: Settings, { name, contentType, signal }: Upload): Promise<string> {
  const command = new CreateMultipartUploadCommand({
    ...settings.upload,
    Bucket: requests.bucket,
    Key: name,
    ContentType: contentType,
    ChecksumAlgorithm: settings.checksum,
  });
  try {
    const { UploadId } = await requests.send<CreateMultipartUploadCommandOutput>(command, signal);
    if (UploadId !== undefined) return UploadId;
  } catch (error) {
    throw faultOf(error, 'begin the upload of', name, signal);
  }
  throw new GoModKitError('storage_unavailable', `S3 named no upload for ${name}`, { data: { transient: false } });
}

/** Reads and sends all parts, a few at once; the first failure ends reading and sending. */
async function sendParts(
  requests: Requests,
  settings: Settings,
  { name, source, signal }: Upload,
  id: string,
): Promise<CompletedPart[]> {
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const parts: CompletedPart[] = [];
  const underWay = new Set<Promise<void>>();
  const send = async (number: number, body: Uint8Array): Promise<void> => {
    parts[number - 1] = await sendPart(requests, settings, { name, id, number, body, signal: either });
  };
  try {
    let number = 0;
    for await (const body of sourceParts(source, settings.partSize, { signal: either })) {
      const sending: Promise<void> = send(++number, body).finally(() => underWay.delete(sending));
      sending.catch((error: unknown) => stop.abort(error));
      underWay.add(sending);
      if (underWay.size >= settings.partsAtOnce) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    return parts;
  } catch (error) {
    stop.abort(error);
    // The parts still under way must be over before the upload is aborted: a part that arrives later would stay.
    await Promise.allSettled(underWay);
    throw error;
  }
}

interface Part {
  readonly name: string;
  readonly id: string;
  readonly number: number;
  readonly body: Uint8Array;
  readonly signal: AbortSignal;
}

async function sendPart(requests: Requests, settings: Settings, part: Part): Promise<CompletedPart> {
  const { name, id, number, body, signal } = part;
  const command = new UploadPartCommand({
    Bucket: requests.bucket,
    Key: name,
    UploadId: id,
    PartNumber: number,
    Body: body,
    ContentLength: body.length,
    ChecksumAlgorithm: settings.checksum,
  });
  try {
    const { ETag, ChecksumCRC32 } = await requests.send<UploadPartCommandOutput>(command, signal);
    return { PartNumber: number, ETag, ...(settings.checksum && { ChecksumCRC32 }) };
  } catch (error) {
    throw faultOf(error, `upload part ${number} of`, name, signal);
  }
}

/** Whether the key is taken. */
async function exists(requests: Requests, { name, signal }: Upload): Promise<boolean> {
  try {
    await requests.send(new HeadObjectCommand({ Bucket: requests.bucket, Key: name }), signal);
    return true;
  } catch (error) {
    if (refusalOf(error).status === 404) return false;
    throw faultOf(error, 'look for', name, signal);
  }
}

/** Milliseconds that a caller who leaves, or whose upload failed, waits for the abort of the upload. It goes on without him. */
const abandonPatience = 1000;

/** Aborts an upload, whatever happened to it. */
export async function abandon(requests: Requests, name: string, id: string): Promise<void> {
  const command = new AbortMultipartUploadCommand({ Bucket: requests.bucket, Key: name, UploadId: id });
  const over = new AbortController();
  const patience = pause(abandonPatience, over.signal);
  const gone = requests.send(command, undefined).finally(() => over.abort());
  await Promise.allSettled([Promise.race([gone, patience])]);
}

/** The refusal of an endpoint that cannot create conditionally. */
export function unconditional(what: string, cause?: unknown): GoModKitError {
  return new GoModKitError(
    'unsupported',
    `this S3 endpoint does not honour "If-None-Match: *" (${what}), so objects could be overwritten; use one that does`,
    { cause },
  );
}

function folderClash(name: string, cause: unknown): GoModKitError {
  return new GoModKitError(
    'invalid_key',
    `${name} cannot be kept: this S3 server has folders, and a key cannot be another key's`,
    {
      cause,
      data: { key: name },
    },
  );
}

function checkPartCount({ partSize }: Settings, { name, source }: Upload): void {
  if (source.size <= partSize * maxParts) return;
  throw new GoModKitError(
    'limit_exceeded',
    `${name} has ${source.size} bytes, more than ${maxParts} parts of ${partSize}; raise partSize`,
  );
}

async function pause(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(done, milliseconds * (0.5 + Math.random()));
    signal?.addEventListener('abort', done, { once: true });
    function done(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      if (signal?.aborted) reject(signal.reason);
      else resolve();
    }
  });
}
