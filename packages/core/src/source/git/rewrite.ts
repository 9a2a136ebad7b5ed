// Other addresses for repositories: mirrors, and tests (git's `url.TO.insteadOf = FROM`).
//
// Invariant: the longest FROM that an address begins with decides; a rewritten address is the user's own word.

import { GoModKitError } from '../../errors/error.ts';

/** Addresses that begin with `from` are connected to at `to` and the rest. */
export interface GitRewrite {
  readonly from: string;
  readonly to: string;
}

/** Where an address is connected to; undefined where no rewrite concerns it. */
export function rewritten(url: string, rewrites: readonly GitRewrite[]): string | undefined {
  let best: GitRewrite | undefined;
  for (const rewrite of rewrites) {
    if (url.startsWith(rewrite.from) && rewrite.from.length > (best?.from.length ?? 0)) best = rewrite;
  }
  return best === undefined ? undefined : best.to + url.slice(best.from.length);
}

/** Checks rewrites. Throws `invalid_argument`. */
export function checkRewrites(rewrites: readonly GitRewrite[]): void {
  for (const { from, to } of rewrites) {
    if (from !== '' && /^(https?|ssh|git\+ssh|file):\/\//.test(to)) continue;
    // TO may hold credentials: it is not repeated.
    const message = `git rewrite of ${JSON.stringify(from)}: want FROM=TO, with TO a URL (https, http, ssh or file)`;
    throw new GoModKitError('invalid_argument', message);
  }
}
