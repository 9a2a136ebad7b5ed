// What the fake does for each operation of S3.
//
// Invariants:
// - Conditions, checksums, ranges and the rules of multipart uploads are those of S3; after a refused completion the upload stays open.
// - Listings are in the order of UTF-8 bytes.

import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { type Bucket, type BucketObject, md5, type NewObject, type OpenUpload } from '../buckets/bucket.ts';
import type { WorkFaults } from '../buckets/object-fault.ts';
import type { ObjectAnswer, ObjectRequest, ObjectRequestHead } from '../buckets/object-server.ts';
import { type Xml, xmlDocument } from './xml.ts';

/** A request with what it is about. */
export interface S3Call extends WorkFaults {
  readonly request: ObjectRequest;
  readonly bucket: Bucket;
  readonly bucketName: string;
  readonly key: string;
}

/** An error answer. */
export function s3Error(status: number, code: string): ObjectAnswer {
  const body = xmlDocument('Error', { Code: code, Message: `the fake answers ${code}`, RequestId: '0' });
  return { status, headers: { 'content-type': 'application/xml' }, body };
}

function document(name: string, content: Xml): ObjectAnswer {
  return { status: 200, headers: { 'content-type': 'application/xml' }, body: xmlDocument(name, content) };
}

/** The least size of a part that is not the last. */
const minPart = 5 * 1024 * 1024;

/** Operations by the names that S3 gives them. */
export const operations: Readonly<Record<string, (call: S3Call) => ObjectAnswer>> = {
  PutObject(call) {
    const { bucket, key, request } = call;
    const refusal = wrongChecksum(request) ?? taken(call);
    if (refusal !== undefined) return refusal;
    const { etag } = bucket.put(key, request.body, toldOf(request));
    return { status: 200, headers: { etag: `"${etag}"` } };
  },
  GetObject: (call) => read(call),
  HeadObject: (call) => read(call),
  DeleteObject({ bucket, key }) {
    bucket.objects.delete(key);
    return { status: 204 };
  },
  ListObjectsV2({ bucket, request: { query }, page: fault }) {
    const limit = Math.min(Number(query.get('max-keys') ?? 1000), 1000);
    const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
    // A stale page begins where the page before began: at the beginning.
    const begin = fault === 'stale' ? '' : after;
    const keys = bucket.keys(query.get('prefix') ?? '').filter((key) => isAfter(key, begin));
    const page = fault === 'empty' ? [] : keys.slice(0, limit);
    const more = page.length < keys.length;
    return document('ListBucketResult', {
      IsTruncated: String(more),
      KeyCount: String(page.length),
      NextContinuationToken: more ? (page.at(-1) ?? (after || ' ')) : undefined,
      Contents: page.map((key) => {
        const object = bucket.objects.get(key);
        return {
          Key: key,
          Size: String(object?.bytes.length),
          ETag: `"${object?.etag}"`,
          LastModified: object?.modified.toISOString(),
        };
      }),
    });
  },
  CreateMultipartUpload({ bucket, bucketName, key, request }) {
    const { id } = bucket.begin(key, toldOf(request));
    return document('InitiateMultipartUploadResult', { Bucket: bucketName, Key: key, UploadId: id });
  },
  UploadPart({ bucket, request }) {
    const upload = uploadOf(bucket, request);
    if (upload === undefined) return s3Error(404, 'NoSuchUpload');
    const refusal = wrongChecksum(request);
    if (refusal !== undefined) return refusal;
    upload.parts.set(Number(request.query.get('partNumber')), request.body);
    return {
      status: 200,
      headers: { etag: `"${md5(request.body)}"`, 'x-amz-checksum-crc32': checksum(request.body) },
    };
  },
  CompleteMultipartUpload(call) {
    const { bucket, request } = call;
    const upload = uploadOf(bucket, request);
    if (upload === undefined) return s3Error(404, 'NoSuchUpload');
    const named = partsNamed(Buffer.from(request.body).toString());
    const parts = named.map(({ number }) => upload.parts.get(number));
    const wrong = named.some(({ etag }, i) => parts[i] === undefined || md5(parts[i]) !== etag);
    if (wrong || named.length === 0) return s3Error(400, 'InvalidPart');
    if (parts.slice(0, -1).some((part) => (part?.length ?? 0) < minPart)) return s3Error(400, 'EntityTooSmall');
    const refusal = taken(call);
    if (refusal !== undefined) return refusal;
    bucket.uploads.delete(upload.id);
    const sums = Buffer.concat(
      parts.map((part) =>
        createHash('md5')
          .update(part ?? '')
          .digest(),
      ),
    );
    const bytes = Buffer.concat(parts.map((part) => part ?? new Uint8Array()));
    const { etag } = bucket.put(upload.key, bytes, { ...upload, etag: `${md5(sums)}-${parts.length}` });
    return document('CompleteMultipartUploadResult', { Key: upload.key, ETag: `"${etag}"` });
  },
  AbortMultipartUpload({ bucket, request }) {
    const upload = uploadOf(bucket, request);
    if (upload === undefined) return s3Error(404, 'NoSuchUpload');
    bucket.uploads.delete(upload.id);
    return { status: 204 };
  },
  ListMultipartUploads({ bucket, request: { query }, page }) {
    const prefix = query.get('prefix') ?? '';
    const uploads = [...bucket.uploads.values()].filter(({ key }) => key.startsWith(prefix));
    return document('ListMultipartUploadsResult', {
      // All are on one page, unless that is what goes wrong.
      IsTruncated: String(page !== undefined),
      NextKeyMarker: page && uploads.at(-1)?.key,
      NextUploadIdMarker: page && uploads.at(-1)?.id,
      Upload: uploads.map(({ id, key, initiated }) => ({
        Key: key,
        UploadId: id,
        Initiated: initiated.toISOString(),
      })),
    });
  },
};

