// The forms in which the JSON API answers.
//
// Invariants:
// - Numbers of 64 bits are text.
// - Conditions are those of the service: `ifGenerationMatch=0` holds for an object that is not there, any other number for that generation.

import { type Bucket, type BucketObject, md5 } from '../buckets/bucket.ts';
import type { WorkFaults } from '../buckets/object-fault.ts';
import type { ObjectAnswer, ObjectRequest } from '../buckets/object-server.ts';
import { crc32c } from './crc32c.ts';

/** A request with what it is about. */
export interface GcsCall extends WorkFaults {
  readonly request: ObjectRequest;
  readonly bucket: Bucket;
  readonly bucketName: string;
  readonly key: string;
}

/** An answer in JSON. */
export function json(
  content: object,
  status: number = 200,
  headers: Readonly<Record<string, string>> = {},
): ObjectAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=UTF-8', ...headers },
    body: JSON.stringify(content),
  };
}

/** An error answer. */
export function gcsError(status: number, code: string): ObjectAnswer {
  const message = `the fake answers ${code}`;
  return json({ error: { code: status, message, errors: [{ message, domain: 'global', reason: code }] } }, status);
}

/** The sums of an object's bytes, in base64. */
export function sumsOf(bytes: Uint8Array): { readonly crc32c: string; readonly md5Hash: string } {
  return { crc32c: crc32c(bytes), md5Hash: md5(bytes, 'base64') };
}

/** An object as the API describes it. */
export function resource(bucketName: string, key: string, object: BucketObject): object {
  const { bytes, etag, modified, generation, contentType, attributes } = object;
  return {
    kind: 'storage#object',
    id: `${bucketName}/${key}/${generation}`,
    name: key,
    bucket: bucketName,
    generation: String(generation),
    metageneration: '1',
    contentType,
    storageClass: 'STANDARD',
    ...attributes,
    size: String(bytes.length),
    ...sumsOf(bytes),
    etag,
    timeCreated: modified.toISOString(),
    updated: modified.toISOString(),
  };
}

/** The refusal of a condition that does not hold. */
export function conditionRefused({ request: { query }, bucket, key, conditional }: GcsCall): ObjectAnswer | undefined {
  if (!conditional) return undefined;
  const current = String(bucket.objects.get(key)?.generation ?? 0);
  const wanted = query.get('ifGenerationMatch');
  if (wanted !== null && wanted !== current) return gcsError(412, 'conditionNotMet');
  return query.get('ifGenerationNotMatch') === current ? { status: 304 } : undefined;
}
