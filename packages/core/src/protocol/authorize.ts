// Who may ask: a hook of the embedder, and the two fixed answers it can give (protocol-cases row 33).
//
// Invariants:
// - The hook is asked before any storage or source, so that existence does not leak, not even through timing.
// - Its refusals are the same for every path: they name neither path nor reason.
// - A hook that throws refuses: nobody is let in because a lookup failed.

import type { HandlerRequest } from './handler.ts';
import type { TextAnswer } from './refusal.ts';

/** What a request is about. */
export interface AccessSubject {
  /**
   * What is asked for; `sumdb` is anything below `/sumdb/`, `index` is the index feed, `tlog` any log. A page of the index shows modules for whose
   * `list` the hook lets this request in, and hides the others: it is asked for each module of the page, too.
   */
  readonly kind: 'list' | 'latest' | 'info' | 'mod' | 'zip' | 'sumdb' | 'index' | 'tlog';
  /** The module path, unescaped and valid; undefined for the index, for logs, and for checksum database requests that name no module. */
  readonly path?: string | undefined;
  /** Version or query; undefined where the request names none. */
  readonly version?: string | undefined;
}

/** What an {@link Authorize} hook says. */
export type AccessDecision =
  | {
      readonly allow: true;
      /** Everybody would get the same answer: shared caches may keep it. */
      readonly public?: boolean | undefined;
    }
  | {
      readonly allow: false;
      /** 401: credentials are missing or wrong. 403: these credentials do not suffice. */
      readonly status: 401 | 403;
      /** The `WWW-Authenticate` value of a 401. Default: `Basic realm="Go modules"`. */
      readonly challenge?: string | undefined;
    };

/**
 * Decides who may ask for what, before anything is looked up. Decide by pattern and never by existence: somebody who may read a
 * module may ask for every path below it and gets 404 there, because `go get` asks for every prefix of an import path (spec §4.7).
 *
 * With a hook every answer is `Cache-Control: private` with `Vary: Authorization`, unless the hook says `public: true`.
 *
 * @example
 * ```ts
 * import { type Authorize, createHandler, type Repository } from '@gomodkit/core';
 *
 * const authorize: Authorize = (request, subject) => {
 *   if (!subject.path?.startsWith('corp.example.com/')) return { allow: true, public: true };
 *   const credentials = request.headers.get('authorization');
 *   if (credentials === null) return { allow: false, status: 401 };
 *   return credentials === `Basic ${btoa('ci:secret')}` ? { allow: true } : { allow: false, status: 403 };
 * };
 *
 * export const handlerFor = (repository: Repository) => createHandler({ repository, authorize });
 * ```
 */
export type Authorize = (request: HandlerRequest, subject: AccessSubject) => AccessDecision | Promise<AccessDecision>;

const defaultChallenge = 'Basic realm="Go modules"';

/** The fixed answer for somebody who may not ask. */
export function accessRefusal(decision: {
  readonly status: 401 | 403;
  readonly challenge?: string | undefined;
}): TextAnswer {
  if (decision.status === 403) {
    return {
      status: 403,
      text: 'forbidden: your credentials do not allow this; ask whoever runs this server for access',
      cache: 'no-store',
    };
  }
  return {
    status: 401,
    text: 'unauthorized: this server needs credentials; put them into .netrc or set GOAUTH (see go help goauth)',
    cache: 'no-store',
    headers: { 'www-authenticate': headerSafe(decision.challenge) ?? defaultChallenge },
  };
}

/** A challenge that could break out of its header is replaced. */
function headerSafe(value: string | undefined): string | undefined {
  return value !== undefined && /^[\x20-\x7e\t]+$/.test(value) ? value : undefined;
}