/** The operation of a request; a bucket's own where there is no key. */
export function s3OperationOf({ method, path, query }: ObjectRequestHead): string {
  const [, key = ''] = /^[^/]*\/?(.*)$/s.exec(path) ?? [];
  if (key === '') return bucketOperations[`${method}${query.has('uploads') ? ' uploads' : ''}`] ?? 'Unknown';
  const about = query.has('uploads') ? ' uploads' : query.has('uploadId') ? ' uploadId' : '';
  return objectOperations[method + about] ?? 'Unknown';
}

const bucketOperations: Readonly<Record<string, string>> = {
  GET: 'ListObjectsV2',
  'GET uploads': 'ListMultipartUploads',
  PUT: 'CreateBucket',
};

const objectOperations: Readonly<Record<string, string>> = {
  PUT: 'PutObject',
  'PUT uploadId': 'UploadPart',
  GET: 'GetObject',
  HEAD: 'HeadObject',
  DELETE: 'DeleteObject',
  'DELETE uploadId': 'AbortMultipartUpload',
  'POST uploads': 'CreateMultipartUpload',
  'POST uploadId': 'CompleteMultipartUpload',
};

function read({ bucket, key, request }: S3Call): ObjectAnswer {
  const object = bucket.objects.get(key);
  if (object === undefined) return s3Error(404, 'NoSuchKey');
  const { bytes, etag, modified, contentType } = object;
  const headers = {
    etag: `"${etag}"`,
    'last-modified': modified.toUTCString(),
    'content-type': contentType,
    'accept-ranges': 'bytes',
  };
  const range = /^bytes=(\d+)-(\d*)$/.exec(request.headers.range ?? '');
  if (range === null) return { status: 200, headers: { ...headers, ...wholeChecksum(object, request) }, body: bytes };
  const start = Number(range[1]);
  const end = range[2] === '' ? bytes.length : Math.min(Number(range[2]) + 1, bytes.length);
  if (start >= bytes.length) return s3Error(416, 'InvalidRange');
  const part = { ...headers, 'content-range': `bytes ${start}-${end - 1}/${bytes.length}` };
  return { status: 206, headers: part, body: bytes.subarray(start, end) };
}

/** Objects that were uploaded in parts have checksums of another kind, and say none here. */
function wholeChecksum({ bytes, etag }: BucketObject, { headers }: ObjectRequest): Record<string, string> {
  const wanted = headers['x-amz-checksum-mode'] === 'ENABLED' && !etag.includes('-');
  return wanted ? { 'x-amz-checksum-crc32': checksum(bytes) } : {};
}

function taken({ bucket, key, request, conditional }: S3Call): ObjectAnswer | undefined {
  const wanted = conditional && request.headers['if-none-match'] === '*';
  return wanted && bucket.objects.has(key) ? s3Error(412, 'PreconditionFailed') : undefined;
}

function wrongChecksum({ headers, body }: ObjectRequest): ObjectAnswer | undefined {
  const announced = headers['x-amz-checksum-crc32'];
  return announced === undefined || announced === checksum(body) ? undefined : s3Error(400, 'BadDigest');
}

function checksum(bytes: Uint8Array): string {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum.toString('base64');
}

/** What the headers say of an object to be. */
function toldOf({ headers }: ObjectRequest): NewObject {
  const kept = Object.entries(headers).filter(([name]) => /^x-amz-(storage-class$|server-side-encryption)/.test(name));
  const attributes = Object.fromEntries(kept.map(([name, value]) => [name, String(value)]));
  return { contentType: headers['content-type'] ?? 'application/octet-stream', attributes };
}

function uploadOf(bucket: Bucket, { query }: ObjectRequest): OpenUpload | undefined {
  return bucket.uploads.get(query.get('uploadId') ?? '');
}

function isAfter(key: string, after: string): boolean {
  return after === '' || Buffer.compare(Buffer.from(key), Buffer.from(after)) > 0;
}

/** The parts that a completion names, in its order. */
function partsNamed(body: string): readonly { readonly number: number; readonly etag: string }[] {
  return [...body.matchAll(/<Part>([\s\S]*?)<\/Part>/g)].map(([, part = '']) => ({
    number: Number(/<PartNumber>(\d+)</.exec(part)?.[1]),
    etag: (/<ETag>([^<]*)</.exec(part)?.[1] ?? '').replaceAll(/&quot;|"/g, ''),
  }));
}
