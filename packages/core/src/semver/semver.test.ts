import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { build, canonical, compare, isValid, major, majorMinor, prerelease, sort } from './index.ts';

interface Row {
  readonly version: string;
  readonly valid: boolean;
  readonly canonical: string;
  readonly major: string;
  readonly majorMinor: string;
  readonly prerelease: string;
  readonly build: string;
}

describeVectors<Row>('semver', ({ cases }) => {
  it.each(cases)('$version', (row) => {
    expect(partsOf(row.version)).toEqual({
      version: row.version,
      valid: row.valid,
      canonical: row.canonical,
      major: row.major,
      majorMinor: row.majorMinor,
      prerelease: row.prerelease,
      build: row.build,
    });
  });
});

describeVectors<readonly [string, string, number]>('semver-compare', ({ cases }) => {
  it('orders every pair as Go does', () => {
    const results = cases.map(([a, b]) => [a, b, compare(a, b)]);
    expect(results).toEqual(cases);
  });
});

function partsOf(version: string): Row {
  return {
    version,
    valid: isValid(version),
    canonical: canonical(version),
    major: major(version),
    majorMinor: majorMinor(version),
    prerelease: prerelease(version),
    build: build(version),
  };
}

describe('the parts of a version', () => {
  it.each([
    // version, canonical, major, majorMinor, prerelease, build
    ['v1', 'v1.0.0', 'v1', 'v1.0', '', ''], // §2.1 shorthand
    ['v1.2', 'v1.2.0', 'v1', 'v1.2', '', ''],
    ['v0.0.0', 'v0.0.0', 'v0', 'v0.0', '', ''],
    ['v1.2.3-rc.1+meta.007', 'v1.2.3-rc.1', 'v1', 'v1.2', '-rc.1', '+meta.007'], // §2.3 leading zeros in build
    ['v1.2.3+incompatible', 'v1.2.3', 'v1', 'v1.2', '', '+incompatible'], // §2.5
    ['v1.2.3--', 'v1.2.3--', 'v1', 'v1.2', '--', ''],
    ['v1.2.3-0', 'v1.2.3-0', 'v1', 'v1.2', '-0', ''], // §2.3 zero itself
    ['v1.2.3--0', 'v1.2.3--0', 'v1', 'v1.2', '--0', ''],
    ['v1.2.3-0a.01a', 'v1.2.3-0a.01a', 'v1', 'v1.2', '-0a.01a', ''],
    ['v1.2.3+a-b', 'v1.2.3', 'v1', 'v1.2', '', '+a-b'],
    [
      'v123456789012345678901234567890.0.1',
      'v123456789012345678901234567890.0.1',
      'v123456789012345678901234567890',
      'v123456789012345678901234567890.0',
      '',
      '',
    ], // §2.2
  ])('%s', (version, ...expected) => {
    const parts = partsOf(version);
    expect(parts.valid).toBe(true);
    expect([parts.canonical, parts.major, parts.majorMinor, parts.prerelease, parts.build]).toEqual(expected);
  });

  it.each([
    '',
    'v',
    '1.2.3',
    'V1.2.3',
    ' v1.2.3',
    'v1.2.3 ',
    'v1.2.3\n',
    '=v1.2.3',
    'vv1', // §2.3, §2.9
    'v01.2.3',
    'v1.02.3',
    'v1.2.03',
    'v00',
    'v-1.0.0',
    'v+1.0.0', // §2.2
    'v1.',
    'v1.2.',
    'v1.2.3.',
    'v1.2.3.4',
    'v1..3',
    'v1.2.x',
    'v1-pre',
    'v1.2-pre',
    'v1+meta',
    'v1.2+meta', // §2.1
    'v1.2.3-',
    'v1.2.3+',
    'v1.2.3-a..b',
    'v1.2.3-a.',
    'v1.2.3-.a',
    'v1.2.3-01',
    'v1.2.3-a.00',
    'v1.2.3+a..b',
    'v1.2.3-+b', // §2.3
    'v1.2.3+a+b',
    'v1.2.3-a_b',
    'v1.2.3-é',
    'v1.2.3-\u0661',
    'v\u0661.0.0',
    'v1.2.3/go.mod',
  ])('refuses %j', (version) => {
    expect(partsOf(version)).toEqual({
      version,
      valid: false,
      canonical: '',
      major: '',
      majorMinor: '',
      prerelease: '',
      build: '',
    });
  });
});

