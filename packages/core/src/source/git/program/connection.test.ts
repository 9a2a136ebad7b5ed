// Who may lead git to private networks.

import { describe, expect, it } from 'vitest';
import type { GuardOptions, NetworkGuard } from '../../network-guard.ts';
import { connect } from './connection.ts';

/** A guard that lets everything pass, and by whose word. */
function asking() {
  const words: (string | undefined)[] = [];
  const network: NetworkGuard = {
    async check(_url: URL, { from }: GuardOptions = {}) {
      words.push(from?.host);
      return ['192.0.2.1'];
    },
  };
  return { network, words };
}

describe('a redirect', () => {
  const remote = { url: 'https://git.example/x', address: 'https://git.example/x' };

  it.each([
    [false, undefined],
    [true, 'git.example'],
  ])('of a host that is trusted (%s) leads to private networks by the word of %s', async (trusted, word) => {
    const { network, words } = asking();
    await connect({ ...remote, trusted }, network, 'https://other.example/x', undefined);
    expect(words).toEqual([word]);
  });
});
