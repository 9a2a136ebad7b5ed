import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { check, escapePath, escapeVersion, isCanonicalVersion } from '../module/index.ts';
import { checkKey, checkKeyPrefix, checkListAfter } from './key.ts';

const code = expect.objectContaining({ code: 'invalid_key' });

describe('checkKey', () => {
  const rules: readonly (readonly [key: string, reason: RegExp])[] = [
    ['', /empty/],
    ['a/', /ends in/],
    ['/a', /begins with/],
    ['a//b', /empty element/],
    ['..', /"\."/],
    ['a/./b', /"\."/],
    ['A', /upper-case/],
    ['a\\b', /file systems/],
    ['c:', /file systems/],
    ['a\u0000', /control/],
    ['\ud800', /surrogate/],
    ['a./b', /dot or a space/],
    ['a/com1.txt', /device/],
    [`x/${'é'.repeat(121)}`, /240 bytes/],
    [`${'x'.repeat(200)}/`.repeat(4) + 'y'.repeat(97), /900 bytes/],
  ];
  for (const [key, reason] of rules) {
    it(`refuses ${JSON.stringify(key.slice(0, 20))}: ${reason.source}`, () => {
      expect(() => checkKey(key)).toThrow(code);
      expect(() => checkKey(key)).toThrow(reason);
    });
  }

  it('takes the longest key and element', () => {
    checkKey(`${'x'.repeat(224)}/${`${'é'.repeat(120)}/`.repeat(2)}${'y'.repeat(193)}`);
  });

  it('takes what module paths, versions and databases need', () => {
    for (const key of [
      'github.com/!burnt!sushi/toml/@v/v1.0.0+incompatible.zip',
      'sumdb/sum.golang.org/latest',
      'a~b/@v/x_y',
    ]) {
      checkKey(key);
    }
  });

  it('refuses what is no string', () => {
    expect(() => checkKey(undefined as unknown as string)).toThrow(code);
    expect(() => checkKeyPrefix(1 as unknown as string)).toThrow(code);
    expect(() => checkListAfter({} as unknown as string)).toThrow(code);
  });

  it('shortens long keys in its message', () => {
    expect(() => checkKey('x/'.repeat(400))).toThrow(/^.{1,220}$/);
  });
});

describe('checkKeyPrefix', () => {
  it('takes every beginning of every key', () => {
    const element = fc.string({
      unit: fc.constantFrom('a', '1', '.', '-', 'é', '😀', '!', '+'),
      minLength: 1,
      maxLength: 6,
    });
    fc.assert(
      fc.property(fc.array(element, { minLength: 1, maxLength: 5 }), fc.nat(), (elements, cut) => {
        const key = elements.join('/');
        fc.pre(isKey(key));
        const points = [...key];
        checkKeyPrefix(points.slice(0, cut % (points.length + 1)).join(''));
      }),
    );
  });

  it('refuses what no key begins with', () => {
    for (const prefix of ['/', 'a//', '../', 'a/../', 'A', 'a\n', 'a\\', 'nul/', 'x'.repeat(241)]) {
      expect(() => checkKeyPrefix(prefix), prefix).toThrow(code);
    }
  });
});

describe('checkListAfter', () => {
  it('takes any place in the order, key or not', () => {
    for (const after of ['', 'A', 'a/', 'a\u{10ffff}', '//', '..']) checkListAfter(after);
    for (const after of ['\u0000', '\udc00', 'x'.repeat(1025)]) expect(() => checkListAfter(after)).toThrow(code);
  });
});

/** Elements of module paths, those included that come near what Windows or a key refuses. */
const pathElement = fc.oneof(
  fc.constantFrom(
    'com0',
    'lpt0',
    'COM0',
    'com1',
    'con',
    'conx',
    'aux.x',
    'a~1',
    'v2',
    'v1',
    'x.v3',
    '.a',
    'a.',
    '~',
    '_',
  ),
  fc.string({ unit: fc.constantFrom(...'aZ09-._~'), minLength: 1, maxLength: 8 }),
);
const moduleVersion = fc.record({
  path: fc
    .array(pathElement, { maxLength: 4 })
    .chain((rest) => fc.constantFrom('example.com', 'gopkg.in', 'a-1.b').map((host) => [host, ...rest].join('/'))),
  version: fc
    .tuple(
      fc.constantFrom('v0.0.0', 'v1.2.3', 'v2.0.0', 'v3.0.0', `v1.0.${'9'.repeat(30)}`),
      fc.oneof(
        fc.constantFrom('', '-RC.1', '-0.20200101000000-1a2b3c4d5e6f', '-con', '-a..b'),
        fc.string({ unit: fc.constantFrom(...'aZ09-.'), maxLength: 6 }).map((text) => `-${text}`),
      ),
      fc.constantFrom('', '+incompatible'),
    )
    .map((parts) => parts.join('')),
});

it('takes whatever a module path and version can be, if it is not too long', () => {
  let valid = 0;
  fc.assert(
    fc.property(moduleVersion, fc.constantFrom('info', 'mod', 'zip', 'ziphash'), ({ path, version }, extension) => {
      try {
        check(path, version);
      } catch {
        return;
      }
      if (!isCanonicalVersion(version)) return;
      valid++;
      checkKey(`${escapePath(path)}/@v/${escapeVersion(version)}.${extension}`);
    }),
    { numRuns: 2000, examples: [[{ path: 'example.com/com0/lpt0.x', version: 'v1.0.0' }, 'zip']] },
  );
  expect(valid).toBeGreaterThan(100);
});

it('never takes a key over its limits', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (key) => {
      if (!isKey(key)) return;
      expect(encodeUtf8(key).length).toBeLessThanOrEqual(900);
      for (const element of key.split('/')) {
        expect(encodeUtf8(element).length).toBeGreaterThan(0);
        expect(encodeUtf8(element).length).toBeLessThanOrEqual(240);
      }
    }),
  );
});

function isKey(key: string): boolean {
  try {
    checkKey(key);
    return true;
  } catch {
    return false;
  }
}
