// Every error that leaves gomodkit on purpose is a GoModKitError.
//
// Invariants:
// - `code` is stable and machine readable; `message` is one human sentence (or a few lines) without secrets.
// - HTTP statuses do not exist here: protocol/ maps codes to statuses at the edge.
// - Recognition is by brand, not by `instanceof`: an ESM and a CJS copy of this file may live in one process.
// - A cancelled call rejects with its signal's own reason, never with a GoModKitError.

/** What went wrong, for programs. New codes may be added; existing ones keep their meaning. */
export type ErrorCode =
  /** A module, import or file path breaks spec §1. */
  | 'invalid_path'
  /** A version is malformed, not canonical, or does not fit its path (spec §1.11–1.14, §2, §3). */
  | 'invalid_version'
  /** A go.mod does not parse, or names no valid module path (spec §9). */
  | 'invalid_go_mod'
  /** A module zip breaks a rule of spec §7. */
  | 'invalid_zip'
  /** A storage key breaks the key grammar. */
  | 'invalid_key'
  /** An option or argument of ours is out of range or of the wrong shape. */
  | 'invalid_argument'
  /** A request to the protocol handler that no client makes: malformed target, unexpected body. */
  | 'bad_request'
  /** The module or version is not there. */
  | 'not_found'
  /** The module or version was there and was taken away. */
  | 'gone'
  /** A policy or an upstream refuses it; `data.policy`, `data.until` where known. */
  | 'denied'
  /** The answer would need a source, and the repository works offline. */
  | 'offline'
  /** A source could not be asked: network, 5xx, 429, refused credentials. `data.transient` where known. */
  | 'upstream_unavailable'
  /** A source did not answer in time. */
  | 'upstream_timeout'
  /** A source answered something that breaks the protocol. */
  | 'upstream_invalid'
  /** Other bytes are captured already, or the pinned commit is no longer what the source has. */
  | 'conflict'
  /** A checksum database disproves the bytes. */
  | 'checksum_mismatch'
  /** A checksum database signed two trees of which neither contains the other (spec §12.10): `data` is the proof. Never a matter of the network. */
  | 'checksum_misbehaviour'
  /** A signed note is malformed, or none of its signatures is by a known key, or one that is does not hold (spec §12.1–12.6). */
  | 'invalid_note'
  /** A tree head, record, tile or proof of a transparency log is malformed or does not hold (spec §12.7, §12.11). */
  | 'invalid_log'
  /** A bundle is none, or breaks its own rules: `data.entry`, the file at fault; `data.truncated` where it was cut off. */
  | 'invalid_bundle'
  /** Something is larger or more than the stated limit: `data.limit`. */
  | 'limit_exceeded'
  /** A range starts at or after the end of the object: `data.size`. */
  | 'range_not_satisfiable'
  /** Storage failed; `data.transient` says whether a retry can help. */
  | 'storage_unavailable'
  /** This backend, runtime or source cannot do it. */
  | 'unsupported'
  /** isomorphic-git cannot read this repository, the git program can: SHA-256, working-tree-encoding, packs beyond what memory may hold. */
  | 'needs_git_engine'
  /** The object was closed. */
  | 'closed';

/** Facts that belong to an error, for programs and logs. Never secrets. */
export type ErrorData = Readonly<Record<string, unknown>>;

/** Options of {@link GoModKitError}. */
export interface ErrorOptions {
  readonly cause?: unknown;
  readonly data?: ErrorData | undefined;
}

const brand = Symbol.for('gomodkit.error');

/**
 * The one error class of gomodkit. Recognise it with {@link isGoModKitError}, which also works across module copies.
 */
export class GoModKitError extends Error {
  /** Stable and machine readable. */
  readonly code: ErrorCode;
  /** Facts that belong to the error. */
  readonly data: ErrorData;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'GoModKitError';
    this.code = code;
    this.data = options.data ?? {};
    Object.defineProperty(this, brand, { value: true });
  }
}

/**
 * Whether `value` is a {@link GoModKitError}, and one of `codes` if any are given.
 *
 * @example
 * ```ts
 * import { isGoModKitError, type Repository } from '@gomodkit/core';
 *
 * async function exists(repository: Repository, path: string): Promise<boolean> {
 *   try {
 *     await repository.latest(path);
 *     return true;
 *   } catch (error) {
 *     if (isGoModKitError(error, 'not_found', 'gone')) return false;
 *     throw error;
 *   }
 * }
 * ```
 */
export function isGoModKitError(value: unknown, ...codes: readonly ErrorCode[]): value is GoModKitError {
  if (typeof value !== 'object' || value === null || !(brand in value)) return false;
  return codes.length === 0 || codes.includes((value as object as GoModKitError).code);
}
