// Whether an endpoint honours "If-None-Match: *", found out before the first object depends on it.
//
// Invariants:
// - PutObject and CompleteMultipartUpload are probed apart: endpoints honour one and ignore the other.
// - The probe's object has a key outside the key grammar, so no listing names it. It stays, and makes later probes cheaper.

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  type CreateMultipartUploadCommandOutput,
  PutObjectCommand,
  UploadPartCommand,
  type UploadPartCommandOutput,
} from '@aws-sdk/client-s3';
import { faultOf, type Requests, refusalOf } from './client.ts';
import type { Settings } from './options.ts';
import { abandon, unconditional } from './upload.ts';

/** The object of the probe, below the prefix. Upper case, which no key of the grammar has. */
export const probeName: string = 'GOMODKIT-conditional-writes';
const body = new TextEncoder().encode('gomodkit probes conditional writes with this object; it may be deleted\n');

/** Resolves when both conditions hold; rejects with `unsupported` when one does not. */
export async function probeConditions(
  requests: Requests,
  settings: Settings,
  signal: AbortSignal | undefined,
): Promise<void> {
  const name = settings.prefix + probeName;
  const put = () => putRefused(requests, settings, name, signal);
  // The first makes the object where it is missing, the second must then be refused.
  if (!(await put()) && !(await put())) throw unconditional('PutObject');
  if (!(await completeRefused(requests, settings, name, signal))) throw unconditional('CompleteMultipartUpload');
}

function putRefused(requests: Requests, settings: Settings, name: string, signal: AbortSignal | undefined) {
  const command = new PutObjectCommand({
    ...settings.upload,
    Bucket: requests.bucket,
    Key: name,
    Body: body,
    ContentLength: body.length,
    ContentType: 'text/plain; charset=utf-8',
    ChecksumAlgorithm: settings.checksum,
    IfNoneMatch: '*',
  });
  return refused(requests.send(command, signal), 'PutObject', signal);
}

async function completeRefused(
  requests: Requests,
  settings: Settings,
  name: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const place = { Bucket: requests.bucket, Key: name };
  const { checksum: ChecksumAlgorithm } = settings;
  const begin = new CreateMultipartUploadCommand({ ...settings.upload, ...place, ChecksumAlgorithm });
  const fail = (error: unknown): never => {
    throw faultOf(error, 'probe a multipart upload in', '', signal);
  };
  const { UploadId = '' } = await requests.send<CreateMultipartUploadCommandOutput>(begin, signal).catch(fail);
  try {
    const part = { ...place, UploadId, PartNumber: 1, Body: body, ContentLength: body.length, ChecksumAlgorithm };
    const sent = await requests.send<UploadPartCommandOutput>(new UploadPartCommand(part), signal).catch(fail);
    const Parts = [{ PartNumber: 1, ETag: sent.ETag, ...(settings.checksum && { ChecksumCRC32: sent.ChecksumCRC32 }) }];
    const complete = { ...place, UploadId, MultipartUpload: { Parts }, IfNoneMatch: '*' };
    return await refused(
      requests.send(new CompleteMultipartUploadCommand(complete), signal),
      'CompleteMultipartUpload',
      signal,
    );
  } finally {
    await abandon(requests, name, UploadId);
  }
}

/** Whether a conditional request was refused because its object is there. Several instances may probe at once: 409 is a refusal too. */
async function refused(
  request: Promise<unknown>,
  operation: string,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    const { status } = refusalOf(error);
    if (status === 412 || status === 409) return true;
    if (status === 501) throw unconditional(operation, error);
    throw faultOf(error, `probe ${operation} in`, '', signal);
  }
}