describe('order', () => {
  // Ascending; every earlier one is below every later one (§2.6).
  const ascending = [
    'bad',
    'v0.0.0-0',
    'v0.0.0',
    'v1.0.0--',
    'v1.0.0-rc.1',
    'v1.0.0',
    'v1.2.3-0',
    'v1.2.3-2',
    'v1.2.3-10',
    'v1.2.3-9007199254740993',
    'v1.2.3-9007199254740994',
    'v1.2.3--1',
    'v1.2.3-A',
    'v1.2.3-Z',
    'v1.2.3-a',
    'v1.2.3-a.1',
    'v1.2.3-a.1.0',
    'v1.2.3-a.b',
    'v1.2.3-a0',
    'v1.2.3-ab',
    'v1.2.3',
    'v1.9.0',
    'v1.10.0',
    'v1.9007199254740993.0',
    'v1.9007199254740994.0',
    'v2.0.0',
    'v10.0.0',
    'v99999999999999999999.0.0',
    'v100000000000000000000.0.0',
  ];

  it('is that of spec §2.6 for every pair', () => {
    for (const [i, a] of ascending.entries()) {
      for (const [j, b] of ascending.entries()) expect([a, b, compare(a, b)]).toEqual([a, b, Math.sign(i - j)]);
    }
  });

  it.each([
    ['bad', 'worse'],
    ['v1', 'v1.0.0'],
    ['v1.2', 'v1.2.0'],
    ['v2.0.0', 'v2.0.0+incompatible'],
    ['v1.0.0-a+x', 'v1.0.0-a+y'],
  ])('holds %s and %s equal', (a, b) => {
    expect(compare(a, b)).toBe(0);
    expect(compare(b, a)).toBe(0);
  });

  it('sorts into a new array and breaks ties by bytes (spec §2.7)', () => {
    const input = Object.freeze([
      'v1.0.0+b',
      '\u{10000}',
      'v1.0.0+a',
      '\uffff',
      'v1.0.0',
      'v1',
      'v0.9.0',
      '',
      'v1.0.0-x',
    ]);
    expect(sort(input)).toEqual([
      '',
      '\uffff',
      '\u{10000}',
      'v0.9.0',
      'v1.0.0-x',
      'v1',
      'v1.0.0',
      'v1.0.0+a',
      'v1.0.0+b',
    ]);
  });
});

const number = fc.oneof(
  fc.constant('0'),
  fc.bigInt({ min: 0n, max: 30n }).map(String),
  fc.bigInt({ min: 0n, max: 10n ** 25n }).map(String),
);
const identifier = fc.oneof(number, fc.stringMatching(/^[0-9a-bA-B-]{0,3}[a-bA-B-][0-9a-b]{0,2}$/));
const identifiers = fc.array(identifier, { minLength: 1, maxLength: 3 }).map((all) => all.join('.'));
const version = fc
  .tuple(number, number, number, fc.option(identifiers), fc.option(identifiers))
  .map(([x, y, z, pre, meta]) => `v${x}.${y}.${z}${pre === null ? '' : `-${pre}`}${meta === null ? '' : `+${meta}`}`);
const text = fc.oneof(
  { weight: 4, arbitrary: version },
  { weight: 1, arbitrary: fc.tuple(number, fc.option(number)).map(([x, y]) => (y === null ? `v${x}` : `v${x}.${y}`)) },
  { weight: 1, arbitrary: fc.stringMatching(/^v?[0-2]?[.+-]?[0-2.a+-]{0,6}$/) },
);

describe('properties', () => {
  it('canonical is idempotent and compares equal', () => {
    fc.assert(
      fc.property(text, (v) => {
        const form = canonical(v);
        expect(canonical(form)).toBe(form);
        expect(isValid(v)).toBe(form !== '');
        expect(compare(v, form)).toBe(0);
      }),
    );
  });

  it('compare agrees with a naive model over BigInt', () => {
    fc.assert(
      fc.property(text, text, (a, b) => compare(a, b) === naiveCompare(a, b)),
      { numRuns: 2000, examples: [['v0.0+a', 'v0.0.0']] },
    );
  });

  it('compare is a total preorder', () => {
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(compare(b, a)).toBe(compare(a, b) === 0 ? 0 : -compare(a, b));
        const [x = '', y = '', z = ''] = [a, b, c].sort(compare);
        expect(compare(x, y)).toBeLessThanOrEqual(0);
        expect(compare(x, z)).toBeLessThanOrEqual(0);
        expect(compare(y, z)).toBeLessThanOrEqual(0);
      }),
    );
  });

  it('the parts put together are the version', () => {
    fc.assert(fc.property(version, (v) => canonical(v) + build(v) === v && canonical(v).endsWith(prerelease(v))));
  });
});

/** The rules of spec §2.6 written down once more, slowly. */
function naiveCompare(a: string, b: string): number {
  const pattern = /^v(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:\.(0|[1-9]\d*)(?:-([0-9A-Za-z.-]+))?(?:\+([0-9A-Za-z.-]+))?)?)?$/;
  const parse = (v: string): { numbers: bigint[]; pre: string[] } | undefined => {
    const match = pattern.exec(v);
    if (match === null) return undefined;
    const pre = match[4]?.split('.') ?? [];
    if (pre.some((id) => id === '' || /^0\d+$/.test(id)) || match[5]?.split('.').includes('')) return undefined;
    return { numbers: [match[1], match[2], match[3]].map((n) => BigInt(n ?? '0')), pre };
  };
  const [x, y] = [parse(a), parse(b)];
  if (!x || !y) return Number(!!x) - Number(!!y);
  for (const i of [0, 1, 2]) {
    if (x.numbers[i]! !== y.numbers[i]!) return x.numbers[i]! < y.numbers[i]! ? -1 : 1;
  }
  if (x.pre.length === 0 || y.pre.length === 0) return Math.sign(y.pre.length - x.pre.length);
  for (let i = 0; ; i++) {
    const [p, q] = [x.pre[i], y.pre[i]];
    if (p === undefined || q === undefined) return Number(q === undefined) - Number(p === undefined);
    if (p === q) continue;
    const [pn, qn] = [/^\d+$/.test(p), /^\d+$/.test(q)];
    if (pn && qn) return BigInt(p) < BigInt(q) ? -1 : 1;
    if (pn !== qn) return pn ? -1 : 1;
    return p < q ? -1 : 1;
  }
}
