// What a request to the JSON API asks for, and of what.
//
// Invariant: known from the head of the request alone.

import type { ObjectRequestHead } from '../buckets/object-server.ts';

/** A bucket and, perhaps, an object. */
export interface Place {
  readonly bucketName: string;
  readonly key: string;
}

/** `…/b/BUCKET/o/NAME`, or `BUCKET/NAME` of the XML API, which signed URLs name. */
export function placeOf({ path, query }: ObjectRequestHead): Place {
  const [, bucketName = '', name] =
    /^(?:upload\/|download\/)?storage\/v1\/b\/([^/]+)(?:\/o\/?(.*))?$/s.exec(path) ??
    /^([^/]+)\/(.+)$/s.exec(path) ??
    [];
  return { bucketName, key: name || (query.get('name') ?? '') };
}

/** The operation of a request. */
export function gcsOperationOf(request: ObjectRequestHead): string {
  const { method, path, query, headers } = request;
  if (/^storage\/v1\/b\/?$/.test(path)) return method === 'POST' ? 'buckets.insert' : 'Unknown';
  if (/^storage\/v1\/b\/[^/]+$/.test(path)) return method === 'GET' ? 'buckets.get' : 'Unknown';
  if (path.startsWith('upload/')) {
    if (query.has('upload_id')) return sessionOperation(method, headers['content-range']);
    return query.get('uploadType') === 'resumable' ? 'resumable.begin' : 'objects.insert';
  }
  if (/^storage\/v1\/b\/[^/]+\/o\/?$/.test(path)) return method === 'GET' ? 'objects.list' : 'Unknown';
  if (method === 'DELETE') return 'objects.delete';
  if (method !== 'GET') return 'Unknown';
  return query.get('alt') === 'media' || !path.startsWith('storage/') ? 'objects.download' : 'objects.get';
}

function sessionOperation(method: string, range: string = ''): string {
  if (method === 'DELETE') return 'resumable.cancel';
  return range.startsWith('bytes */') ? 'resumable.status' : 'resumable.send';
}
