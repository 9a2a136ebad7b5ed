// Taking the mount path off a request target.
//
// Invariants:
// - Works on the raw text and decodes nothing: `URL` would collapse `..` and `%2e%2e` before the handler can refuse them (spec §10.6).
// - Cuts only between path elements: `/go` is no prefix of `/golang.org/…`.

import { GoModKitError } from '@gomodkit/core/errors';

/** The `prefix` option without its trailing slashes; empty for none. Throws `invalid_argument` for what no raw target can begin with. */
export function parsePrefix(prefix: string | undefined): string {
  const trimmed = (prefix ?? '').replace(/\/+$/, '');
  if (trimmed !== '' && !/^\/[!"$->@-~]*$/.test(trimmed)) {
    throw new GoModKitError(
      'invalid_argument',
      `prefix ${JSON.stringify(prefix)} is not a path as it appears in a request: it begins with "/" and has no "?", "#", space or non-ASCII character`,
    );
  }
  return trimmed;
}

/** `target` (a path or an absolute URL) as a path below `prefix`; undefined when it is not below it. Without prefix: as it is. */
export function stripPrefix(target: string, prefix: string): string | undefined {
  if (prefix === '') return target;
  const start = pathStart(target);
  if (!target.startsWith(prefix, start)) return undefined;
  return asPath(target.slice(start + prefix.length));
}

/** `target` without its first `count` path elements, whatever they are: for mount paths with parameters. */
export function stripElements(target: string, count: number): string | undefined {
  let at = pathStart(target);
  for (let i = 0; i < count; i++) {
    const next = target.slice(at + 1).search(/[/?]/);
    at = next < 0 ? target.length : at + 1 + next;
  }
  return asPath(target.slice(at));
}

/** Where the path of an absolute-form target begins; 0 for an origin-form one, which may well begin with `//`. */
function pathStart(target: string): number {
  if (target.startsWith('/')) return 0;
  const authority = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i.exec(target);
  return authority === null ? 0 : authority[0].length;
}

/** A rest that begins at an element boundary, as a path; undefined when it begins inside an element. */
function asPath(rest: string): string | undefined {
  if (rest.startsWith('/')) return rest;
  return rest === '' || rest.startsWith('?') ? `/${rest}` : undefined;
}
