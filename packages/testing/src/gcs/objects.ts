// Reading, listing and deleting objects.
//
// Invariants:
// - Listings are in the order of UTF-8 bytes; `startOffset` is inclusive, `endOffset` exclusive.
// - A page token names the last key of its page: keys that come later are found whatever was deleted meanwhile.

import type { ObjectAnswer } from '../buckets/object-server.ts';
import { conditionRefused, type GcsCall, gcsError, json, resource, sumsOf } from './answers.ts';

/** The most objects of a page. */
const maxPage = 1000;

/** Operations by the names of {@link gcsOperationOf}. */
export const objectOperations: Readonly<Record<string, (call: GcsCall) => ObjectAnswer>> = {
  'objects.get'(call) {
    const { bucket, bucketName, key } = call;
    const object = bucket.objects.get(key);
    if (object === undefined) return gcsError(404, 'notFound');
    return conditionRefused(call) ?? json(resource(bucketName, key, object));
  },
  'objects.download': download,
  'objects.delete'(call) {
    const { bucket, key } = call;
    if (!bucket.objects.has(key)) return gcsError(404, 'notFound');
    const refusal = conditionRefused(call);
    if (refusal !== undefined) return refusal;
    bucket.objects.delete(key);
    return { status: 204 };
  },
  'objects.list': list,
};

function list({ bucket, bucketName, request: { query }, page }: GcsCall): ObjectAnswer {
  const token = query.get('pageToken');
  const after = token === null ? '' : keyOf(token);
  if (after === undefined) return gcsError(400, 'invalid');
  if (page === 'empty') return json({ kind: 'storage#objects', nextPageToken: token ?? tokenOf('') });
  const start = query.get('startOffset') ?? '';
  const end = query.get('endOffset') ?? '';
  const limit = Math.min(Number(query.get('maxResults') ?? maxPage) || maxPage, maxPage);
  const keys = bucket.keys(query.get('prefix') ?? '').filter((key) => {
    // A stale page begins where the page before began: at the beginning.
    if (page === 'stale') return true;
    return compare(key, after) > 0 && compare(key, start) >= 0 && (end === '' || compare(key, end) < 0);
  });
  const named = keys.slice(0, limit);
  const last = named.at(-1);
  return json({
    kind: 'storage#objects',
    items: named.flatMap((key) => {
      const object = bucket.objects.get(key);
      return object === undefined ? [] : [resource(bucketName, key, object)];
    }),
    ...(named.length < keys.length && last !== undefined && { nextPageToken: tokenOf(last) }),
  });
}

function download(call: GcsCall): ObjectAnswer {
  const { bucket, key, request } = call;
  const object = bucket.objects.get(key);
  if (object === undefined)
    return { status: 404, headers: { 'content-type': 'text/html' }, body: `No such object: ${key}` };
  const refusal = conditionRefused(call);
  if (refusal !== undefined) return refusal;
  const { bytes, modified, contentType, generation, etag } = object;
  const sums = sumsOf(bytes);
  const headers = {
    'content-type': contentType,
    'accept-ranges': 'bytes',
    etag: `"${etag}"`,
    'last-modified': modified.toUTCString(),
    'x-goog-generation': String(generation),
    'x-goog-metageneration': '1',
    'x-goog-stored-content-length': String(bytes.length),
    'x-goog-stored-content-encoding': 'identity',
    'x-goog-hash': `crc32c=${sums.crc32c},md5=${sums.md5Hash}`,
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (range === null) return { status: 200, headers, body: bytes };
  const start = Number(range[1]);
  const end = range[2] === '' ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length);
  if (start >= bytes.length) {
    const body = '<Error><Code>InvalidRange</Code></Error>';
    return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` }, body };
  }
  const part = { ...headers, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` };
  return { status: 206, headers: part, body: bytes.subarray(start, end) };
}

function compare(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const tokenMark = 'after:';

function tokenOf(key: string): string {
  return Buffer.from(tokenMark + key).toString('base64url');
}

/** What a token names; undefined for one that was never given. */
function keyOf(token: string): string | undefined {
  const text = Buffer.from(token, 'base64url').toString();
  return text.startsWith(tokenMark) ? text.slice(tokenMark.length) : undefined;
}
