// Which hosts may be connected to when somebody else named them: a page, a redirect, a module path that a client asked for.
//
// Invariants:
// - Not private, link-local, loopback or reserved addresses, however they are written and whatever name resolves to them, unless the
//   host is allowed or the user's own host, which lives in such a place, sends us there. Link-local ones, home of cloud metadata, only if allowed.
// - A name is judged by all of its addresses; one bad address is enough.
// - Names are resolved again when the connection is made, unless the caller connects to the addresses that were judged. Without that
//   a hostile name server that changes its answer in between is for the network's own egress rules.

import { resolveAddresses } from '#net';
import { raceAbort } from '../async/abort.ts';
import { GoModKitError } from '../errors/error.ts';
import type { CallOptions } from '../storage/storage.ts';
import { type AddressKind, addressKind, isAddress } from './addresses.ts';
import { isLoopbackHost } from './credentials.ts';
import { connectionError } from './http-failure.ts';

const internalName = /(^|\.)(local|internal|localdomain)\.?$/i;

/** Where somebody at an address of some kind may send us, besides to public addresses. */
const reach: Readonly<Partial<Record<AddressKind, readonly AddressKind[]>>> = {
  loopback: ['loopback', 'private'],
  private: ['private'],
  local: ['local', 'private'],
};

/** Options of {@link NetworkGuard.check}. */
export interface GuardOptions extends CallOptions {
  /**
   * Who sends us there, where that is the user's own word: its network may be reached from it. Never a host that somebody else named:
   * it is judged anew here, by what its name server says now.
   */
  readonly from?: URL | undefined;
}

/** Judges hosts. */
export interface NetworkGuard {
  /**
   * Resolves when a URL's host may be connected to: to its addresses, for callers who can connect to just those, or to undefined
   * where the host is allowed by name or this runtime cannot resolve names. Rejects with `upstream_invalid` where it must not be
   * connected to (the message begins with the host, to follow words like "redirects to"), and with `upstream_unavailable` where that could not be found out.
   */
  check(url: URL, options?: GuardOptions): Promise<readonly string[] | undefined>;
}

/** Creates a {@link NetworkGuard}. `allowed`: all hosts, or these names, whatever their addresses are. */
export function networkGuard(allowed: boolean | readonly string[] = false): NetworkGuard {
  const isAllowed = (host: string) => allowed === true || (allowed !== false && allowed.includes(host));
  return {
    async check(url, { from, signal } = {}) {
      if (isAllowed(url.hostname)) return undefined;
      const { kinds, addresses } = await judgeHost(url, signal);
      if (kinds.every((kind) => kind === 'public') || from?.hostname === url.hostname) return addresses;
      const reachable =
        from === undefined ? [] : (await judgeHost(from, signal)).kinds.flatMap((kind) => reach[kind] ?? []);
      const bad = kinds.find((kind) => kind !== 'public' && !reachable.includes(kind));
      if (bad !== undefined) throw refuse(url, bad);
      return addresses;
    },
  };
}

interface Verdict {
  /** Of every address; of the name itself where it cannot be resolved here. */
  readonly kinds: readonly AddressKind[];
  readonly addresses?: readonly string[] | undefined;
}

/** Where names cannot be resolved, those that are internal by convention are told apart. */
async function judgeHost({ hostname, host }: URL, signal: AbortSignal | undefined): Promise<Verdict> {
  if (isLoopbackHost(hostname)) return { kinds: ['loopback'] };
  if (isAddress(hostname)) return { kinds: [addressKind(hostname)], addresses: [hostname.replace(/^\[|\]$/g, '')] };
  const resolving = resolveAddresses(hostname).catch((error: unknown) => {
    throw connectionError(host, host, 'its addresses', error);
  });
  const addresses = await raceAbort(resolving, signal);
  if (addresses === undefined) return { kinds: [internalName.test(hostname) ? 'private' : 'public'] };
  if (addresses.length === 0) return { kinds: ['unknown'] };
  return { kinds: addresses.map(addressKind), addresses };
}

function refuse({ host }: URL, kind: AddressKind): GoModKitError {
  const data = { host, address: kind };
  if (kind === 'unknown') return new GoModKitError('upstream_invalid', `${host}, which has no address`, { data });
  const where = kind === 'local' ? 'link-local' : kind;
  const message = `${host}, which is a ${where} address; allow the host if that is intended`;
  return new GoModKitError('upstream_invalid', message, { data });
}
