// Versions: semantic, pseudo, of Go itself, and what is nearly one.

import fc from 'fast-check';
import { joined, mostly } from './text.ts';

const number = fc.oneof(
  { arbitrary: fc.nat(12).map(String), weight: 6 },
  { arbitrary: fc.constantFrom('0', '9', '10', '99', '100', '2147483648'), weight: 2 },
  {
    arbitrary: fc.constantFrom('18446744073709551615', '18446744073709551616', `1${'0'.repeat(40)}`, '9'.repeat(30)),
    weight: 1,
  },
  { arbitrary: fc.constantFrom('', '00', '01', '-1', '1a', '٣', '+1', '1_000', '0x1'), weight: 1 },
);

const identifier = fc.oneof(
  { arbitrary: fc.constantFrom('alpha', 'beta', 'rc', 'RC', 'pre', 'a', '-', '--', 'a-b', '-1', '0-', 'x'), weight: 4 },
  { arbitrary: fc.nat(12).map(String), weight: 3 },
  {
    arbitrary: fc.constantFrom('0', '00', '01', '007a', '18446744073709551616', '99999999999999999999', ''),
    weight: 1,
  },
);

const identifiers = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('.'));

const release = fc.oneof(
  { arbitrary: joined('.', number, number, number), weight: 8 },
  { arbitrary: number, weight: 1 },
  { arbitrary: joined('.', number, number), weight: 1 },
  { arbitrary: joined('.', number, number, number, number), weight: 1 },
);

const prerelease = fc.oneof(
  fc.constant(''),
  fc.constant(''),
  identifiers.map((text) => `-${text}`),
);

const build = fc.oneof(
  { arbitrary: fc.constant(''), weight: 4 },
  { arbitrary: fc.constant('+incompatible'), weight: 2 },
  { arbitrary: identifiers.map((text) => `+${text}`), weight: 1 },
  {
    arbitrary: fc.constantFrom('+', '+incompatible.1', '+Incompatible', '+incompatible+incompatible', '+a..b'),
    weight: 1,
  },
);

const stamp = fc.oneof(
  {
    arbitrary: fc
      .date({ min: new Date('0000-01-01T00:00:00Z'), max: new Date('9999-12-31T23:59:59Z'), noInvalidDate: true })
      .map((date) => date.toISOString().replace(/[-:T]/g, '').slice(0, 14)),
    weight: 4,
  },
  {
    arbitrary: fc.constantFrom(
      ...['20060102150405', '20060230120000', '20040229000000', '20050229000000', '20061301000000', '20060100000000'],
      ...['20060101240000', '20060101006000', '20060101000060', '00000000000000', '00010101000000', '00000229000000'],
      ...['99999999999999', '2006010215040', '200601021504050', '2006010215040a', '19000229000000'],
    ),
    weight: 2,
  },
);

const revision = fc.constantFrom(
  ...['abcdef123456', 'abcdef123456', '000000000000', '0123456789ab', 'abc', 'ABCDEF', '1', '01', 'a.b', 'a-b', ''],
);

/** Versions with the look of a pseudo-version. */
const pseudoShape = joined(
  '',
  fc.constantFrom(
    'v0.0.0',
    'v0.0.0',
    'v1.0.0',
    'v2.0.0',
    'v1.2.3',
    'v1.2.0',
    'v1.0.1',
    'v0.0',
    'v1.2.10',
    'v1.0.100000000000000000000',
  ),
  fc.constantFrom(
    '-',
    '-',
    '-0.',
    '-0.',
    '-pre.0.',
    '-rc.1.0.',
    '-0.0.',
    '-pre.',
    '-pre',
    '-00.',
    '-pre-0.',
    '-1.',
    '-0.1.',
    '.',
    '',
  ),
  stamp,
  fc.constantFrom('-', '-', '-', '-', '.', '--', ''),
  revision,
  build,
);

const semantic = joined('', fc.constantFrom('v', 'v', 'v', 'v', 'v', 'V', '', 'vv', 'go'), release, prerelease, build);

/** Versions, right and wrong. */
export const version: fc.Arbitrary<string> = mostly(
  fc.oneof({ arbitrary: semantic, weight: 3 }, { arbitrary: pseudoShape, weight: 2 }),
);

/** Versions that differ late. */
export const closeVersion: fc.Arbitrary<string> = joined(
  '',
  fc.constantFrom('v1.2.3', 'v1.2.3', 'v1.2.3', 'v1.2.10'),
  fc.oneof(fc.constantFrom('', '-rc.1', '-rc.10', '-rc.9', '-rc.1.0', '-rc', '-1', '-10', '-9.a', '-9'), prerelease),
);

/** Versions of which most are valid, and small enough to meet. */
export const likelyVersion: fc.Arbitrary<string> = fc.oneof(
  {
    arbitrary: joined(
      '',
      joined(
        '.',
        fc.constantFrom('v0', 'v1', 'v2', 'v3'),
        fc.constantFrom('0', '1', '2'),
        fc.constantFrom('0', '1', '10', '9', '99', '109'),
      ),
      fc.constantFrom(
        '',
        '',
        '',
        '-rc.1',
        '-rc.10',
        '-0',
        '-a',
        '-a.b',
        '-20060102150405-abcdef123456',
        '-0.20060102150405-abcdef123456',
      ),
      fc.constantFrom('', '', '', '+incompatible', '+meta'),
    ),
    weight: 5,
  },
  { arbitrary: version, weight: 1 },
  { arbitrary: fc.constantFrom('v1', 'v1.2', 'latest', 'master', 'v2', 'v1.x', ''), weight: 1 },
);

/** Branches, tags and versions as they are escaped in URLs. */
export const revisionName: fc.Arbitrary<string> = mostly(
  fc.oneof(
    version,
    fc.constantFrom(
      'master',
      'main',
      'feature/x',
      'Release-1',
      'v1.0.0-RC1',
      'a b',
      'con',
      'aux.1',
      'x.',
      '.x',
      '..',
      'é',
      'a!b',
      '!r!c',
      'a~1',
      '',
    ),
  ),
);

/** Versions of Go, without hyphens: those belong to the names of toolchains. */
export const goVersion: fc.Arbitrary<string> = mostly(
  joined(
    '',
    fc.oneof(
      joined(
        '.',
        fc.constantFrom('1', '1', '1', '0', '2', '01', ''),
        fc.oneof(fc.constantFrom('20', '21', '22', '9', '0', '021', ''), number),
      ),
      fc.constantFrom('1', '2', '0', 'go1.21', '10', '1.'),
    ),
    fc.oneof(
      fc.constant(''),
      number.map((n) => `.${n}`),
    ),
    fc.constantFrom(
      '',
      '',
      '',
      'rc1',
      'rc2',
      'rc10',
      'beta1',
      'alpha',
      'rc',
      'rc01',
      'RC1',
      '.rc1',
      'rc1.1',
      'zzz99999999999999999999',
    ),
  ),
).map((text) => text.replaceAll('-', ''));
