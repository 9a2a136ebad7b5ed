// Cases that each show one rule; checkout.differential.test.ts compares all of them together with git.

import { describe, expect, it } from 'vitest';
import { byteString, bytesOfString } from './byte-string.ts';
import { checkoutRules } from './checkout.ts';
import { convert } from './conversion.ts';
import { compileGlob, matchesGlob } from './glob.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const hash = '0123456789012345678901234567890123456789';

/** The file at `path` with these attributes in the root, or by directory, as it is checked out. */
function checkOut(attributes: string | Record<string, string>, path: string, blob: string): string {
  const files = typeof attributes === 'string' ? { '': attributes } : attributes;
  const rules = checkoutRules(new Map(Object.entries(files).map(([directory, text]) => [directory, bytes(text)])));
  const conversion = rules.conversion(byteString(bytes(path)));
  const converted = conversion === undefined ? bytes(blob) : convert(conversion, bytes(blob), hash, path);
  return new TextDecoder().decode(converted);
}

const selects = (attributes: string | Record<string, string>, path: string): boolean =>
  checkOut(attributes, path, 'a\n') === 'a\r\n';

describe('patterns', () => {
  it.each([
    ['*.txt', 'd/a.txt', true],
    ['*.txt', 'a.txt/b', false],
    ['/a', 'a', true],
    ['/a', 'd/a', false],
    ['d/a', 'd/a', true],
    ['d/a', 'e/d/a', false],
    ['d/*', 'd/e/a', false],
    ['**/a', 'a', true],
    ['**/a', 'd/e/a', true],
    ['d/**', 'd/e/a', true],
    ['d/**/a', 'd/a', true],
    ['d/**/a', 'd/e/f/a', true],
    ['d/x**', 'd/x/a', true],
    ['d/x**y/a', 'd/x/y/a', false],
    ['?', 'é', false],
    ['??', 'é', true],
    ['[[:alpha:]]', 'a', true],
    ['[[:nonsense:]]', 'a', false],
    ['[]a]', ']', true],
    ['[!a]', 'b', true],
    ['[a', '[a', false],
    ['d/', 'd/a', false],
    ['\\!a', '!a', true],
    ['!a', '!a', false],
    ['"a b"', 'a b', true],
    ['"\\303\\251"', 'é', true],
    ['"a', '"a', true],
  ])('%s and %s: %s', (pattern, path, expected) => {
    expect(selects(`${pattern} eol=crlf\n`, path)).toBe(expected);
  });

  it('end in bounded time whatever they are', () => {
    const glob = compileGlob(`${'*a'.repeat(500)}b`) ?? [];
    const budget = { left: 2_000_000 };
    expect(matchesGlob(glob, 'a'.repeat(2000), budget)).toBe(false);
    expect(budget.left).toBeGreaterThan(0);
    const rules = checkoutRules(new Map([['', bytes(`${'*a'.repeat(900)}b eol=crlf\n`.repeat(1000))]]), 1_000_000);
    expect(() => rules.conversion('a'.repeat(4000))).toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
  });
});

describe('attributes', () => {
  it('are those of the nearest directory, of the last line, of the last word', () => {
    expect(selects({ '': '* eol=crlf', 'd/': '* eol=lf' }, 'd/a')).toBe(false);
    expect(selects({ '': '* eol=lf', 'd/': '* eol=crlf' }, 'd/e/a')).toBe(true);
    expect(selects({ '': '* eol=lf', 'd/': '* eol=crlf' }, 'e/a')).toBe(false);
    expect(selects('* eol=crlf\n* !eol\n', 'a')).toBe(false);
    expect(selects('* eol=lf eol=crlf\n', 'a')).toBe(true);
  });

  it('expand macros where they are set, which only the root defines', () => {
    expect(selects('[attr]win eol=crlf\n*.bat win\n', 'a.bat')).toBe(true);
    expect(selects('[attr]win eol=crlf\n*.bat -win\n', 'a.bat')).toBe(false);
    expect(selects({ 'd/': '[attr]win eol=crlf\n* win\n' }, 'd/a')).toBe(false);
    expect(selects('* eol=crlf binary\n', 'a')).toBe(false);
    expect(selects('[attr]binary eol=crlf\n* binary\n', 'a')).toBe(true);
    expect(selects('[attr]export-ignore eol=crlf\n* export-ignore\n', 'a')).toBe(false);
  });

  it('come from lines that git accepts', () => {
    expect(selects('* eol=crlf bad!\n', 'a')).toBe(false);
    expect(selects(`* eol=crlf${' '.repeat(2037)}\n`, 'a')).toBe(true);
    expect(selects(`* eol=crlf${' '.repeat(2038)}\n`, 'a')).toBe(false);
    expect(selects('\ufeff* eol=crlf\n', 'a')).toBe(false);
    expect(selects('# x\r\n* eol=crlf\r\n', 'a')).toBe(true);
    expect(selects('* eol=crlf\n* -text\n\0* text\n', 'a')).toBe(false);
  });
});

describe('conversion', () => {
  it('expands identifiers, but keeps those with words inside', () => {
    const text = '$Id$ $Id:$ $Id: x $ $Id: x y $ $Id: a\n$ $Ident$ $Id';
    expect(checkOut('* ident', 'a', text)).toBe(
      `$Id: ${hash} $ $Id: ${hash} $ $Id: ${hash} $ $Id: x y $ $Id: a\n$ $Ident$ $Id`,
    );
  });

  it('leaves files alone that text=auto takes for binary', () => {
    const auto = '* text=auto eol=crlf';
    expect(checkOut(auto, 'a', 'a\nb\n')).toBe('a\r\nb\r\n');
    for (const kept of ['a\r\nb\n', 'a\rb\n', 'a\0\n', '\x01\n', `${'x'.repeat(127)}\x01\n`, '\x1a\x1a\n']) {
      expect(checkOut(auto, 'a', kept)).toBe(kept);
    }
    expect(checkOut(auto, 'a', `${'x'.repeat(128)}\x01\n\x1a`)).toBe(`${'x'.repeat(128)}\x01\r\n\x1a`);
  });

  it('leaves other encodings to git, where there is anything to encode', () => {
    expect(checkOut('* working-tree-encoding=Utf8', 'a', 'é')).toBe('é');
    expect(checkOut('* working-tree-encoding=UTF-16', 'a', '')).toBe('');
    const encoded = () => checkOut('* working-tree-encoding=UTF-16', 'a', 'é');
    expect(encoded).toThrow(expect.objectContaining({ code: 'needs_git_engine' }));
    const nameless = () => checkOut('* working-tree-encoding', 'a', '');
    expect(nameless).toThrow(expect.objectContaining({ code: 'upstream_invalid' }));
  });

  it('gives back the very bytes where nothing changes', () => {
    const blob = bytes('a\r\n');
    expect(convert({ ident: true, crlf: 'always', encoding: undefined }, blob, hash, 'a')).toBe(blob);
  });
});

it('byte strings hold every byte', () => {
  const all = Uint8Array.from({ length: 10_000 }, (_, i) => i % 256);
  expect(bytesOfString(byteString(all))).toEqual(all);
});
