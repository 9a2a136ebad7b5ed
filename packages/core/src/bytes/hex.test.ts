import fc from 'fast-check';
import { expect, it } from 'vitest';
import { hex } from './hex.ts';

it('writes two digits for each byte, as Node does', () => {
  expect(hex(Uint8Array.of(0, 1, 0xab, 0xff))).toBe('0001abff');
  fc.assert(fc.property(fc.uint8Array(), (bytes) => hex(bytes) === Buffer.from(bytes).toString('hex')));
});
