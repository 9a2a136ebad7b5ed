// Pages of keys.
//
// Invariants:
// - Pages begin at `startOffset`, so each call stands alone; a token is followed only over pages that hold no key of ours.
// - Objects whose names are no keys of the grammar are somebody else's and are left out; a page with `more` is never empty.
// - A page that is not what was asked for is a fault: it would repeat keys, lose some or never end.

import { GoModKitError } from '@gomodkit/core/errors';
import { compareKeys, isKey, type ListBounds, type ListPage, type ObjectInfo } from '@gomodkit/core/storage';
import type { GcsBucketLike, GcsFilesPage } from './bucket.ts';
import { answerOf, type CallContext, faultOf } from './calls.ts';
import { infoOf } from './object-info.ts';
import type { Settings } from './options.ts';

/** The most objects of a page that the service gives. */
const maxPage = 1000;

/** Pages that do not move on that are followed before the service counts as broken. */
const maxIdlePages = 100;

/** One page of a listing. */
export async function listPage(
  bucket: GcsBucketLike,
  { prefix }: Settings,
  bounds: ListBounds,
  context: CallContext,
): Promise<ListPage> {
  let { after } = bounds;
  let pageToken: string | undefined;
  for (let idle = 0; idle < maxIdlePages; ) {
    const [files, next] = await ask(bucket, prefix, { ...bounds, after }, pageToken, context);
    const names = files.map(({ name }) => name.slice(prefix.length));
    checkOrder(names, after, context);
    const objects = files.flatMap(({ metadata }, i): ObjectInfo[] => {
      const key = names[i] ?? '';
      return key !== after && isKey(key) ? [infoOf(key, Number(metadata.size), metadata)] : [];
    });
    const page = objects.slice(0, bounds.limit);
    if (page.length > 0 || !next) return { objects: page, more: Boolean(next) || page.length < objects.length };
    pageToken = next.pageToken;
    const last = names.at(-1) ?? after;
    // Perhaps no name at all, perhaps the one where it began.
    if (last === after) idle++;
    after = last;
  }
  throw odd('names nothing, page after page', context);
}

async function ask(
  bucket: GcsBucketLike,
  prefix: string,
  { prefix: within, after, limit }: ListBounds,
  pageToken: string | undefined,
  context: CallContext,
): Promise<GcsFilesPage> {
  const query = {
    autoPaginate: false as const,
    prefix: prefix + within,
    // The offset is inclusive: one more, for the key that the page must not hold.
    maxResults: Math.min(limit + (after === '' ? 0 : 1), maxPage),
    ...(after !== '' && { startOffset: prefix + after }),
    ...(pageToken !== undefined && { pageToken }),
  };
  try {
    return await answerOf(bucket.getFiles(query), context);
  } catch (error) {
    throw faultOf(error, context);
  }
}

/** `after` itself may be the first: the offset is inclusive. */
function checkOrder(names: readonly string[], after: string, context: CallContext): void {
  let before = after;
  names.forEach((name, i) => {
    const order = compareKeys(before, name);
    if (before !== '' && (order > 0 || (order === 0 && i > 0)))
      throw odd(`names ${JSON.stringify(name)} after ${JSON.stringify(before)}`, context);
    before = name;
  });
}

function odd(what: string, { key }: CallContext): GoModKitError {
  const message = `Google Cloud Storage lists ${key || 'the bucket'} wrongly: it ${what}`;
  return new GoModKitError('storage_unavailable', message, { data: { key, transient: true } });
}
