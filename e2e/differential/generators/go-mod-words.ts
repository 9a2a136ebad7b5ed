// The words of go.mod files: directives, what may follow them, and what may not.

import fc from 'fast-check';
import { likelyModulePath } from './paths.ts';
import { joined } from './text.ts';
import { likelyVersion } from './versions.ts';

const text = fc.constantFrom;

/** A value as a word, or as one of the strings it can be written as. */
function written(value: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(value, fc.nat(30)).map(([word, style]) => {
    if (style === 0) return `"${word}"`;
    if (style === 1) return `\`${word}\``;
    if (style === 2) return `"${word.replace(/[a-z]/, (letter) => `\\x${letter.charCodeAt(0).toString(16)}`)}"`;
    if (style === 3) return `"${word.replace(/[a-z]/, (letter) => `\\u00${letter.charCodeAt(0).toString(16)}`)}"`;
    return word;
  });
}

/** What belongs nowhere. */
export const stray: fc.Arbitrary<string> = text(
  ...[
    '"unclosed',
    '`unclosed',
    '"a\\qb"',
    '"a\\xffb"',
    '"a\\377b"',
    '"\\400"',
    '"\\ud800"',
    '"\\U00110000"',
    '"a\\\'b"',
    '"a\tb"',
  ],
  ...[
    '""',
    '``',
    '" "',
    '"a b"',
    "'a'",
    "a'b",
    'a"b',
    'a`b',
    '"a"b',
    '"a""b"',
    '"a',
    'a\\b',
    '"\\n"',
    '"a\\',
    '"a\\\nb"',
    '"\\\n" // x',
    '"/*"',
    '"//"',
  ],
  ...[
    '(',
    ')',
    '[',
    ']',
    ',',
    '{',
    '}',
    '()',
    '( )',
    '=>',
    '=',
    '...',
    '/*',
    '*/',
    '/* a */',
    '//',
    '/',
    '\\',
    '#',
    '@',
    '"("',
  ],
  ...[
    'é',
    '\u00a0',
    '\u2028',
    '\ufeff',
    '\0',
    '\x7f',
    '\x1b',
    '\udcff',
    '\udcc3\udca9',
    '\ufffd',
    '\u0345',
    '\u200b',
    'a\fb',
  ],
  ...['module', 'require', 'retract', 'go', 'v1.0.0', 'master', 'develop'],
);

/** A module path as it is written. */
export const modPath: fc.Arbitrary<string> = written(likelyModulePath);
const modVersion = written(
  fc.oneof({ arbitrary: likelyVersion, weight: 8 }, { arbitrary: text('master', 'develop'), weight: 1 }),
);

/** A directory as it is written. */
export const directory: fc.Arbitrary<string> = written(
  text(
    './m',
    '../m',
    '..',
    '.',
    '/m',
    '/',
    'C:/m',
    'c:',
    '..\\m',
    '.\\m',
    '\\m',
    './a b',
    './a@b',
    '.m',
    '...',
    './',
    '...m',
    'C:m',
    'é:/m',
  ),
);

const goVersion = text(
  ...[
    '1.21',
    '1.24.0',
    '1.21rc1',
    '1.24.3',
    '1.21.0rc1',
    '1',
    '1.',
    '01.21',
    '1.021',
    'v1.21',
    '1.21x',
    '1.21.x',
    '1.21-x',
    '1.x',
  ],
  ...[
    'go1.21',
    '"1.21"',
    '`1.21`',
    '1.21.3.4',
    '1.21beta',
    '10.0',
    '0.1',
    '1.999999999999999999999',
    'v1.21.',
    '1.21+',
    '1.21é',
    '1.21\udcff',
  ],
);

const toolchain = text(
  ...[
    'go1.21.0',
    'go1.24.3-custom',
    'default',
    'go1',
    'go1.',
    'go12',
    'go2.0',
    'local',
    'go1.x',
    '"go1.21"',
    'go1.21é',
    'default ',
    '1.21.0',
  ],
);

const godebug = text(
  ...[
    'default=go1.21',
    'a=b',
    'a',
    'a=',
    '=b',
    'a=b=c',
    'a=b,c',
    'a="b"',
    '"a=b"',
    'a==',
    '=',
    "a='b'",
    'a=`b`',
    'panicnil=1',
  ],
);

const interval = fc.oneof(
  { arbitrary: modVersion, weight: 3 },
  { arbitrary: fc.tuple(modVersion, modVersion).map(([low, high]) => `[${low}, ${high}]`), weight: 3 },
  {
    arbitrary: fc
      .tuple(
        modVersion,
        modVersion,
        text(
          '[L,H]',
          '[ L , H ]',
          '[L H]',
          '[L,]',
          '[,H]',
          '[L',
          'L]',
          '[]',
          '[',
          '(L, H)',
          '[L, H)',
          '(L, H]',
          '[L, H] x',
          '[L,,H]',
          'L, H',
        ),
      )
      .map(([low, high, form]) => form.replace('L', () => low).replace('H', () => high)),
    weight: 1,
  },
);

const replacement = fc.oneof(
  joined(' ', modPath, text('=>'), directory),
  joined(' ', modPath, modVersion, text('=>'), directory),
  joined(' ', modPath, text('=>'), modPath, modVersion),
  joined(' ', modPath, modVersion, text('=>'), modPath, modVersion),
  joined(' ', modPath, text('=>'), modPath),
  joined(' ', modPath, text('=>'), directory, modVersion),
  joined(' ', modPath, text('=>', '=', '=>=>', '->'), modPath, modVersion, modVersion),
  text(
    '=>',
    '=> ./m',
    'example.com/m =>',
    'example.com/m v1.0.0 v1.0.1 => ./m',
    'example.com/m => example.com/x@v1.0.0',
    '=> => =>',
  ),
);

/** Directives and what may follow them. */
export const argumentsOf: Readonly<Record<string, fc.Arbitrary<string>>> = {
  module: modPath,
  go: goVersion,
  toolchain,
  godebug,
  require: joined(' ', modPath, modVersion),
  exclude: joined(' ', modPath, modVersion),
  replace: replacement,
  retract: interval,
  tool: fc.oneof(modPath, directory),
  ignore: fc.oneof(directory, modPath),
  unknown: fc.oneof(modPath, joined(' ', modPath, modVersion)),
  'require module': joined(' ', modPath, modVersion),
  '"require"': joined(' ', modPath, modVersion),
};

const verbs = Object.keys(argumentsOf);
/** A directive's name, or what looks like one. */
export const verb: fc.Arbitrary<string> = fc.oneof(
  { arbitrary: text(...verbs.slice(1, -3)), weight: 8 },
  { arbitrary: text('require', 'retract', 'replace'), weight: 4 },
  { arbitrary: text(...verbs), weight: 2 },
);
