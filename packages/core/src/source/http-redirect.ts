// Where an upstream may send us (protocol-cases row 57).
//
// Invariants:
// - Only http and https; what began as https stays https; at most 9 in a row (spec §10.2).
// - Not to private, link-local, loopback or reserved addresses, however they are written and whatever name resolves to them, unless
//   that is configured or the upstream lives in such a place itself. Link-local addresses, home of cloud metadata, only if configured.
// - Names are resolved again when the connection is made. This check stops servers that answer with an address, not a hostile
//   name server that changes its answer in between: that one is for the network's own egress rules.

import { resolveAddresses } from '#net';
import { GoModKitError } from '../errors/error.ts';
import { type AddressKind, addressKind, isAddress } from './addresses.ts';
import { isLoopbackHost } from './credentials.ts';
import { connectionError } from './http-failure.ts';
import type { HttpSettings } from './http-settings.ts';

/** How many redirects in a row are followed. */
export const maxRedirects = 9;

const internalName = /(^|\.)(local|internal|localdomain)\.?$/i;

/** What an upstream at an address of some kind may redirect to, besides public addresses. */
const reach: Readonly<Partial<Record<AddressKind, readonly AddressKind[]>>> = {
  loopback: ['loopback', 'private'],
  private: ['private'],
  local: ['local', 'private'],
};

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
  const next = location === null ? null : parse(location, from);
  if (next === null) throw refuse(settings, 'redirects without saying where');
  // The redirect names its own user; we have credentials of our own or none.
  next.username = '';
  next.password = '';
  next.hash = '';
  if (next.protocol !== 'https:' && next.protocol !== 'http:') {
    throw refuse(settings, `redirects to a ${next.protocol.slice(0, 20)} URL, and only http and https are followed`);
  }
  if (from.protocol === 'https:' && next.protocol !== 'https:') {
    throw refuse(settings, `redirects from https to plain http at ${next.host}`);
  }
  await checkHost(settings, next, what);
  return next;
}

async function checkHost(settings: HttpSettings, next: URL, what: string): Promise<void> {
  const { base, privateRedirects } = settings;
  if (privateRedirects === true || next.hostname === base.hostname) return;
  if (privateRedirects !== false && privateRedirects.includes(next.hostname)) return;
  const kinds = await kindsOf(settings, next.hostname, what);
  if (kinds.every((kind) => kind === 'public')) return;
  const allowed = (await kindsOf(settings, base.hostname, what)).flatMap((kind) => reach[kind] ?? []);
  const bad = kinds.find((kind) => kind !== 'public' && !allowed.includes(kind));
  if (bad === undefined) return;
  if (bad === 'unknown') throw refuse(settings, `redirects to ${next.host}, which has no address`);
  const where = bad === 'local' ? 'link-local' : bad;
  throw refuse(settings, `redirects to ${next.host}, which is a ${where} address; allow the host if that is intended`);
}

/** The kinds of all addresses of a host. Where names cannot be resolved, those that are internal by convention are told apart. */
async function kindsOf(settings: HttpSettings, hostname: string, what: string): Promise<readonly AddressKind[]> {
  if (isLoopbackHost(hostname)) return ['loopback'];
  if (isAddress(hostname)) return [addressKind(hostname)];
  const addresses = await resolveAddresses(hostname).catch((error: unknown) => {
    throw connectionError(settings.name, hostname, what, error);
  });
  if (addresses === undefined) return [internalName.test(hostname) ? 'private' : 'public'];
  return addresses.length === 0 ? ['unknown'] : addresses.map(addressKind);
}

function parse(location: string, from: URL): URL | null {
  try {
    return new URL(location, from);
  } catch {
    return null;
  }
}

function refuse({ name }: HttpSettings, reason: string): GoModKitError {
  return new GoModKitError('upstream_invalid', `${name} ${reason}`, { data: { upstream: name } });
}
