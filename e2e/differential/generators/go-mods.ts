// Texts of go.mod files: by the grammar, nearly by the grammar, and damaged.
//
// Invariant: what is damaged was valid or nearly so before; files of noise would all fail at their first character.

import fc from 'fast-check';
import { bytesOfText, normalText } from '../raw-text.ts';
import { argumentsOf, directory, modPath, stray, verb } from './go-mod-words.ts';
import { likelyModulePath } from './paths.ts';
import { joined, trickyCharacter } from './text.ts';
import { likelyVersion } from './versions.ts';

const text = fc.constantFrom;

/** Arguments, sometimes with something that does not belong there. */
function entry(name: string): fc.Arbitrary<string> {
  const proper = argumentsOf[name] ?? modPath;
  return fc.oneof(
    { arbitrary: proper, weight: 12 },
    { arbitrary: joined(' ', proper, stray), weight: 1 },
    { arbitrary: joined('', proper, stray), weight: 1 },
    { arbitrary: joined(' ', stray, proper), weight: 1 },
    { arbitrary: text('', '(', ')'), weight: 1 },
  );
}

const commentText = text(
  ...[
    '// indirect',
    '//indirect',
    '// indirect; why',
    '// indirect why',
    '//\tindirect',
    '// indirect;',
    '// Indirect',
    '//indirect;x',
    '// x indirect',
  ],
  ...[
    '// Deprecated: use v2',
    '//Deprecated: x',
    '// Deprecated:',
    '// deprecated: x',
    '//  Deprecated:   x  ',
    '// Deprecated:\u00a0x',
    '//Deprecated:\tx',
  ],
  ...[
    '//',
    '// ',
    '//// x',
    '// a // b',
    '// why',
    '//why\u0085',
    '// \u00a0why\u2003',
    '// \udcff',
    '// \0',
    '// "',
    '/* x */',
    '/',
    '#',
    '// x \r',
  ],
);

const suffix = fc.oneof(
  { arbitrary: fc.constant(''), weight: 5 },
  { arbitrary: commentText.map((comment) => ` ${comment}`), weight: 2 },
  { arbitrary: commentText, weight: 1 },
);

const above = fc
  .array(fc.oneof(commentText, text('', ' ', '\t')), { maxLength: 3 })
  .map((lines) => lines.map((line) => `${line}\n`).join(''));

/** Lines above, the statement, a comment behind. */
function commented(statement: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof(
    { arbitrary: fc.tuple(statement, suffix).map(([code, behind]) => code + behind), weight: 2 },
    {
      arbitrary: fc.tuple(above, statement, suffix).map(([before, code, behind]) => before + code + behind),
      weight: 1,
    },
  );
}

const line = verb.chain((name) => commented(entry(name).map((rest) => `${name} ${rest}`)));

const opening = fc.oneof(
  { arbitrary: text(' ('), weight: 8 },
  { arbitrary: text('(', '\t(', ' x (', ' ( (', '\n(', ' (x', ' ['), weight: 1 },
);
const closing = fc.oneof(
  { arbitrary: text(')'), weight: 8 },
  { arbitrary: text('', '))', ') x', ')(', ' )', '\t)\n)', 'x)', ']'), weight: 1 },
);

const block = fc
  .tuple(verb, opening, suffix, closing, suffix, above, above)
  .chain(([name, open, openComment, close, closeComment, before, last]) =>
    fc
      .array(
        fc.oneof(
          { arbitrary: commented(entry(name)), weight: 5 },
          { arbitrary: line, weight: 1 },
          { arbitrary: text(''), weight: 1 },
        ),
        { maxLength: 4 },
      )
      .map(
        (lines) =>
          `${before}${name}${open}${openComment}\n${lines.map((each) => `\t${each}\n`).join('')}${last}${close}${closeComment}`,
      ),
  );

const emptyBlock = fc
  .tuple(verb, text(' ()', ' ( )', '()', ' (\n)', ' () // x', ' (\n\n// x\n\n)', ' (\n\n)'))
  .map((parts) => parts.join(''));

const statement = fc.oneof(
  { arbitrary: line, weight: 6 },
  { arbitrary: block, weight: 4 },
  { arbitrary: emptyBlock, weight: 1 },
  { arbitrary: commentText, weight: 1 },
  { arbitrary: stray, weight: 1 },
  { arbitrary: text('', ' ', '\n'), weight: 1 },
);

const moduleLine = fc.oneof(
  { arbitrary: commented(text('module example.com/m')), weight: 5 },
  { arbitrary: commented(modPath.map((path) => `module ${path}`)), weight: 2 },
  {
    arbitrary: text(
      ...[
        'module',
        'module (\n\texample.com/m\n)',
        'module (\n)',
        'module ()',
        'moduleexample.com/m',
        'module\texample.com/m',
        'module\u00a0example.com/m',
      ],
      ...[
        'module "example.com/m" x',
        'module `example.com/m`',
        'module // x',
        ' module example.com/m',
        '',
        'module example.com/m\nmodule example.com/n',
      ],
      ...[
        '// Deprecated: a\n// b\n\nmodule example.com/m',
        'module (\n// Deprecated: x\nexample.com/m\n)',
        '// x\n//\n// Deprecated: y\n//\n// z\nmodule example.com/m // w',
      ],
    ),
    weight: 2,
  },
);

const valid = fc
  .tuple(
    moduleLine,
    fc.array(statement, { maxLength: 6 }),
    text('\n', '\n', '\n\n', '\r\n', ''),
    text('\n', '\n', '', ' ', '\n\n'),
  )
  .map(([first, rest, newline, end]) => {
    const whole = [first, ...rest].join('\n') + end;
    return newline === '' ? whole : whole.replaceAll('\n', newline);
  });

/** What an accident does to bytes: `removed` bytes at `place` become `inserted`. */
interface Accident {
  readonly place: number;
  readonly removed: number;
  readonly inserted: string;
}

const accident: fc.Arbitrary<Accident> = fc.record({
  place: fc.nat(),
  removed: fc.oneof({ arbitrary: fc.nat(2), weight: 3 }, { arbitrary: fc.nat(40), weight: 1 }),
  inserted: fc.oneof(
    fc.constant(''),
    trickyCharacter,
    stray,
    text('\n', '\r', '\r\n', '\\\n', '//', '(\n', ')\n', '\n)\n'),
  ),
});

/** A go.mod file. */
export const goMod: fc.Arbitrary<Uint8Array> = fc
  .tuple(
    valid,
    fc.oneof(
      { arbitrary: fc.constant([]), weight: 3 },
      { arbitrary: fc.array(accident, { minLength: 1, maxLength: 2 }), weight: 2 },
    ),
    fc.oneof(
      { arbitrary: fc.constant(''), weight: 30 },
      { arbitrary: text('\ufeff', '\0', '\udcff\udcfe'), weight: 1 },
    ),
  )
  .map(([whole, accidents, before]) => {
    let bytes = bytesOfText(before + whole);
    for (const { place, removed, inserted } of accidents) {
      const at = place % (bytes.length + 1);
      bytes = Buffer.concat([bytes.subarray(0, at), bytesOfText(inserted), bytes.subarray(at + removed)]);
    }
    return bytes;
  });

/** Values as they may be written into a go.mod. */
export const goModValue: fc.Arbitrary<string> = fc
  .oneof(stray, directory, likelyModulePath, likelyVersion)
  .map(normalText);
