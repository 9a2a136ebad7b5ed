import { describe, expect, it } from 'vitest';
import { Lexer, type Token } from './lexer.ts';
import { sourceText } from './source-text.ts';

function tokensOf(data: Uint8Array | string): Token[] {
  const lexer = new Lexer('go.mod', sourceText(data));
  const tokens: Token[] = [];
  for (let token = lexer.next(); token.kind !== 'eof'; token = lexer.next()) tokens.push(token);
  return tokens;
}

const bytes = (...parts: readonly (string | number)[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => (typeof part === 'number' ? [part] : [...new TextEncoder().encode(part)])));

describe('characters between and in tokens', () => {
  it.each([
    ['CR between tokens and at line ends is space', 'a\rb\r\n', ['a', 'b', '\n']],
    ['a lone CR ends no line', 'a\r// b', ['a', '// b']],
    ['CRLF is not part of a comment, another CR is', '// a\r\r\n', ['// a\r']],
    ['a CR at the end of the file is part of a comment', '// a\r', ['// a\r']],
    [
      'each bracket and comma stands alone',
      'a[b]c{d}(e,)',
      ['a', '[', 'b', ']', 'c', '{', 'd', '}', '(', 'e', ',', ')'],
    ],
    ['quotes are literal in the middle of a word', 'a"b c`d e\'f', ['a"b', 'c`d', "e'f"]],
    ['a string ends at its quote', '"a"b`c`"d"', ['"a"', 'b`c`"d"']],
    ['a backslash protects in "…" only', '"\\"" `\\`', ['"\\""', '`\\`']],
    ['a protected newline does not end a string', '"a\\\nb"', ['"a\\\nb"']],
    ['a comment may hold anything', '// \0\u00a0\ufeff"\n', ['// \0\u00a0\ufeff"']],
  ])('%s', (_, text, want) => {
    expect(tokensOf(text).map((token) => token.text)).toEqual(want);
  });

  it.each([
    ['NUL', 'a\0', "go.mod:1:2: unexpected input character '\\x00'"],
    ['form feed', 'a \f', "go.mod:1:3: unexpected input character '\\f'"],
    ['a byte-order mark', '\ufeffmodule m', "go.mod:1: unexpected input character '\\ufeff'"],
    ['no-break space', '\nm\u00a0m', "go.mod:2:2: unexpected input character '\\u00a0'"],
    ['NEL', 'm\u0085', "go.mod:1:2: unexpected input character '\\u0085'"],
    ['soft hyphen', 'm\u00ad', "go.mod:1:2: unexpected input character '\\u00ad'"],
    ['line separator', 'm\u2028', "go.mod:1:2: unexpected input character '\\u2028'"],
    ['private use', 'm\ue000', "go.mod:1:2: unexpected input character '\\ue000'"],
    ['unassigned in another plane', '世\u{e0fff}', "go.mod:1:2: unexpected input character '\\U000e0fff'"],
    ['DEL', '\x7f', "go.mod:1: unexpected input character '\\x7f'"],
  ])('refuses %s', (_, text, message) => {
    expect(() => tokensOf(text)).toThrow(expect.objectContaining({ code: 'invalid_go_mod', message }));
  });

  it('reads each byte that is not UTF-8 as a character of a word', () => {
    const [word, next] = tokensOf(bytes('a', 0xff, 0xe2, 0x82, ' b'));
    expect(word).toMatchObject({ text: 'a\udcff\udce2\udc82', end: { lineRune: 5, byte: 4 } });
    expect(next).toMatchObject({ text: 'b', start: { lineRune: 6, byte: 5 } });
  });

  it('reads a string as the bytes it stands for', () => {
    expect(tokensOf('a\udcff é')).toEqual(tokensOf(bytes('a', 0xff, ' é')));
  });
});

it('counts lines, characters and bytes', () => {
  const [word, , string, comment] = tokensOf('é😀\n\t"世" // 界\n');
  expect(word).toMatchObject({ start: { line: 1, lineRune: 1, byte: 0 }, end: { line: 1, lineRune: 3, byte: 6 } });
  expect(string).toMatchObject({ start: { line: 2, lineRune: 2, byte: 8 }, end: { line: 2, lineRune: 5, byte: 13 } });
  expect(comment).toMatchObject({ kind: 'suffix', start: { line: 2, lineRune: 6, byte: 14 } });
});

it('tells comments behind something from comments on their own line', () => {
  expect(tokensOf('// a\n\t// b\nx // c\n( // d\n"e\\\n" // f').map(({ kind }) => kind)).toEqual([
    'comment',
    'comment',
    'text',
    'suffix',
    '(',
    'suffix',
    'text',
    'suffix',
  ]);
});

it.each([
  ['"a', 'go.mod:1: unexpected EOF in string'],
  ['a "b\\', 'go.mod:1:3: unexpected EOF in string'],
  ['a `b', 'go.mod:1:3: unexpected EOF in string'],
  ['a "b\n"', 'go.mod:1:5: unexpected newline in string'],
  ['a `b\\\n`', 'go.mod:1:6: unexpected newline in string'],
])('says where the string %j goes wrong', (text, message) => {
  expect(() => tokensOf(text)).toThrow(expect.objectContaining({ code: 'invalid_go_mod', message }));
});
