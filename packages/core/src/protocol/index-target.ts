// Requests for the index feed: `/index?since&limit&include&cursor&prefix&module` (formats.md §3).
//
// Invariants:
// - No module can be meant: its requests have `/@` in them, and the first element of its path has a dot (spec §1.7).
// - Parameters are read as Go reads them: the first of a name counts, unknown ones say nothing, an empty one is none.

import type { IndexOptions } from '../repository/index-feed/types.ts';

/** A request for a page of the index. */
export interface IndexTarget {
  readonly kind: 'index';
  readonly options: IndexOptions;
}

/** Where the feed is, below the base path. */
export const indexPath = '/index';

/** The names of parameters that stay the same from page to page. */
export const lastingParameters = ['limit', 'include', 'prefix', 'module'] as const;

/** Parses the query of a request for the index. What the values mean is checked by whoever makes the page. */
export function parseIndexTarget(url: string): IndexTarget {
  const start = url.indexOf('?');
  const parameters = new URLSearchParams(start < 0 ? '' : (url.slice(start + 1).split('#', 1)[0] ?? ''));
  const get = (name: string): string | undefined => parameters.get(name) || undefined;
  const limit = get('limit');
  return {
    kind: 'index',
    options: {
      since: get('since'),
      // What is no number is refused like a number that is none of the right ones.
      limit: limit === undefined ? undefined : /^\d{1,9}$/.test(limit) ? Number(limit) : Number.NaN,
      include: get('include') as IndexOptions['include'],
      cursor: get('cursor'),
      prefix: get('prefix'),
      module: get('module'),
    },
  };
}
