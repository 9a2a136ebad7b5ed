// Options of upstreams over http, and what they become.
//
// Invariants:
// - Every number is checked here, once; everything behind works with complete settings.
// - The base URL loses its user info here: nothing behind can repeat it.

import { type Sleep, sleep } from '../async/abort.ts';
import { GoModKitError } from '../errors/error.ts';
import { basic, type Credentials, mayCarryCredentials, secretsIn } from './credentials.ts';
import { defaultLimits, type UpstreamLimits } from './transport.ts';

/** Milliseconds. */
export interface UpstreamTimeouts {
  /** From the request to the headers of the answer, redirects included. Default 60,000. */
  readonly headers: number;
  /** Between two chunks of a body that is being read. Default 60,000. */
  readonly idle: number;
  /** A whole small answer: everything but zips. Default 120,000. */
  readonly total: number;
  /** A whole zip, pauses of its reader included. Default 3,600,000, an hour. */
  readonly zip: number;
}

/** When to try again: after 429, 5xx, resets and timeouts, with exponential backoff and full jitter. Times in milliseconds. */
export interface RetryPolicy {
  /** Tries in all. Default 4. */
  readonly attempts: number;
  /** Upper bound of the first delay; it doubles each time. Default 250. */
  readonly baseDelay: number;
  /** Upper bound of every delay, also of what `Retry-After` asks for: when that is more, nothing is tried again. Default 10,000. */
  readonly maxDelay: number;
  /** No new try begins this long after the first. Default 120,000. */
  readonly budget: number;
}

/** Time and chance, for tests. */
export interface UpstreamClock {
  /** Milliseconds that only grow. */
  now(): number;
  sleep: Sleep;
  /** At least 0, below 1. */
  random(): number;
}

/** The part of the Fetch API that is used. */
export type FetchFunction = (url: string, init: RequestInit) => Promise<Response>;

/** Options of `upstreamSource`. */
export interface UpstreamOptions {
  /** How messages call this upstream. Default: its URL without credentials and query. */
  readonly name?: string | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /** Asked for headers before each request; see also `netrcCredentials`. User info in the URL counts where this says nothing. */
  readonly credentials?: Credentials | undefined;
  /** Largest acceptable answers in bytes, after decompression. */
  readonly limits?: Partial<UpstreamLimits> | undefined;
  readonly timeouts?: Partial<UpstreamTimeouts> | undefined;
  readonly retry?: Partial<RetryPolicy> | undefined;
  /** Requests at once, bodies still streaming included; others wait in order. Default 16. */
  readonly concurrency?: number | undefined;
  /**
   * Redirects may lead to private addresses: all of them, or only these host names. By default only an upstream that is itself at a
   * private or loopback address may redirect to private ones, and only one on loopback to loopback.
   */
  readonly privateRedirects?: boolean | readonly string[] | undefined;
  readonly clock?: Partial<UpstreamClock> | undefined;
}

/** Options with every default filled in. */
export interface HttpSettings {
  readonly base: URL;
  readonly name: string;
  readonly fetch: FetchFunction;
  readonly credentials: Credentials | undefined;
  /** Value of Authorization from user info in the URL. */
  readonly authorization: string | undefined;
  /** What must never be shown. */
  readonly secrets: readonly string[];
  readonly limits: UpstreamLimits;
  readonly timeouts: UpstreamTimeouts;
  readonly retry: RetryPolicy;
  readonly concurrency: number;
  readonly privateRedirects: boolean | readonly string[];
  readonly clock: UpstreamClock;
}

const defaultTimeouts: UpstreamTimeouts = { headers: 60_000, idle: 60_000, total: 120_000, zip: 3_600_000 };
const defaultRetry: RetryPolicy = { attempts: 4, baseDelay: 250, maxDelay: 10_000, budget: 120_000 };
const defaultClock: UpstreamClock = { now: () => performance.now(), sleep, random: Math.random };

/** Fills in the defaults. Throws `invalid_argument` for credentials in a plain http URL (spec §10.20) and numbers out of range. */
export function httpSettings(url: URL, options: UpstreamOptions): HttpSettings {
  const base = new URL(url.href);
  base.username = '';
  base.password = '';
  base.hash = '';
  const user = decodeUserInfo(url.username);
  const password = decodeUserInfo(url.password);
  const hasUser = url.username !== '' || url.password !== '';
  const name = options.name ?? `${base.origin}${base.pathname}`.replace(/\/+$/, '');
  if (hasUser && !mayCarryCredentials(url)) {
    throw new GoModKitError('invalid_argument', `${name}: credentials in a plain http URL are refused; use https`);
  }
  const authorization = hasUser ? basic(user, password) : undefined;
  return {
    base,
    name,
    fetch: options.fetch ?? ((target, init) => globalThis.fetch(target, init)),
    credentials: options.credentials,
    authorization,
    secrets: [...(authorization === undefined ? [] : [...secretsIn(authorization), url.password]), url.search.slice(1)],
    limits: limitsOf(options),
    timeouts: merge('timeouts', defaultTimeouts, options.timeouts),
    retry: merge('retry', defaultRetry, options.retry),
    concurrency: options.concurrency ?? 16,
    privateRedirects: options.privateRedirects ?? false,
    clock: { ...defaultClock, ...options.clock },
  };
}

/** The limits of an upstream. Throws `invalid_argument` for one out of range. */
export function limitsOf(options: UpstreamOptions): UpstreamLimits {
  return merge('limits', defaultLimits, options.limits);
}

function merge<T extends object>(what: string, defaults: T, given: Partial<T> | undefined): T {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  for (const [name, value] of set) {
    if (typeof value === 'number' && value >= 0) continue;
    throw new GoModKitError('invalid_argument', `${what}.${name} must be a number of at least 0, not ${String(value)}`);
  }
  return { ...defaults, ...Object.fromEntries(set) };
}

function decodeUserInfo(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
