import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { quote, quoteRune, unquote } from './quote.ts';
import { isUtf8, rawBytes, rawText } from './raw.ts';
import { fields, isSpace, trimSpace } from './spaces.ts';

const bytes = fc.array(
  fc.oneof(
    fc.integer({ min: 0, max: 255 }),
    fc.constantFrom(0xc3, 0xa9, 0xe4, 0xb8, 0x96, 0xed, 0xa0, 0x80, 0xf0, 0x9f, 0x98),
  ),
  { maxLength: 12 },
);

describe('quoting as %q (spec §1.22)', () => {
  it.each([
    ['', '""'],
    ['a b', '"a b"'],
    ['"\\', '"\\"\\\\"'],
    ["'`", '"\'`"'],
    ['\u0007\b\f\n\r\t\v', '"\\a\\b\\f\\n\\r\\t\\v"'],
    ['\u0000\u001b\u007f', '"\\x00\\x1b\\x7f"'],
    ['é世😀', '"é世😀"'],
    ['\u0080\u00a0\u00ad\u200b\ufeff', '"\\u0080\\u00a0\\u00ad\\u200b\\ufeff"'],
    ['\u{10ffff}', '"\\U0010ffff"'],
    ['\ufffd', '"\ufffd"'],
    ['\udcff', '"\\xff"'],
    ['\ud800', '"\\xed\\xa0\\x80"'],
    ['\ud83d\ude00\ude00', '"😀\\xed\\xb8\\x80"'],
  ])('%j is %s', (text, quoted) => {
    expect(quote(text)).toBe(quoted);
  });

  it.each([
    ['a', "'a'"],
    ["'", "'\\''"],
    ['"', `'"'`],
    ['\n', "'\\n'"],
    ['\u0000', "'\\x00'"],
    ['😀', "'😀'"],
    ['\udcff', "'\ufffd'"],
  ])('the character %j is %s', (char, quoted) => {
    expect(quoteRune(char)).toBe(quoted);
  });

  it('prints what the Unicode version calls printable', () => {
    expect([quote('\u1c8a'), quote('\u1c8a', '17.0.0')]).toEqual(['"\\u1c8a"', '"\u1c8a"']);
  });
});

describe('string literals (spec §9.7)', () => {
  it.each([
    ['""', ''],
    ['"a b"', 'a b'],
    ['"\\a\\b\\f\\n\\r\\t\\v\\\\\\""', '\u0007\b\f\n\r\t\v\\"'],
    ['"\\x41\\101\\u0041\\U00000041"', 'AAAA'],
    ['"\\xc3\\xa9\\303\\251"', 'éé'],
    ['"\\u00e9\\U0001F600"', 'é😀'],
    ['"\\377\\xff"', '\udcff\udcff'],
    ['"\\xed\\xa0\\x80"', '\udced\udca0\udc80'],
    ['"é\\xff"', 'é\udcff'],
    ['"\udcff"', '\ufffd'],
    ['"\'`"', "'`"],
    ['"a\rb"', 'a\rb'],
    ['`a"\\n`', 'a"\\n'],
    ['`a\r\nb`', 'a\nb'],
    ['``', ''],
  ])('%j is %j', (literal, value) => {
    expect(unquote(literal)).toBe(value);
  });

  it.each([
    '',
    '"',
    '`',
    'a',
    '"a',
    'a"',
    '"a`',
    "'a'",
    '"a"b"',
    '"a\nb"',
    '`a`b`',
    '"\\"',
    '"\\\'"',
    '"\\q"',
    '"\\400"',
    '"\\12"',
    '"\\8"',
    '"\\x4"',
    '"\\xg0"',
    '"\\u123"',
    '"\\ud800"',
    '"\\udfff"',
    '"\\U00110000"',
    '"\\U0000d800"',
    '"\\X41"',
    '"\\0"',
  ])('%j is no literal', (literal) => {
    expect(unquote(literal)).toBeUndefined();
  });

  it('is what quoting gives, for all bytes', () => {
    fc.assert(
      fc.property(bytes, (list) => {
        const text = rawText(Uint8Array.from(list));
        expect(unquote(quote(text))).toBe(text);
        expect(quote(text)).toMatch(/^[^\n\r]*$/);
      }),
    );
  });
});

describe('strings that carry bytes', () => {
  it.each([
    [[0x61, 0xff], 'a\udcff'],
    [[0xc3], '\udcc3'],
    [[0xc3, 0xa9], 'é'],
    [[0xe4, 0xb8], '\udce4\udcb8'],
    [[0xe4, 0xb8, 0x61], '\udce4\udcb8a'],
    [[0xc0, 0x80], '\udcc0\udc80'], // overlong
    [[0xed, 0xa0, 0x80], '\udced\udca0\udc80'], // a surrogate
    [[0xf4, 0x90, 0x80, 0x80], '\udcf4\udc90\udc80\udc80'], // above U+10FFFF
    [[0xf0, 0x9f, 0x98, 0x80, 0x80], '😀\udc80'],
    [[0xef, 0xbb, 0xbf], '\ufeff'],
  ])('%j are %j', (list, text) => {
    expect(rawText(Uint8Array.from(list))).toBe(text);
    expect([...rawBytes(text)]).toEqual(list);
  });

  it('keeps all bytes, and tells which are UTF-8', () => {
    fc.assert(
      fc.property(bytes, (list) => {
        const text = rawText(Uint8Array.from(list));
        expect([...rawBytes(text)]).toEqual(list);
        expect(isUtf8(text)).toBe(Buffer.from(list).toString('utf8') === text);
      }),
    );
  });

  it('gives other lone surrogates the bytes of their number', () => {
    expect([...rawBytes('\ud800x')]).toEqual([0xed, 0xa0, 0x80, 0x78]);
  });
});

describe('space (spec §0.4)', () => {
  const spaces =
    '\t\n\v\f\r \u0085\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000';

  it('is exactly the characters that Go calls so', () => {
    let found = '';
    for (let cp = 0; cp <= 0x10ffff; cp++) if (isSpace(cp)) found += String.fromCodePoint(cp);
    expect(found).toBe(spaces);
  });

  it.each([
    ['', []],
    [spaces, []],
    [' a\u0085b\u3000\u3000c ', ['a', 'b', 'c']],
    ['\ufeffa\u200b', ['\ufeffa\u200b']],
    ['a\u001cb', ['a\u001cb']],
  ])('%j has the fields %j', (text, parts) => {
    expect(fields(text)).toEqual(parts);
  });

  it('is trimmed at both ends only', () => {
    expect(trimSpace(`${spaces}a b\ufeff${spaces}`)).toBe('a b\ufeff');
    expect(trimSpace(spaces)).toBe('');
  });
});
