// The address a server listens on, as people write it: PORT, :PORT, HOST:PORT, [IPV6]:PORT.

import { hostname, networkInterfaces } from 'node:os';
import { GoModKitError } from '@gomodkit/core';

/** A host without brackets, and a port; port 0 lets the system choose. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

const shape = /^(?:(?<host>[^:[\]]*|\[[0-9a-fA-F:.%]+\]):)?(?<port>\d{1,5})$/;

/** Parses an address. Without a host it is loopback: nothing is opened to the network by accident. */
export function parseListenAddress(text: string): ListenAddress {
  const match = shape.exec(text.trim());
  const port = Number(match?.groups?.port);
  if (!match || port > 65_535)
    throw new GoModKitError(
      'invalid_argument',
      `cannot listen on "${text}": expected HOST:PORT such as 127.0.0.1:3000, [::1]:3000 or 0.0.0.0:80`,
    );
  const host = match.groups?.host?.replace(/^\[|\]$/g, '');
  return { host: host ? host : '127.0.0.1', port };
}

/** The URL of a server that listens there. */
export function urlOf({ host, port }: ListenAddress, basePath: string): string {
  const name = host === '0.0.0.0' || host === '::' ? 'localhost' : host.includes(':') ? `[${host}]` : host;
  return `http://${name}:${port}${basePath}`;
}

const loopback = new Set(['127.0.0.1', 'localhost', '::1', '0.0.0.0', '::', '::ffff:7f00:1']);
const wildcards = new Set(['0.0.0.0', '::']);

/** Whether a request to `url` would reach a server at `address`, so that using it as an upstream would be a loop. */
export function reaches(url: URL, address: ListenAddress): boolean {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80));
  const host = url.hostname.replace(/^\[|\]$/g, '');
  if (port !== address.port) return false;
  if (host === address.host || (loopback.has(host) && loopback.has(address.host))) return true;
  return wildcards.has(address.host) && isOfThisMachine(host);
}

/** Whether `host` is this machine's name or one of its addresses; other names are not looked up. */
function isOfThisMachine(host: string): boolean {
  const addresses = Object.values(networkInterfaces()).flatMap((each) => each?.map(({ address }) => address) ?? []);
  return host === hostname().toLowerCase() || /^127\.\d+\.\d+\.\d+$/.test(host) || addresses.includes(host);
}
