// Pages of keys.
//
// Invariants:
// - Pages are asked for by `StartAfter`, so each call stands alone; a token is followed only over pages that hold no key of ours.
// - Objects whose names are no keys of the grammar are somebody else's and are left out; a page with `more` is never empty.
// - An endpoint that does not list in UTF-8 byte order (directory buckets) is `unsupported`: paging would lose keys.

import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from '@aws-sdk/client-s3';
import { GoModKitError } from '@gomodkit/core/errors';
import { compareKeys, isKey, type ListBounds, type ListPage, type ObjectInfo } from '@gomodkit/core/storage';
import { faultOf, type Requests } from './client.ts';
import { bareEtag, wholeSeconds } from './object-info.ts';
import type { Settings } from './options.ts';

/** The most keys of a page that S3 gives. */
const maxPage = 1000;

/** Pages without a name that are followed before the endpoint counts as broken. */
const maxEmptyPages = 100;

/** One page of a listing. */
export async function listPage(
  requests: Requests,
  { prefix }: Settings,
  bounds: ListBounds,
  signal: AbortSignal | undefined,
): Promise<ListPage> {
  let { after } = bounds;
  let token: string | undefined;
  for (let empty = 0; empty < maxEmptyPages; ) {
    const answer = await ask(requests, prefix, { ...bounds, after }, token, signal);
    const contents = answer.Contents ?? [];
    const names = contents.map(({ Key = '' }) => Key.slice(prefix.length));
    checkOrder(names, after);
    const objects = contents.flatMap(({ Size: size = 0, ETag = '', LastModified = new Date(0) }, i): ObjectInfo[] => {
      const key = names[i] ?? '';
      return isKey(key) ? [{ key, size, etag: bareEtag(ETag), modified: wholeSeconds(LastModified) }] : [];
    });
    const more = answer.IsTruncated === true;
    if (objects.length > 0 || !more) return { objects, more };
    token = answer.NextContinuationToken;
    if (names.length === 0) empty++;
    after = names.at(-1) ?? after;
  }
  throw new GoModKitError('storage_unavailable', `S3 lists nothing below ${prefix + bounds.prefix}, page after page`, {
    data: { transient: true },
  });
}

async function ask(
  requests: Requests,
  prefix: string,
  { prefix: within, after, limit }: ListBounds,
  token: string | undefined,
  signal: AbortSignal | undefined,
): Promise<ListObjectsV2CommandOutput> {
  const command = new ListObjectsV2Command({
    Bucket: requests.bucket,
    Prefix: prefix + within,
    MaxKeys: Math.min(limit, maxPage),
    ...(after !== '' && { StartAfter: prefix + after }),
    ...(token !== undefined && { ContinuationToken: token }),
  });
  try {
    return await requests.send<ListObjectsV2CommandOutput>(command, signal);
  } catch (error) {
    throw faultOf(error, 'list', prefix + within, signal);
  }
}

function checkOrder(names: readonly string[], after: string): void {
  let before = after;
  for (const name of names) {
    if (before !== '' && compareKeys(before, name) >= 0) {
      throw new GoModKitError(
        'unsupported',
        `this S3 endpoint lists ${JSON.stringify(name)} after ${JSON.stringify(before)}: keys must come in the order of their bytes`,
      );
    }
    before = name;
  }
}
