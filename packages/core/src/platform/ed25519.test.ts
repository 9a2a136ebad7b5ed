// Both platforms' Ed25519, with more keys than are kept, in any order.

import { describe, expect, it } from 'vitest';
import { ed25519 as node } from './ed25519.node.ts';
import { ed25519 as web } from './ed25519.web.ts';

const message = new TextEncoder().encode('message\n');
const seedOf = (i: number): Uint8Array => new Uint8Array(32).fill(i + 1);

describe.each([
  ['node', node, web],
  ['web', web, node],
])('%s', (_, own, other) => {
  it('signs and verifies with each of many keys, as the other platform does', async () => {
    const keys = await Promise.all(
      Array.from({ length: 20 }, async (_, i) => ({ seed: seedOf(i), key: await own.publicKey(seedOf(i)) })),
    );
    for (const round of [keys, [...keys].reverse(), keys]) {
      for (const [i, { seed, key }] of round.entries()) {
        const signature = await own.sign(seed, message);
        expect(await other.verify(key, message, signature)).toBe(true);
        expect(await own.verify(key, message, signature)).toBe(true);
        const next = round[(i + 1) % round.length]?.key ?? new Uint8Array(32);
        expect(await own.verify(next, message, signature)).toBe(false);
      }
    }
  });

  it('keeps no key by a reference that its caller may change', async () => {
    const first = await own.publicKey(seedOf(100));
    const second = await own.publicKey(seedOf(101));
    const seed = seedOf(100);
    const key = first.slice();
    const signature = await own.sign(seed, message);
    expect(await own.verify(key, message, signature)).toBe(true);
    seed.set(seedOf(101));
    key.set(second);
    const changed = await own.sign(seed, message);
    expect(await own.verify(key, message, changed)).toBe(true);
    expect(await own.verify(key, message, signature)).toBe(false);
    expect(await own.verify(first, message, signature)).toBe(true);
  });
});
