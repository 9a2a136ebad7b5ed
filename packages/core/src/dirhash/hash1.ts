// h1 of a list of files, and of a go.mod (spec §8.1, §8.3).

import { createSha256, sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { type FileDigest, h1Of, refuseLineFeed, summaryHash, summaryLines } from './summary.ts';

/** A named file whose content can be opened. */
export interface HashFile {
  /** Slash-separated. For a module zip it includes `PATH@VERSION/`. */
  readonly name: string;
  open(): ReadableStream<Uint8Array> | Promise<ReadableStream<Uint8Array>>;
}

/** Options of the hash functions. */
export interface HashOptions {
  /** Cancels the call: it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The `h1:` hash of named files, whatever their order (spec §8.1).
 *
 * Rejects with `invalid_argument` for a name with a line feed, and with what opening and reading fails with.
 *
 * @example
 * ```ts
 * import { hash1 } from '@gomodkit/core/dirhash';
 *
 * await hash1([]); // 'h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='
 * ```
 */
export async function hash1(
  files: Iterable<HashFile> | AsyncIterable<HashFile>,
  options: HashOptions = {},
): Promise<string> {
  const digests: FileDigest[] = [];
  for await (const file of files) {
    refuseLineFeed(file.name);
    const hash = createSha256();
    for await (const chunk of await file.open()) {
      options.signal?.throwIfAborted();
      hash.update(chunk);
    }
    digests.push([file.name, hex(hash.digest())]);
  }
  return summaryHash(digests, options.signal);
}

/**
 * The `h1:` hash of a go.mod, as go.sum has it for `VERSION/go.mod` (spec §8.3).
 *
 * @example
 * ```ts
 * import { hashGoMod } from '@gomodkit/core/dirhash';
 *
 * hashGoMod(new Uint8Array()); // 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY='
 * ```
 */
export function hashGoMod(goMod: Uint8Array): string {
  return h1Of(sha256(summaryLines([['go.mod', hex(sha256(goMod))]])));
}
