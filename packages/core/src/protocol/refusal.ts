// Refusals: from an error's code to a status, and from its message to what the client may read.
//
// Invariants:
// - The table below is the only place where codes meet HTTP statuses (DESIGN §4).
// - A message is shown only where its code says that it was written for the outside. Everything else gets a fixed sentence, and the
//   embedder gets the error.
// - Only 404 and 410 let a go command ask elsewhere (spec §10.2): what was answered wrongly or proved wrong never gets one.

import { encodeUtf8 } from '../bytes/utf8.ts';
import { type ErrorCode, type GoModKitError, isGoModKitError } from '../errors/error.ts';
import { type CacheClass, type CacheScope, type HeaderBag, setCacheHeaders } from './cache-control.ts';
import { errorText, withPrefix } from './error-text.ts';
import type { HandlerResponse } from './handler.ts';

/** An answer in words. */
export interface TextAnswer {
  readonly status: number;
  /** Of a refusal: what, why, and what would help. Cleaned when it is sent. */
  readonly text: string;
  readonly cache: CacheClass;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** An answer in words that says no. */
export interface Refusal extends TextAnswer {
  readonly kind: 'refused';
}

/** What a client may ask that changes how errors are answered. */
export interface RefusalContext {
  /** The client asked for what is in storage only: a miss says nothing about existence (spec §10.13). */
  readonly cachedOnly: boolean;
  /** What to answer when a source could not be asked. */
  readonly upstreamErrors: 'fail' | 'not-found';
}

/** A refusal, and whether it hides an error that somebody should look at. */
export interface RefusedError {
  readonly refusal: Refusal;
  readonly internal: boolean;
}

interface Rule {
  readonly status: number;
  readonly cache: CacheClass;
  /** Begins the text, once. */
  readonly prefix: string;
  /** Replaces the message of codes whose messages are not for the outside. */
  readonly instead?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const notFound = { status: 404, cache: 'short', prefix: 'not found: ' } as const satisfies Rule;
const wrongAnswer = { status: 502, cache: 'no-store', prefix: '' } as const satisfies Rule;
const internal = {
  status: 500,
  cache: 'no-store',
  prefix: '',
  instead: 'internal error: this server failed to answer; its log has the details',
} as const satisfies Rule;
const busy = {
  status: 503,
  cache: 'no-store',
  prefix: '',
  instead: 'temporarily unavailable: the storage of this server does not answer; try again in a few seconds',
  headers: { 'retry-after': '5' },
} as const satisfies Rule;

const rules: Readonly<Record<ErrorCode, Rule>> = {
  invalid_path: notFound,
  invalid_version: notFound,
  not_found: notFound,
  offline: notFound,
  gone: { status: 410, cache: 'short', prefix: 'gone: ' },
  denied: { status: 403, cache: 'short', prefix: 'denied: ' },
  bad_request: { status: 400, cache: 'no-store', prefix: 'bad request: ' },
  upstream_unavailable: { status: 502, cache: 'no-store', prefix: '' },
  upstream_timeout: { status: 504, cache: 'no-store', prefix: '' },
  upstream_invalid: wrongAnswer,
  invalid_go_mod: wrongAnswer,
  invalid_zip: wrongAnswer,
  limit_exceeded: wrongAnswer,
  conflict: wrongAnswer,
  invalid_note: wrongAnswer,
  invalid_log: wrongAnswer,
  invalid_bundle: wrongAnswer,
  checksum_mismatch: { ...wrongAnswer, prefix: 'SECURITY ERROR: ' },
  checksum_misbehaviour: { ...wrongAnswer, prefix: 'SECURITY ERROR: ' },
  range_not_satisfiable: { status: 416, cache: 'no-store', prefix: '' },
  unsupported: { status: 501, cache: 'no-store', prefix: '' },
  needs_git_engine: { status: 501, cache: 'no-store', prefix: '' },
  storage_unavailable: {
    ...internal,
    instead: 'internal error: the storage of this server failed; its log has the details',
  },
  closed: { ...busy, instead: 'temporarily unavailable: this server is shutting down; try again in a few seconds' },
  invalid_key: internal,
  invalid_argument: internal,
};

/** What `upstreamErrors` is about. A wrong answer is not among it: that one has to stop the client. */
const couldNotAsk: ReadonlySet<ErrorCode> = new Set([
  'upstream_unavailable',
  'upstream_timeout',
  'unsupported',
  'needs_git_engine',
]);

/** A refusal of the target's spelling. */
export function refused(reason: string, status: 404 | 400 = 404): Refusal {
  const prefix = status === 404 ? 'not found' : 'bad request';
  return { kind: 'refused', status, text: `${prefix}: ${reason}`, cache: 'syntax' };
}

/** Turns whatever a repository, source or hook rejected with into an answer. */
export function refusalOf(error: unknown, context: RefusalContext): RefusedError {
  if (!isGoModKitError(error)) return { refusal: refuse(internal, internal.instead), internal: true };
  const rule = ruleOf(error, context);
  const refusal = refuse(rule, rule.instead ?? textOf(error, rule));
  if (context.cachedOnly && refusal.status === 404)
    return { refusal: { ...refusal, cache: 'no-store' }, internal: false };
  return { refusal, internal: rule.instead !== undefined };
}

function ruleOf(error: GoModKitError, context: RefusalContext): Rule {
  if (error.code === 'storage_unavailable' && error.data.transient === true) return busy;
  if (couldNotAsk.has(error.code) && context.upstreamErrors === 'not-found') return { ...notFound, cache: 'no-store' };
  // A code of a newer copy of this package may be unknown here.
  return Object.hasOwn(rules, error.code) ? rules[error.code] : internal;
}

function refuse(rule: Rule, text: string): Refusal {
  return { kind: 'refused', status: rule.status, text, cache: rule.cache, headers: rule.headers };
}

function textOf(error: GoModKitError, rule: Rule): string {
  // Whoever compares sums may have said it already, as the go command does.
  if (error.code === 'checksum_mismatch' && error.message.startsWith('SECURITY')) return error.message;
  return withPrefix(rule.prefix, describe(error));
}

/** The message, and of a denial the policy's name and its end, where the message does not say them already (row 32). */
function describe(error: GoModKitError): string {
  if (error.code !== 'denied') return error.message;
  const { policy, until } = error.data;
  let text = error.message;
  if (typeof policy === 'string' && !text.includes(policy)) text += `\npolicy: ${policy}`;
  const end = until instanceof Date && !Number.isNaN(until.getTime()) ? until.toISOString() : until;
  if (typeof end === 'string' && !text.includes(end.slice(0, 10))) text += `\nuntil: ${end}`;
  return text;
}

/** Writes text as the go command can show it. */
export function respondText(answer: TextAnswer, scope: CacheScope, head: boolean): HandlerResponse {
  const body = encodeUtf8(errorText(answer.text));
  const headers: HeaderBag = {
    ...answer.headers,
    'content-type': 'text/plain; charset=utf-8',
    'content-length': String(body.length),
  };
  setCacheHeaders(headers, scope, answer.cache);
  return { status: answer.status, headers, body: head ? null : body };
}
