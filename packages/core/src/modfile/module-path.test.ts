import { expect, it } from 'vitest';
import { modulePath } from './index.ts';

it.each([
  ['nothing', '', ''],
  ['a plain path', 'module example.com/m\n', 'example.com/m'],
  ['a path without a line end', 'module example.com/m', 'example.com/m'],
  ['space of any kind around it', '\t\u0085module\u00a0\u3000example.com/m \u2028\r\n', 'example.com/m'],
  ['a quoted path', 'module "example.com/m"\n', 'example.com/m'],
  ['a quoted path with escapes', 'module "a\\x62\\u0063\\t"\n', 'abc\t'],
  ['a raw string', 'module `a\\tb`\n', 'a\\tb'],
  ['a malformed string ends the search', 'module "a\nmodule b\n', ''],
  ['text behind a string makes it malformed', 'module "a" b\n', ''],
  ['single quotes are part of the path', "module 'a'\n", "'a'"],
  ['a comment is cut even inside quotes', 'module "a//b"\nmodule c\n', ''],
  ['a comment behind', 'module a // b\n', 'a'],
  ['a commented line is skipped', '// module a\nmodule b\n', 'b'],
  ['trailing words are part of the path', 'module a b\n', 'a b'],
  ['the block form gives its parenthesis', 'module (\n\ta\n)\n', '('],
  ['another word is skipped', 'modulea b\nmodule c\n', 'c'],
  ['a string needs space before it', 'module"a"\nmodule b\n', 'b'],
  ['an empty directive is skipped', 'module\nmodule  \nmodule // a\nmodule b\n', 'b'],
  ['the first one wins', 'module a\nmodule b\n', 'a'],
  ['a byte-order mark hides the line', '\ufeffmodule a\n', ''],
  ['a lone CR ends no line', 'module a\rmodule b\n', 'a\rmodule b'],
  ['broken lines elsewhere do not matter', '"\n\0 /* (\nmodule a\n', 'a'],
])('finds the path: %s', (_, text, want) => {
  expect(modulePath(text)).toBe(want);
  expect(modulePath(new TextEncoder().encode(text))).toBe(want);
});

it('keeps bytes that are not UTF-8', () => {
  expect(modulePath(Uint8Array.from([...'module a'].map((char) => char.charCodeAt(0)).concat(0xff)))).toBe('a\udcff');
});
