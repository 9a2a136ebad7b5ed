import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isGoModKitError } from '../errors/index.ts';
import { parseLax } from './index.ts';
import { readPlain } from './plain-go-mod.ts';

/** The same from `parseLax`; undefined where it throws. */
function readSlowly(text: string): object | undefined {
  try {
    const { module, go, require, retract, ignore } = parseLax('go.mod', text);
    const said = {
      path: module?.path ?? '',
      goVersion: go?.version ?? '',
      require: require.map(({ path, version }) => ({ path, version })),
    };
    return module?.deprecated === undefined && retract.length + ignore.length === 0 ? said : { ...said, more: true };
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_go_mod')) throw error;
    return undefined;
  }
}

const ordinary = `// A comment.
module example.com/m/v2 // and another, with "quotes", (parentheses) and é

go 1.21.3

toolchain go1.22.1

require example.com/a v1.2.3
require ( // direct
\texample.com/b v0.0.0-20060102150405-abcdef123456
\tgopkg.in/c.v1 v1.0.0 // indirect

\t// above d
\texample.com/d v2.0.0+incompatible //indirect
) // that was it

exclude example.com/a v1.2.2
replace (
\texample.com/a => ../a
\texample.com/b v1.0.0 => example.com/fork v1.0.1
)
godebug default=go1.21
tool example.com/a/cmd/x
other words = unknown
\t`;

it.each([ordinary, ordinary.replaceAll('\n', '\r\n')])('reads what nearly all go.mod files look like', (text) => {
  expect(readPlain(text)).toEqual({
    path: 'example.com/m/v2',
    goVersion: '1.21.3',
    require: [
      { path: 'example.com/a', version: 'v1.2.3' },
      { path: 'example.com/b', version: 'v0.0.0-20060102150405-abcdef123456' },
      { path: 'gopkg.in/c.v1', version: 'v1.0.0' },
      { path: 'example.com/d', version: 'v2.0.0+incompatible' },
    ],
  });
  expect(readPlain(text)).toEqual(readSlowly(text));
});

it.each([
  ['a deprecation', '// Deprecated: no more\nmodule a.b/c\n'],
  ['a retraction', 'module a.b/c\nretract v1.0.0\n'],
  ['a block of retractions', 'module a.b/c\nretract (\n\tv1.0.0\n)\n'],
  ['ignored directories', 'module a.b/c\nignore x\n'],
  ['a quoted path', 'module "a.b/c"\n'],
  ['a version that is not canonical', 'require a.b/c v1\n'],
  ['a version that does not fit', 'require a.b/c v2.0.0\n'],
  ['a second module line', 'module a.b/c\nmodule a.b/c\n'],
  ['a second go line', 'go 1.20\ngo 1.20\n'],
  ['a go line of later days', 'go 1.99x\n'],
  ['a block that does not end', 'require (\n\ta.b/c v1.0.0\n'],
  ['a block that is empty', 'require ()\n'],
  ['words before a parenthesis', 'require x (\n)\n'],
  ['a parenthesis inside a block', 'exclude (\n\t(\n)\n'],
  ['a parenthesis outside', ')\n'],
  ['a comment of another language', 'other /* a */\n'],
  ['words behind an argument', 'require a.b/c v1.0.0 x\n'],
  ['a missing argument', 'require a.b/c\n'],
  ['characters beyond ASCII', 'other é\n'],
  ['control characters', 'other \0\n'],
])('leaves %s to parseLax', (_, text) => {
  expect(readPlain(text)).toBeUndefined();
});

const piece = fc.constantFrom(
  ...'module go toolchain require exclude retract tool ignore other a.b/c a.b/c/v2 gopkg.in/c.v1 v1.0.0 v2.0.0'.split(
    ' ',
  ),
  ...'v1 v1.0.0+incompatible v2.0.0+incompatible 1.21 1.21.0 1 ( ) [ ] => " \' ` / // /* * é \r \t \v \0'.split(' '),
  ...['// indirect', '// Deprecated: d', '\n', '\n', '\n', '\n', ' ', '\ufeff', ' (\n', '\n)\n', '\udc80'],
);
const line = fc.constantFrom(
  ...[
    'module a.b/c',
    'module a.b/c // d',
    'go 1.21',
    'go 1.16',
    'require a.b/d v1.2.3',
    'require a.b/e/v3 v3.0.0 // indirect',
  ],
  ...['require (', 'exclude (', 'other (', '(', ')', '\t) // end', '\ta.b/f v0.1.0', '\ta.b/g v1.0.0-pre // indirect'],
  ...['exclude a.b/d v1.2.2', 'replace a.b/d => ../d', 'toolchain go1.22.0', 'tool a.b/c/x', '// words', '', '', '\r'],
);
const file = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(' ')),
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
  fc.array(line, { maxLength: 14 }).map((lines) => lines.join('\n')),
);

it('reads what parseLax reads, or leaves it to that', () => {
  let read = 0;
  fc.assert(
    fc.property(file, (text) => {
      const quick = readPlain(text);
      if (quick === undefined) return;
      read++;
      expect(quick).toEqual(readSlowly(text));
    }),
    { numRuns: process.env.GOMODKIT_TEST_SCALE === 'full' ? 1_000_000 : 10_000 },
  );
  expect(read).toBeGreaterThan(1000);
});
