// Files of one commit as raw blobs, each read once (spec §6.22).

import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import type { GitRepository } from '../engine.ts';

/** The largest go.mod and LICENSE that the go command reads (spec §7.4). */
export const maxFile: number = 16 * 1024 * 1024;

/** Reads small files of a commit. */
export interface CommitFiles {
  /** A file's bytes, a symlink's target included; undefined where there is none. Rejects with `limit_exceeded` beyond 16 MiB. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Whether a file can be read; one that is there and too large cannot (spec §5.15). */
  isReadable(path: string): Promise<boolean>;
}

/** The files of a commit that is available. */
export function commitFiles(repository: GitRepository, hash: string, options: CallOptions): CommitFiles {
  const known = new Map<string, Promise<Uint8Array | undefined>>();
  const read = (path: string) => {
    const reading = known.get(path) ?? repository.readBlob(hash, path, { ...options, limit: maxFile });
    known.set(path, reading);
    return reading;
  };
  return {
    read,
    async isReadable(path) {
      try {
        return (await read(path)) !== undefined;
      } catch (error) {
        if (isGoModKitError(error, 'limit_exceeded')) return false;
        throw error;
      }
    },
  };
}

/** Why a version is none, in Go's words: `PATH@VERSION: invalid version: …`. */
export function invalidVersion(path: string, version: string, why: string, kind = 'version'): GoModKitError {
  return new GoModKitError('not_found', `${path}@${version}: invalid ${kind}: ${why}`);
}
