// Pages of keys.
//
// Invariants:
// - Pages are asked for by `StartAfter`, never by a token that could grow stale: each call stands alone.
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

/** One page of a listing. */
export async function listPage(
  requests: Requests,
  { prefix }: Settings,
  bounds: ListBounds,
  signal: AbortSignal | undefined,
): Promise<ListPage> {
  let { after } = bounds;
  for (;;) {
    const answer = await ask(requests, prefix, { ...bounds, after }, signal);
    const contents = answer.Contents ?? [];
    const objects = contents.flatMap((object): ObjectInfo[] => {
      const key = (object.Key ?? '').slice(prefix.length);
      const { Size: size = 0, ETag = '', LastModified = new Date(0) } = object;
      return isKey(key) ? [{ key, size, etag: bareEtag(ETag), modified: wholeSeconds(LastModified) }] : [];
    });
    const last = contents.at(-1)?.Key?.slice(prefix.length);
    checkOrder(
      contents.map(({ Key = '' }) => Key.slice(prefix.length)),
      after,
    );
    const more = answer.IsTruncated === true && last !== undefined;
    if (objects.length > 0 || !more) return { objects, more };
    after = last;
  }
}

async function ask(
  requests: Requests,
  prefix: string,
  { prefix: within, after, limit }: ListBounds,
  signal: AbortSignal | undefined,
): Promise<ListObjectsV2CommandOutput> {
  const command = new ListObjectsV2Command({
    Bucket: requests.bucket,
    Prefix: prefix + within,
    MaxKeys: Math.min(limit, maxPage),
    ...(after !== '' && { StartAfter: prefix + after }),
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
