import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../test/modfile.ts';
import { format, formatBytes, formatGoMod, formatGoWork, parse, parseLax } from './index.ts';
import { parseSyntax } from './parse-syntax.ts';

const formatted = (text: string): string => format(parseSyntax('go.mod', text));

describe('format', () => {
  it.each([
    ['nothing', '', ''],
    ['blank lines only', '\n\n\n', ''],
    ['statements apart by one blank line, whatever there was', 'a\nb\n\n\n\nc', 'a\n\nb\n\nc\n'],
    ['one space between tokens, none inside brackets', 'a\t[ b ,c ]  ( d ) { e }', 'a [b, c] (d) {e}\n'],
    ['blank lines in a block, but not at its ends', 'a (\n\n\nb\n\n\n\nc\n\n\n)', 'a (\n\tb\n\n\tc\n)\n'],
    ['an empty block', 'a ()', 'a (\n)\n'],
    ['line ends of CRLF', 'a // b\r\nc (\r\n\td\r\n)\r\n', 'a // b\n\nc (\n\td\n)\n'],
    ['comments without the space behind them', '//  a  \n// b\u00a0\nc //\t d \u2003\n', '//  a\n// b\nc //\t d\n'],
    ['comments that stand alone', '// a\n\n// b\nc\n// d\n\n// e', '// a\n\n// b\nc\n\n// d\n\n// e\n'],
    ['comments at both parentheses', 'a ( // b\nc\n// d\n) // e', 'a ( // b\n\tc\n// d\n) // e\n'],
  ])('writes %s', (_, text, want) => {
    expect(formatted(text)).toBe(want);
    expect(formatted(want)).toBe(want);
  });

  it('writes comments behind strings that hold line ends one below another', () => {
    expect(formatted('a b\n"c\\\nd" // e\n"f\\\ng" // h')).toBe('a b // e\n// h\n\n"c\\\nd"\n\n"f\\\ng"\n');
  });

  it('writes a retracted version without the quotes it would need, as Go does', () => {
    expect(format(parse('go.mod', 'retract "v1//a"\n'))).toBe('retract v1//a\n');
  });

  it('writes bytes that are not UTF-8 back as they were', () => {
    const bytes = Uint8Array.from([...Buffer.from('module m\n\n// '), 0xff, 0x0a]);
    const goMod = parse('go.mod', bytes);
    expect(formatBytes(goMod)).toEqual(bytes);
    expect(format(goMod)).toBe('module m\n\n// \udcff\n');
  });

  it('writes 16 MiB in linear time', () => {
    const text = `require (\n${'\t// c\n\ta/b v1.0.0 // d\n'.repeat(200_000)})\n`;
    expect(format(parseLax('go.mod', text))).toBe(text);
    const odd = `"${'\\\n'.repeat(4 << 20)}"\n`;
    expect(formatted(odd)).toBe(odd);
  });
});

describe('formatGoMod and formatGoWork', () => {
  it('sort, and remove what stands there twice', () => {
    const text = 'module m\ngo 1.24\nexclude (\n\ta v1.10.0\n\ta v1.9.0\n\ta v1.10.0\n)\nreplace (\n\ta => ./b\n)\n';
    expect(formatGoMod(text)).toBe(
      'module m\n\ngo 1.24\n\nexclude (\n\ta v1.9.0\n\ta v1.10.0\n)\n\nreplace a => ./b\n',
    );
    expect(formatGoWork('use (\n\t./b\n\t./a\n)\n')).toBe('use (\n\t./a\n\t./b\n)\n');
  });

  it('refuse what cannot be read, by the name of the file', () => {
    const message = 'sub/go.mod:1: unknown directive: x';
    expect(() => formatGoMod('x', { name: 'sub/go.mod' })).toThrow(expect.objectContaining({ message }));
    expect(() => formatGoWork('x')).toThrow(expect.objectContaining({ code: 'invalid_go_mod' }));
  });
});

const comment = fc.constantFrom('', '', ' // indirect', ' // c', '//', ' //  d ');
const above = fc.constantFrom('', '', '\n', '// a\n', '//a\n\n//\tb \n', '\n\n');
const entry = fc.constantFrom(
  'require a v1',
  'require "b" v1.2.3',
  'require "c d" v1.0.0+x',
  'exclude a v1.0.0',
  'replace a => "./b"',
  'replace a v1 => "./b c"',
  'replace a => b v1',
  'retract [ v1.0.0 , v2.0.0 ]',
  'retract v1',
  'tool "a/b"',
  'ignore ./x',
  'godebug a=b',
);
const statement = fc
  .tuple(above, entry, comment, fc.boolean(), comment, above)
  .map(([before, code, behind, inBlock, open, last]) => {
    if (!inBlock) return `${before}${code}${behind}\n`;
    const [verb, ...args] = code.split(' ');
    return `${before}${verb} (${open}\n${before}\t${args.join(' ')}${behind}\n${last})${behind}\n`;
  });
const file = fc.array(statement, { maxLength: 8 }).map((statements) => `module m\n${statements.join('')}`);

it('formats to what reads the same, and stays as it is when formatted again', () => {
  fc.assert(
    fc.property(file, (text) => {
      const goMod = parse('go.mod', text);
      const once = format(goMod);
      const again = parse('go.mod', once);
      expect(linesOf(again)).toEqual(linesOf(goMod));
      expect(format(again)).toBe(once);
    }),
    { numRuns: 1000 },
  );
});
