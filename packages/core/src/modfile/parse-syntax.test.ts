import { expect, it } from 'vitest';
import { commentsOf, tokensOf } from '../../test/modfile.ts';
import { parse } from './index.ts';
import { parseSyntax } from './parse-syntax.ts';

it.each<readonly [string, string, readonly string[]]>([
  ['comments directly above a line are its own', '// a\n// b\nx\n', ['line before "// a"', 'line before "// b"']],
  ['a blank line sets comments free', '// a\n\nx\n// b\n', ['comments before "// a"', 'comments before "// b"']],
  [
    'a block keeps comments and blank lines before its entries',
    'x (\n\n// a\n\n\n// b\ny\n\n\nz // c\n)\n',
    [
      'blockline before "// a"',
      'blockline before ""',
      'blockline before "// b"',
      'blockline before ""',
      'blockline suffix "// c"',
    ],
  ],
  ['a blank line before the closing parenthesis is dropped', 'x (\ny\n\n)\n', []],
  [
    'comments before the closing parenthesis are its own',
    'x (\ny\n// a\n\n)\n',
    ['rparen before "// a"', 'rparen before ""'],
  ],
  [
    'parentheses have comments of their own',
    '// a\nx ( // b\ny\n) // c\n',
    ['block before "// a"', 'lparen suffix "// b"', 'rparen suffix "// c"'],
  ],
  ['a block that is empty on one line is one node', 'x () // a\n', ['block suffix "// a"']],
  ['a line with a string over a line end gets no comment', 'x\ny "\\\n" // a\n', ['line suffix "// a"']],
  ['nor does an empty block behind such a string', 'y "\\\n" () // a\n', ['rparen suffix "// a"']],
])('%s', (_, text, want) => {
  expect(commentsOf(parseSyntax('go.mod', text).stmt)).toEqual(want);
});

it('gives the file a suffix comment that no node may have', () => {
  const { comments } = parseSyntax('go.mod', 'x "\\\n" // a\n');
  expect(comments.before.map(({ token }) => token)).toEqual(['// a']);
});

it.each([
  ['x (\ny\n)', 'x ( y )'],
  ['x y ( )', 'x y ( )'],
  ['x ( ) (\n)', 'x ( ) ( )'],
  ['x ( y', 'x ( y'],
  ['( )', '( )'],
])('finds the tokens of %j', (text, want) => {
  expect(tokensOf(parseSyntax('go.mod', text).stmt).join(' ')).toBe(want);
});

it('knows blocks from lines', () => {
  const kinds = parseSyntax('go.mod', 'x (\n)\nx ()\nx () y\n()\n(\nx ( y )\n').stmt.map(({ kind }) => kind);
  expect(kinds).toEqual(['block', 'block', 'line', 'line', 'line', 'line']);
});

it('keeps positions', () => {
  const [block] = parseSyntax('go.mod', '\nrequire (\n\té v1\n)\n').stmt;
  expect(block).toMatchObject({
    start: { line: 2, lineRune: 1, byte: 1 },
    lparen: { pos: { line: 2, lineRune: 9, byte: 9 } },
    line: [{ start: { line: 3, lineRune: 2, byte: 12 }, end: { line: 3, lineRune: 6, byte: 17 } }],
    rparen: { pos: { line: 4, lineRune: 1, byte: 18 } },
  });
});

it('writes values back in the form Go prefers', () => {
  const { syntax } = parse('go.mod', 'module "a"\nrequire (\n"b" v1\n)\nreplace c => "./d e"\nretract ["v1", v2]\n');
  expect(tokensOf(syntax.stmt).join(' ')).toBe(
    'module a require ( b v1.0.0 ) replace c => "./d e" retract [ v1 , v2 ]',
  );
});

it('gives each directive its own line of the tree', () => {
  const { syntax, module, require } = parse('go.mod', 'module a\nrequire (\nb v1.0.0\n)\n');
  const [line, block] = syntax.stmt;
  expect(module?.syntax).toBe(line);
  expect(block?.kind === 'block' && block.line[0]).toBe(require[0]?.syntax);
});
