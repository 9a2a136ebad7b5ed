// Where an upstream may send us (protocol-cases row 57).
//
// Invariants:
// - Only http and https; what began as https stays https; at most 9 in a row (spec §10.2).
// - Not to addresses that network-guard.ts refuses, unless that is configured or the upstream lives in such a place itself.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { connectionError } from './http-failure.ts';
import type { HttpSettings } from './http-settings.ts';
import { networkGuard } from './network-guard.ts';

/** How many redirects in a row are followed. */
export const maxRedirects = 9;

/** Statuses that redirect. */
export const redirectStatuses: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/**
 * The next URL of a redirect, if it may be followed; else rejects with `upstream_invalid`, or `upstream_unavailable` where that could
 * not be found out. `what` is fetched.
 */
export async function followRedirect(
  settings: HttpSettings,
  from: URL,
  location: string | null,
  what: string,
): Promise<URL> {
  const next = redirectTarget(settings.name, from, location);
  await checkHost(settings, next, what);
  return next;
}

/** Where a redirect by `name` leads, wherever that is: https or http, and not from https to http. Throws `upstream_invalid`. */
export function redirectTarget(name: string, from: URL, location: string | null): URL {
  const next = location === null ? null : parse(location, from);
  if (next === null) throw refuse(name, 'redirects without saying where');
  // The redirect names its own user; we have credentials of our own or none.
  next.username = '';
  next.password = '';
  next.hash = '';
  if (next.protocol !== 'https:' && next.protocol !== 'http:') {
    throw refuse(name, `redirects to a ${next.protocol.slice(0, 20)} URL, and only http and https are followed`);
  }
  if (from.protocol === 'https:' && next.protocol !== 'https:') {
    throw refuse(name, `redirects from https to plain http at ${next.host}`);
  }
  return next;
}

async function checkHost(settings: HttpSettings, next: URL, what: string): Promise<void> {
  try {
    await networkGuard(settings.privateRedirects).check(next, { from: settings.base });
  } catch (error) {
    if (isGoModKitError(error, 'upstream_invalid')) throw refuse(settings.name, `redirects to ${error.message}`);
    throw connectionError(settings.name, next.hostname, what, isGoModKitError(error) ? error.cause : error);
  }
}

function parse(location: string, from: URL): URL | null {
  try {
    return new URL(location, from);
  } catch {
    return null;
  }
}

function refuse(name: string, reason: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `${name} ${reason}`, { data: { upstream: name } });
}
