// What git needs to know to reach a remote, and may.
//
// Invariants:
// - Schemes: https and ssh; http and file only where the address is the user's own word or certificates need not hold. Nothing that
//   could be taken for an option (spec §6.2, CVE-2017-1000117).
// - Hosts of addresses that are not trusted are judged, and git connects over http to the very addresses that were judged: from 2.37 on,
//   older ones resolve the name again, as ssh does.
// - Credentials are for the origin they were given for, travel only where nobody listens, and never stand in arguments or in the copy.

import { raceAbort } from '../../../async/abort.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { basic, type Credentials, mayCarryCredentials, secretsIn } from '../../credentials.ts';
import type { NetworkGuard } from '../../network-guard.ts';
import type { GitRemote } from '../engine.ts';
import type { GitSetting } from './invocation.ts';

/** How one remote is reached. */
export interface Connection {
  /** For git: without user info, except the user of ssh. */
  readonly address: string;
  readonly url: URL;
  readonly protocols: readonly string[];
  readonly settings: readonly GitSetting[];
  /** What must not be shown. */
  readonly secrets: readonly string[];
}

const sshSchemes: ReadonlySet<string> = new Set(['ssh:', 'git+ssh:', 'ssh+git:']);

/**
 * Checks an address. Rejects with `invalid_argument` for what is no address, `denied` for schemes that must not be used here.
 */
export function parseAddress(remote: Pick<GitRemote, 'address' | 'trusted' | 'insecure' | 'url'>): URL {
  const { address, trusted = false, insecure = false } = remote;
  const odd = [...address].some((char) => char <= ' ' || char === '\u007f' || char === '\\');
  if (!address.includes('://') || odd || !URL.canParse(address)) throw refuse(remote, 'it is no URL');
  const url = new URL(address);
  const [host, user] = [url.hostname, decode(url.username)].map((part) => part ?? '-');
  if (host?.startsWith('-') || user?.startsWith('-') || url.pathname.startsWith('/-')) {
    throw refuse(remote, 'a part of it begins with "-"');
  }
  if (url.protocol === 'https:' || sshSchemes.has(url.protocol)) return url;
  if (url.protocol === 'http:' && (trusted || insecure)) return url;
  if (url.protocol === 'file:' && trusted && host === '') return url;
  const scheme = url.protocol.slice(0, -1);
  throw new GoModKitError('denied', `${shown(remote)}: ${scheme} is not allowed here; https and ssh are`);
}

/** Finds out how a remote is reached: asks the guard, and for credentials. `base`: where redirects of an http(s) address lead. */
export async function connect(
  remote: GitRemote,
  network: NetworkGuard,
  base: string | undefined,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const url = parseAddress(base === undefined ? remote : { ...remote, address: base });
  const isHttp = url.protocol === 'https:' || url.protocol === 'http:';
  const addresses = remote.trusted && base === undefined ? undefined : await judge(network, url, remote, base, signal);
  const settings: GitSetting[] = [];
  const secrets: string[] = [];
  if (isHttp) {
    const origin = new URL(remote.address).origin;
    if (url.origin === origin && mayCarryCredentials(url)) {
      for (const header of await headersFor(remote, signal)) {
        settings.push([`http.${url.origin}/.extraHeader`, header]);
        secrets.push(...secretsIn(header.slice(header.indexOf(': ') + 2)));
      }
    }
    if (remote.insecure) settings.push(['http.sslVerify', 'false']);
    if (addresses !== undefined && addresses.length > 0) settings.push(['http.curloptResolve', pin(url, addresses)]);
    url.username = '';
    url.password = '';
  }
  const protocols = sshSchemes.has(url.protocol) ? ['ssh', 'git+ssh', 'ssh+git'] : [url.protocol.slice(0, -1)];
  return { address: url.href.replace(/\/$/, ''), url, protocols, settings, secrets };
}

async function judge(
  network: NetworkGuard,
  url: URL,
  remote: GitRemote,
  base: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly string[] | undefined> {
  // Only a host that is the user's own word may lead to private networks: a stranger's name may mean another address by now.
  const from = base !== undefined && remote.trusted ? new URL(remote.address) : undefined;
  // The guard knows hosts of http only by their names, as it does those of other schemes.
  return raceAbort(network.check(url, { from, signal }), signal);
}

/** An address without user info. */
export function bare(address: string | URL): URL {
  const url = new URL(address);
  url.username = '';
  url.password = '';
  return url;
}

/** Credentials for the origin of a remote: those that are given for it, else those in its address. */
export function credentialsOf({ address, credentials }: Pick<GitRemote, 'address' | 'credentials'>): Credentials {
  const { password, username } = new URL(address);
  return async (url, options) => {
    const given = await raceAbort(Promise.resolve(credentials?.(url, options)), options.signal);
    if (given !== undefined || username + password === '') return given;
    return { Authorization: basic(decode(username) ?? '', decode(password) ?? '') };
  };
}

async function headersFor(remote: GitRemote, signal: AbortSignal | undefined): Promise<string[]> {
  const url = bare(remote.address);
  const given = await credentialsOf(remote)(url, { signal });
  const headers = Object.entries(given ?? {}).flatMap(([name, values]) =>
    [values].flat().map((value) => `${name}: ${value}`),
  );
  if (headers.some((header) => /[\u0000-\u0008\u000a-\u001f]/.test(header))) {
    throw new GoModKitError('invalid_argument', `the credentials for ${url.host} are not a valid HTTP header`);
  }
  return headers;
}

/** In the words of curl: `host:port:address,address`. */
function pin(url: URL, addresses: readonly string[]): string {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  const list = addresses.map((address) => (address.includes(':') ? `[${address}]` : address));
  return `${url.hostname}:${port}:${list.join(',')}`;
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** The remote as messages name it. */
export function shown({ url }: Pick<GitRemote, 'url'>): string {
  return url.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/@]*@/i, '$1');
}

function refuse(remote: Pick<GitRemote, 'url'>, why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `${shown(remote)} cannot be used as a repository: ${why}`);
}
