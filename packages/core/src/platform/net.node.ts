// Names to addresses under Node, as the runtime's own connections resolve them (hosts file included).
//
// Invariant: a name without addresses and a resolver that does not answer are told apart: only the first is a fact about the name.

import dns from 'node:dns/promises';

/**
 * The addresses of a host name; empty when it has none. Undefined would mean that this runtime cannot tell, which Node can. Rejects
 * with Node's own error where the name could not be looked up.
 */
export async function resolveAddresses(host: string): Promise<readonly string[] | undefined> {
  try {
    return (await dns.lookup(host, { all: true })).map((entry) => entry.address);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') return [];
    throw error;
  }
}
