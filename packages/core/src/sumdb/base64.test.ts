import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from './base64.ts';

it.each([
  ['', ''],
  ['Zg==', 'f'],
  ['Zm8=', 'fo'],
  ['Zm9v', 'foo'],
  ['Zm9vYg==', 'foob'],
  // Go counts line breaks for nothing, wherever they are, and takes bits that no byte needs.
  ['Zm\r\n9v', 'foo'],
  ['Zg=\n=\n', 'f'],
  ['Zh==', 'f'],
])('decodes %j', (text, bytes) => {
  expect(Buffer.from(decodeBase64(text) ?? []).toString()).toBe(bytes);
});

it.each([
  'Z',
  'Zg',
  'Zg=',
  'Zm9',
  'Zm9v=',
  'Zg==Zg==',
  'Zm 9v',
  ' Zm9v',
  'Zm9v\t',
  'Zm-_',
  'Zm9v!',
  '====',
  'Zm9vZ',
  'Zg===',
  '\u00e9',
])('refuses %j, which Buffer or atob may take', (text) => expect(decodeBase64(text)).toBeUndefined());

it('round-trips', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (bytes) => {
      expect(decodeBase64(encodeBase64(bytes))).toEqual(bytes);
      expect(encodeBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
    }),
  );
});
