// A source at arm's length: sources that an embedder writes are no more trusted than the network.
//
// Invariants:
// - A rejection that is not a GoModKitError means "could not find out" (source.ts), so it becomes `upstream_unavailable`; its words stay
//   in `cause`. A cancelled call rejects with the signal's reason.
// - Answers have the types that the interface promises; their content is judged by whoever asked.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleSource } from '../source/source.ts';

/** Wraps `source`. */
export function guardSource(source: ModuleSource): ModuleSource {
  const ask = async <T>(
    what: string,
    signal: AbortSignal | undefined,
    call: () => Promise<T>,
    isWellFormed: (answer: T) => boolean,
  ): Promise<T> => {
    signal?.throwIfAborted();
    let answer: T;
    try {
      answer = await call();
    } catch (error) {
      signal?.throwIfAborted();
      if (isGoModKitError(error)) throw error;
      throw new GoModKitError('upstream_unavailable', `the source could not be asked for ${what}`, { cause: error });
    }
    if (isWellFormed(answer)) return answer;
    throw new GoModKitError('upstream_invalid', `the source answered ${what} with something of another type`);
  };
  return {
    versions: (path, options = {}) =>
      ask(`the versions of ${path}`, options.signal, () => source.versions(path, options), isStrings),
    resolve: (path, query, options = {}) =>
      ask(`${path}@${query}`, options.signal, () => source.resolve(path, query, options), isInfo),
    goMod: (path, version, options = {}) =>
      ask(`${path}@${version}.mod`, options.signal, () => source.goMod(path, version, options), isBytes),
    zip: (path, version, options = {}) =>
      ask(`${path}@${version}.zip`, options.signal, () => source.zip(path, version, options), hasBody),
  };
}

const isStrings = (value: unknown): boolean =>
  Array.isArray(value) && value.every((item: unknown) => typeof item === 'string');
const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null;
const isInfo = (value: unknown): boolean => isObject(value) && isObject((value as { origin?: unknown }).origin ?? {});
const isBytes = (value: unknown): boolean => value instanceof Uint8Array;
const hasBody = (value: unknown): boolean =>
  isObject(value) && (value as { body?: unknown }).body instanceof ReadableStream;
