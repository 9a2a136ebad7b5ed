// Multipart uploads that nobody completed.
//
// Invariants:
// - Only uploads of this storage are aborted: those of names that are no keys of the grammar are somebody else's.
// - A listing that does not move on is a fault, not an endless loop.

import {
  AbortMultipartUploadCommand,
  ListMultipartUploadsCommand,
  type ListMultipartUploadsCommandInput,
  type ListMultipartUploadsCommandOutput,
} from '@aws-sdk/client-s3';
import { GoModKitError } from '@gomodkit/core/errors';
import { isKey } from '@gomodkit/core/storage';
import { faultOf, type Requests, refusalOf } from './client.ts';
import type { Settings } from './options.ts';
import { probeName } from './probe.ts';

/** Where a page of uploads begins. */
type UploadsPlace = Pick<ListMultipartUploadsCommandInput, 'KeyMarker' | 'UploadIdMarker'>;

/** Aborts the uploads that were begun before `olderThan`; resolves to how many. */
export async function sweepUploads(
  requests: Requests,
  { prefix }: Settings,
  olderThan: Date,
  signal: AbortSignal | undefined,
): Promise<number> {
  let removed = 0;
  let after: UploadsPlace = {};
  for (;;) {
    const page = await listUploads(requests, prefix, after, signal);
    for (const { Key: name = '', UploadId: id, Initiated: begun } of page.Uploads ?? []) {
      if (!isOwn(name, prefix) || id === undefined || begun === undefined || begun >= olderThan) continue;
      if (await abort(requests, name, id, signal)) removed++;
    }
    if (page.IsTruncated !== true) return removed;
    const { NextKeyMarker: KeyMarker, NextUploadIdMarker: UploadIdMarker } = page;
    if (KeyMarker === after.KeyMarker && UploadIdMarker === after.UploadIdMarker) throw stuck(prefix);
    after = { KeyMarker, UploadIdMarker };
  }
}

function isOwn(name: string, prefix: string): boolean {
  const key = name.slice(prefix.length);
  return name.startsWith(prefix) && (isKey(key) || key === probeName);
}

async function listUploads(
  requests: Requests,
  prefix: string,
  after: UploadsPlace,
  signal: AbortSignal | undefined,
): Promise<ListMultipartUploadsCommandOutput> {
  const command = new ListMultipartUploadsCommand({ Bucket: requests.bucket, Prefix: prefix, ...after });
  try {
    return await requests.send<ListMultipartUploadsCommandOutput>(command, signal);
  } catch (error) {
    throw faultOf(error, 'list unfinished uploads below', prefix, signal);
  }
}

/** Whether the upload was there to abort. */
async function abort(requests: Requests, name: string, id: string, signal: AbortSignal | undefined): Promise<boolean> {
  const command = new AbortMultipartUploadCommand({ Bucket: requests.bucket, Key: name, UploadId: id });
  try {
    await requests.send(command, signal);
    return true;
  } catch (error) {
    if (refusalOf(error).status === 404) return false;
    throw faultOf(error, 'abort an upload of', name, signal);
  }
}

function stuck(prefix: string): GoModKitError {
  const message = `S3 lists the unfinished uploads below ${prefix || 'the bucket'} again and again`;
  return new GoModKitError('storage_unavailable', message, { data: { transient: true } });
}
