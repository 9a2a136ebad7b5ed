// Names to addresses under Node, as the runtime's own connections resolve them (hosts file included).

import { lookup } from 'node:dns/promises';

/**
 * The addresses of a host name; empty when it has none. Undefined would mean that this runtime cannot tell, which Node can.
 */
export async function resolveAddresses(host: string): Promise<readonly string[] | undefined> {
  try {
    return (await lookup(host, { all: true })).map((entry) => entry.address);
  } catch {
    return [];
  }
}
