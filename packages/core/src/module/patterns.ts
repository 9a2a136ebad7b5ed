// Pattern lists as in GOPRIVATE (spec §1.20, §1.21).
//
// Invariants:
// - A malformed pattern never matches and is no error.
// - Matching takes at most (length of pattern × length of target) steps: a `*` takes the first place where what follows it up
//   to the next `*` fits, and is never reconsidered.
// - Matching is by code points; module and import paths are ASCII.

import { type GlobChunk, matchChunks, parseGlob } from './glob.ts';

interface PrefixPattern {
  /** How many elements of the target the pattern covers. */
  readonly elements: number;
  readonly chunks: readonly GlobChunk[];
}

/**
 * Whether some leading elements of `target` match one of the comma-separated `globs` (spec §1.20), as GOPRIVATE,
 * GONOPROXY and GONOSUMDB mean it. Where one list meets many targets, use {@link prefixPatterns}.
 *
 * @example
 * ```ts
 * import { matchPrefixPatterns } from '@gomodkit/core/module';
 *
 * matchPrefixPatterns('*.corp.example.com,example.com/private', 'example.com/private/x'); // true
 * matchPrefixPatterns('*.corp.example.com', 'corp.example.com/x'); // false
 * ```
 */
export function matchPrefixPatterns(globs: string, target: string): boolean {
  return prefixPatterns(globs)(target);
}

/** {@link matchPrefixPatterns} with the list parsed once. */
export function prefixPatterns(globs: string): (target: string) => boolean {
  const patterns = globs.split(',').flatMap((glob) => compilePattern(glob.endsWith('/') ? glob.slice(0, -1) : glob));
  return (target) => patterns.some((pattern) => matchesPrefix(pattern, target));
}

function compilePattern(glob: string): PrefixPattern[] {
  const chunks = glob === '' ? undefined : parseGlob(glob);
  return chunks === undefined ? [] : [{ elements: glob.split('/').length, chunks }];
}

function matchesPrefix({ elements, chunks }: PrefixPattern, target: string): boolean {
  let end = -1;
  for (let n = 0; n < elements; n++) {
    if (end === target.length) return false;
    const slash = target.indexOf('/', end + 1);
    end = slash < 0 ? target.length : slash;
  }
  return matchChunks(chunks, target.slice(0, end));
}
