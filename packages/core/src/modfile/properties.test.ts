import fc from 'fast-check';
import { expect, it } from 'vitest';
import { linesOf } from '../../test/modfile.ts';
import { isGoModKitError } from '../errors/index.ts';
import { autoQuote, type GoMod, modulePath, parse, parseLax } from './index.ts';
import { Lexer } from './lexer.ts';

const numRuns = 2000;

/** Pieces from which both valid and nearly valid files come about. */
const piece = fc.constantFrom(
  ...'module go toolchain require exclude replace retract tool ignore godebug other'.split(' '),
  ...'( ) [ ] { } , => a b/v2 gopkg.in/c.v1 ./d "e f" `g` v1.0.0 v1 v2.0.0 1.21 go1.21 x=y'.split(' '),
  ...[
    '// c',
    '// indirect',
    '// Deprecated: d',
    '"\\\n"',
    '"',
    '/*',
    '\n',
    '\n',
    '\n',
    'require (\n',
    '\n)\n',
    '\r',
    '\0',
    'é',
  ],
);
const line = fc.constantFrom(
  ...[
    'module a',
    'go 1.21',
    'require b v1',
    'require "c" v1.0.0 // indirect',
    'exclude d v1',
    'replace e => ./f',
    'tool g',
  ],
  ...[
    'retract v1 // h',
    'retract [v1, v2]',
    'require (',
    'retract (',
    ')',
    '\tb v1',
    '\tv1 // i',
    '// j',
    '',
    'ignore k',
  ],
);
const file = fc.oneof(
  fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join(' ')),
  fc.array(line, { maxLength: 12 }).map((lines) => `${lines.join('\n')}\n`),
);

/** What reading gives, or the text of its error; other errors pass. */
function outcome(read: () => GoMod): { readonly ok: boolean; readonly lines: readonly string[] } {
  try {
    return { ok: true, lines: linesOf(read()) };
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_go_mod')) throw error;
    return { ok: false, lines: error.message.split('\n') };
  }
}

it('reads any bytes, or refuses with invalid_go_mod', () => {
  fc.assert(
    fc.property(fc.oneof(fc.uint8Array({ maxLength: 200 }), fc.string({ unit: 'binary' }), file), (data) => {
      outcome(() => parse('go.mod', data));
      outcome(() => parseLax('go.mod', data));
      modulePath(data);
    }),
    { numRuns },
  );
});

it('reads in a dependency whatever it reads in a main module, and the same', () => {
  const shared = /^(?:module|go|require|retract|ignore) /;
  fc.assert(
    fc.property(file, (text) => {
      const strict = outcome(() => parse('go.mod', text));
      const lax = outcome(() => parseLax('go.mod', text));
      if (strict.ok) expect(lax).toEqual({ ok: true, lines: strict.lines.filter((entry) => shared.test(entry)) });
      else if (!lax.ok) expect(strict.lines).toEqual(expect.arrayContaining([...lax.lines]));
    }),
    { numRuns },
  );
});

it('reads CRLF as LF', () => {
  fc.assert(
    fc.property(file, (text) => {
      // A CR before a line end inside a string, or behind another CR in a comment, is text.
      fc.pre(!text.includes('\r') && !text.includes('\\\n'));
      const crlf = text.replaceAll('\n', '\r\n');
      const lf = outcome(() => parse('go.mod', text));
      const got = outcome(() => parse('go.mod', crlf));
      if (lf.ok || got.ok) expect(got).toEqual(lf);
      expect(modulePath(crlf)).toBe(modulePath(text));
    }),
    { numRuns },
  );
});

it('reads its own quoting back', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (value) => {
      fc.pre(!'()[]{},'.includes(value) || value === '');
      const token = autoQuote(value);
      const lexer = new Lexer('go.mod', token);
      expect(lexer.next()).toMatchObject({ kind: 'text', text: token });
      expect(lexer.next().kind).toBe('eof');
      expect(parse('go.mod', `module ${token}\n`).module?.path).toBe(value);
    }),
    { numRuns },
  );
});
