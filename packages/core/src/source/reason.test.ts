import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { reasonOf } from './reason.ts';

const plain = 'text/plain; charset=utf-8';
const reason = (text: string, type: string | null = plain, secrets: string[] = []) =>
  reasonOf(encodeUtf8(text), type, secrets);

describe('reasonOf', () => {
  it('takes what upstream says, without its prefix', () => {
    expect(reason('not found: example.com/m@v1.0.0: unknown revision v1.0.0\n')).toBe(
      'example.com/m@v1.0.0: unknown revision v1.0.0',
    );
  });

  it.each([
    ['text/plain', true],
    ['TEXT/PLAIN; charset="UTF-8"', true],
    ['text/plain;charset=us-ascii', true],
    ['text/plain; charset=latin1', false],
    ['text/html; charset=utf-8', false],
    ['application/json', false],
    [null, false],
  ])('reads %s: %s', (type, expected) => {
    expect(reason('why', type) === 'why').toBe(expected);
  });

  it('replaces what a terminal would obey, and ends at a blank line', () => {
    expect(reason('a\x1b[31m\u200b\u202eb\tc\r\n\r\nrest')).toBe('a?[31m??b c');
  });

  it('is bounded in lines and bytes', () => {
    expect(reason('line\n'.repeat(100)).split('\n')).toHaveLength(8);
    expect(encodeUtf8(reason('ä'.repeat(5000))).length).toBeLessThanOrEqual(603);
  });

  it('never repeats a secret', () => {
    expect(reason('you sent Basic c2VjcmV0OnB3 and hunter22', plain, ['c2VjcmV0OnB3', 'hunter22'])).toBe(
      'you sent Basic [redacted] and [redacted]',
    );
  });

  it('reads bytes that are not UTF-8 as far as they go', () => {
    expect(reasonOf(Uint8Array.of(0x61, 0xff, 0x62), plain)).toBe('a\ufffdb');
  });
});
