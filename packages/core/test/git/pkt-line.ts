// git's wire formats, as far as a server needs them that lies: pkt-lines, side bands and packs.

import { createHash } from 'node:crypto';
import { deflateSync } from 'node:zlib';
import type { GitRequest } from './server.ts';

/** `0000`: the end of a message. */
export const flush: Uint8Array = Buffer.from('0000');

/** A pkt-line: four hexadecimal digits of length, then the payload. */
export function pktLine(payload: string | Uint8Array): Buffer {
  const bytes = Buffer.from(payload as Uint8Array);
  return Buffer.concat([Buffer.from((bytes.length + 4).toString(16).padStart(4, '0')), bytes]);
}

/** What comes before the pack in the answer to a request for objects. */
export function beforePack(request: GitRequest): Buffer {
  if (request.protocol < 2) return pktLine('NAK\n');
  return pktLine('packfile\n');
}

/** Bytes of a pack as the client takes them: in side band 1 where it asked for side bands, else bare. */
export function packFrame(request: GitRequest, bytes: Uint8Array): Buffer {
  const banded = request.protocol === 2 || request.body.includes('side-band-64k');
  if (!banded) return Buffer.from(bytes);
  const frames: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 65_000) {
    frames.push(pktLine(Buffer.concat([Buffer.from([1]), bytes.subarray(at, at + 65_000)])));
  }
  return Buffer.concat(frames);
}

const types = { commit: 1, tree: 2, blob: 3, tag: 4 } as const;

/** Kind and content of an object. */
export type PackObject = readonly [type: keyof typeof types, content: Uint8Array];

/** The first twelve bytes of a pack of so many objects. */
export function packHeader(count: number): Buffer {
  const header = Buffer.from('PACK\0\0\0\x02\0\0\0\0', 'latin1');
  header.writeUInt32BE(count, 8);
  return header;
}

/** An object as it stands in a pack. `size`: the size that its header states. */
export function packedObject([type, content]: PackObject, size: number = content.length): Buffer {
  const header = [(types[type] << 4) | (size & 15)];
  for (let rest = Math.floor(size / 16); rest > 0; rest = Math.floor(rest / 128)) {
    header[header.length - 1] = (header.at(-1) ?? 0) | 128;
    header.push(rest % 128);
  }
  return Buffer.concat([Buffer.from(header), deflateSync(content, { level: 1 })]);
}

/** A whole pack. */
export function packOf(objects: readonly PackObject[]): Buffer {
  const body = Buffer.concat([packHeader(objects.length), ...objects.map((object) => packedObject(object))]);
  return Buffer.concat([body, createHash('sha1').update(body).digest()]);
}

/** The hash of an object (SHA-1). */
export function objectHash([type, content]: PackObject): string {
  return createHash('sha1').update(`${type} ${content.length}\0`).update(content).digest('hex');
}
