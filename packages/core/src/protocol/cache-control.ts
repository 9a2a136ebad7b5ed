// How long each kind of answer may be kept, as a table (spec §10.12).
//
// Invariants:
// - Only what never changes is `immutable`: `.mod`, `.zip` and `.info` of canonical versions, checksum records, full tiles.
// - What was refused because of its spelling stays refused; what was refused because of the state of the world is asked again soon.
// - Behind an authorisation hook nothing enters a shared cache, unless the hook called the module public.

/** How long an answer may be kept. */
export type CacheClass =
  /** Never changes. */
  | 'immutable'
  /** Lists, `@latest`, branches, and absences that may end. */
  | 'short'
  /** Refused by its spelling alone. */
  | 'syntax'
  /** Faults, health, answers to one client only. */
  | 'no-store';

/** Who may keep an answer. */
export type CacheScope = 'public' | 'private';

/** `Cache-Control` by scope and class. */
export const cacheControl: Readonly<Record<CacheScope, Readonly<Record<CacheClass, string>>>> = {
  public: {
    immutable: 'public, max-age=31536000, immutable',
    short: 'public, max-age=60',
    syntax: 'public, max-age=86400',
    'no-store': 'no-store',
  },
  private: {
    immutable: 'private, max-age=31536000, immutable',
    short: 'private, max-age=60',
    syntax: 'private, max-age=86400',
    'no-store': 'no-store',
  },
};

/** Headers under construction. */
export type HeaderBag = Record<string, string>;

/** Writes `cache-control`, and `vary` where the answer depends on who asks. */
export function setCacheHeaders(headers: HeaderBag, scope: CacheScope, cacheClass: CacheClass): void {
  headers['cache-control'] = cacheControl[scope][cacheClass];
  if (scope === 'private') headers.vary = 'authorization';
}
