// Small answers with their validators.
//
// Invariants:
// - An entity tag comes from the very bytes that are served, never from what they mean (protocol-cases row 5).
// - `modified` is when the object was captured; an answer that may change has none.

import { sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { formatInfo } from '../source/info.ts';
import type { VersionInfo } from '../source/source.ts';
import type { InfoFile, RepositoryFile } from './repository.ts';

/** The small files of a version, fetched and checked. */
export interface Draft {
  readonly info: VersionInfo;
  readonly infoBytes: Uint8Array;
  readonly goMod: Uint8Array;
}

/** A file of `bytes`. */
export function fileOf(bytes: Uint8Array, modified?: Date): RepositoryFile {
  return { bytes, etag: etagOf(bytes), ...(modified === undefined ? {} : { modified }) };
}

/** The `.info` of a stored version, as it is stored. */
export function storedInfoFile(info: VersionInfo, bytes: Uint8Array, modified: Date): InfoFile {
  return { ...fileOf(bytes, modified), info, immutable: true };
}

/** The answer to a query, which another answer may follow: the file of a captured version, or what would be captured. */
export function answerFile(answer: InfoFile | VersionInfo): InfoFile {
  if ('version' in answer) return { ...fileOf(formatInfo(answer)), info: answer, immutable: false };
  return { bytes: answer.bytes, etag: answer.etag, info: answer.info, immutable: false };
}

/** 128 bits of SHA-256. */
function etagOf(bytes: Uint8Array): string {
  return hex(sha256(bytes).subarray(0, 16));
}
