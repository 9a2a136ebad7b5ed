// Repositories are kept in files: without them there is no engine.

import { GoModKitError } from '../errors/error.ts';
import type { GitLibrary, Inflated } from './types.ts';

function unsupported(): GoModKitError {
  return new GoModKitError('unsupported', 'git repositories need a file system, which this runtime has not');
}

/** Rejects with `unsupported`. */
export async function loadGitLibrary(): Promise<GitLibrary> {
  throw unsupported();
}

/** Throws `unsupported`. */
export function inflateAt(_bytes: Uint8Array, _start: number, _size: number): Inflated {
  throw unsupported();
}

/** Throws `unsupported`. */
export function sha1(..._parts: readonly Uint8Array[]): Uint8Array {
  throw unsupported();
}

/** Throws `unsupported`. */
export function crc32(_bytes: Uint8Array): number {
  throw unsupported();
}

/** Rejects with `unsupported`. */
export async function readWhole(_path: string): Promise<Uint8Array | undefined> {
  throw unsupported();
}

/** Rejects with `unsupported`. */
export async function writeWhole(_path: string, _parts: readonly Uint8Array[]): Promise<void> {
  throw unsupported();
}

/** Rejects with `unsupported`. */
export async function listNames(_directory: string): Promise<readonly string[]> {
  throw unsupported();
}

/** Rejects with `unsupported`. */
export async function removeFile(_path: string): Promise<void> {
  throw unsupported();
}
