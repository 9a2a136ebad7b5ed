// Uploads: in one request, or resumable in several.
//
// Invariants:
// - Conditions are judged when an upload begins and again when it ends; the object appears in one step, at its end.
// - Announced checksums are checked before the object appears.
// - A resumable upload keeps what it has in multiples of 256 KiB and says how much that is; bytes that are not next are refused.

import type { BucketObject, OpenUpload } from '../buckets/bucket.ts';
import type { ObjectAnswer, ObjectRequest } from '../buckets/object-server.ts';
import { conditionRefused, type GcsCall, gcsError, json, resource, sumsOf } from './answers.ts';

/** Chunks that are not the last are multiples of this. */
const chunkUnit = 256 * 1024;

/** Operations by the names of {@link gcsOperationOf}. */
export const uploadOperations: Readonly<Record<string, (call: GcsCall) => ObjectAnswer>> = {
  'objects.insert'(call) {
    const { metadata, body, contentType } = partsOf(call.request);
    return store(call, body, { contentType, attributes: withKey(call.request, metadata) });
  },
  'resumable.begin'(call) {
    const { bucket, bucketName, key, request } = call;
    const refusal = conditionRefused(call);
    if (refusal !== undefined) return refusal;
    const attributes = withKey(request, metadataOf(Buffer.from(request.body).toString()));
    const contentType = header(request, 'x-upload-content-type') ?? attributes.contentType ?? octets;
    const { id } = bucket.begin(key, { contentType, attributes });
    const query = new URLSearchParams({ ...Object.fromEntries(request.query), name: key, upload_id: id });
    const location = `http://${request.headers.host}/upload/storage/v1/b/${bucketName}/o?${query}`;
    return { status: 200, headers: { location } };
  },
  'resumable.send': sendChunk,
  'resumable.status'(call) {
    const { bucket, bucketName, request } = call;
    const id = request.query.get('upload_id') ?? '';
    const upload = bucket.uploads.get(id);
    if (upload !== undefined) return incomplete(upload);
    const finished = bucket.finished.get(id);
    return finished === undefined ? gcsError(404, 'notFound') : json(resource(bucketName, call.key, finished));
  },
  'resumable.cancel'({ bucket, request }) {
    const known = bucket.uploads.delete(request.query.get('upload_id') ?? '');
    return known ? { status: 499 } : gcsError(404, 'notFound');
  },
};

const octets = 'application/octet-stream';

function sendChunk(call: GcsCall): ObjectAnswer {
  const { bucket, request } = call;
  const upload = bucket.uploads.get(request.query.get('upload_id') ?? '');
  if (upload === undefined) return gcsError(404, 'notFound');
  const [, first, total] = /^bytes (\d+)-(?:\d+|\*)\/(\d+|\*)$/.exec(header(request, 'content-range') ?? '') ?? [];
  const had = receivedBy(upload);
  if (Number(first ?? 0) !== had) return gcsError(503, 'backendError');
  const { length } = request.body;
  const last = total === undefined || Number(total) === had + length;
  if (!last && length % chunkUnit !== 0) return gcsError(400, 'badRequest');
  upload.parts.set(had, request.body);
  if (!last) return incomplete(upload);
  bucket.uploads.delete(upload.id);
  return store(call, Buffer.concat([...upload.parts.values()]), upload);
}

function store(
  call: GcsCall,
  bytes: Uint8Array,
  { id, contentType, attributes }: Pick<OpenUpload, 'contentType' | 'attributes'> & { readonly id?: string },
): ObjectAnswer {
  const { bucket, bucketName, key } = call;
  const { crc32c, md5Hash, ...kept } = attributes;
  const sums = sumsOf(bytes);
  if ((crc32c ?? sums.crc32c) !== sums.crc32c || (md5Hash ?? sums.md5Hash) !== sums.md5Hash)
    return gcsError(400, 'invalid');
  const refusal = conditionRefused(call);
  if (refusal !== undefined) return refusal;
  const object: BucketObject = bucket.put(key, bytes, { contentType, attributes: kept });
  if (id !== undefined) bucket.finished.set(id, object);
  return json(resource(bucketName, key, object));
}

/** Says how much there is; nothing where there is nothing. */
function incomplete(upload: OpenUpload): ObjectAnswer {
  const size = receivedBy(upload);
  return { status: 308, headers: size === 0 ? {} : { range: `bytes=0-${size - 1}` } };
}

function receivedBy({ parts }: OpenUpload): number {
  return [...parts.values()].reduce((size, { length }) => size + length, 0);
}

interface Parts {
  readonly metadata: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly contentType: string;
}

/** The two parts of a `multipart/related` body, or the bytes of a plain one. */
function partsOf(request: ObjectRequest): Parts {
  const type = header(request, 'content-type') ?? octets;
  const boundary = /^multipart\/related;.*boundary="?([^";]+)/.exec(type)?.[1];
  const body = Buffer.from(request.body);
  if (boundary === undefined) return { metadata: {}, body, contentType: type };
  const second = body.indexOf(`\r\n--${boundary}\r\n`);
  const end = body.lastIndexOf(`\r\n--${boundary}--`);
  const [, text] = headAndBody(body.subarray(0, second));
  const [head, bytes] = headAndBody(body.subarray(second + 2, end));
  const contentType = /content-type: *([^\r\n]+)/i.exec(head)?.[1] ?? octets;
  return { metadata: metadataOf(text.toString()), body: bytes, contentType };
}

function headAndBody(part: Buffer): readonly [string, Buffer] {
  const at = part.indexOf('\r\n\r\n');
  return [part.toString('latin1', 0, at), part.subarray(at + 4)];
}

/** The properties that are text; the others are of no use here. */
function metadataOf(text: string): Record<string, string> {
  const parsed = Object.entries(JSON.parse(text || '{}') as Record<string, unknown>);
  return Object.fromEntries(parsed.flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])));
}

function withKey({ query }: ObjectRequest, metadata: Readonly<Record<string, string>>): Record<string, string> {
  const kmsKeyName = query.get('kmsKeyName');
  return { ...metadata, ...(kmsKeyName !== null && { kmsKeyName }) };
}

function header({ headers }: ObjectRequest, name: string): string | undefined {
  const value = headers[name];
  return typeof value === 'string' ? value : undefined;
}
