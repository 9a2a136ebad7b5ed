// Keys: what the grammar allows works, what it forbids is refused before any I/O.

import { encodeUtf8 } from '../../bytes/utf8.ts';
import { type Check, type ConformanceCase, casesOf } from './case.ts';
import { fill, holds, keysOf, outcome, rejectsWith, text } from './tools.ts';

const longElement = 'e'.repeat(240);

/** Keys of the grammar that some backend would like to change. */
const fine: readonly string[] = [
  'a',
  '0/1/2',
  'github.com/!burnt!sushi/toml/@v/v1.0.0.info',
  'example.com/m/@v/v2.0.0+incompatible.zip',
  'example.com/m/@v/v1.0.0-!r!c.1.mod',
  'sumdb/sum.golang.org/lookup/example.com/m@v1.0.0',
  'tilde~x/~user/x~',
  '.gomodkit/series/index/999',
  'a b/c d',
  'per%20cent/100%/%2e%2e/%41',
  "quote'/x",
  '#hash/&amp;/=eq,;$()[]{}^`',
  'a..b/...c/..d',
  'gr\u00fc\u00dfe/\u65e5\u672c\u8a9e/\u{1f600}',
  '-dash/--x',
  longElement,
  `${'l'.repeat(224)}/${longElement}/${longElement}/${'m'.repeat(193)}`,
];

const hostile: Readonly<Record<string, string>> = {
  empty: '',
  'a slash alone': '/',
  'a leading slash': '/a',
  'a trailing slash': 'a/',
  'an empty element': 'a//b',
  dot: 'a/./b',
  'dot dot': '../a',
  'dot dot inside': 'a/../../b',
  'dot dot at the end': 'a/..',
  'a backslash': 'a\\b',
  'a drive': 'c:/x',
  NUL: 'a\0b',
  'a newline': 'a\nb',
  DEL: 'a\u007fb',
  'a C1 control': 'a\u0085b',
  'upper case': 'A/b',
  'a lone surrogate': 'a\ud800b',
  'a device name': 'a/nul.txt',
  'a trailing dot': 'a./b',
  'a trailing space': 'a /b',
  'a wildcard': 'a*',
  'an element of 241 bytes': `a/${'x'.repeat(241)}`,
  'an element of 242 bytes in 121 letters': `a/${'\u00e4'.repeat(121)}`,
  '901 bytes': `${'l'.repeat(225)}/${longElement}/${longElement}/${'m'.repeat(193)}`,
};

const keys = casesOf('keys', {
  'takes every key of the grammar': async ({ storage }, check: Check) => {
    for (const key of fine) {
      const result = await outcome(storage.create(key, text(`of ${key}`)));
      check('value' in result && result.value.created, `create(${key}) failed: ${describeEnd(result)}`);
      check(await holds(storage, key, encodeUtf8(`of ${key}`)), `get(${key}) delivers something else`);
      check((await storage.head(key))?.key === key, `head(${key}) names another key`);
    }
  },
  'lists every key of the grammar unchanged': async ({ storage }, check: Check) => {
    await fill(storage, fine);
    const listed = new Set(await keysOf(storage));
    for (const key of fine) check(listed.has(key), `list() does not name ${key}`);
  },
  'keeps keys apart that look alike': async ({ storage }, check: Check) => {
    const alike = ['x+y', 'x y', 'x%20y', 'x%2by', 'x-y', 'x_y', 'x.y', 'x..y', 'x!y', 'xy', 'x/y'];
    await fill(storage, alike);
    for (const key of alike) check(await holds(storage, key, encodeUtf8(key)), `${key} holds the bytes of another key`);
  },
  'holds `a` and `a/b` both or refuses the second': async ({ storage }, check: Check) => {
    for (const [first, second] of [
      ['p/a', 'p/a/b'],
      ['q/a/b', 'q/a'],
    ] as const) {
      await storage.create(first, text('first'));
      const result = await outcome(storage.create(second, text('second')));
      const refused = 'error' in result && (result.error as { code?: unknown }).code === 'invalid_key';
      check(
        refused || ('value' in result && result.value.created),
        `${second} beside ${first}: ${describeEnd(result)}`,
      );
      check(await holds(storage, first, encodeUtf8('first')), `${first} is damaged by ${second}`);
      check(refused === ((await storage.head(second)) === undefined), `${second} is neither stored nor refused`);
    }
  },
});

const hostileKeys = Object.entries(hostile).flatMap(([what, key]) =>
  casesOf('hostile-keys', {
    [`refuses ${what}`]: async ({ storage }, check: Check) => {
      await rejectsWith(check, () => storage.get(key), 'invalid_key', 'get()');
      await rejectsWith(check, () => storage.head(key), 'invalid_key', 'head()');
      await rejectsWith(check, () => storage.create(key, text('x')), 'invalid_key', 'create()');
      if (storage.delete) await rejectsWith(check, async () => storage.delete?.(key), 'invalid_key', 'delete()');
      if (storage.signedUrl)
        await rejectsWith(check, async () => storage.signedUrl?.(key), 'invalid_key', 'signedUrl()');
    },
  }),
);

const hostilePrefixes = casesOf('hostile-keys', {
  'refuses prefixes that no key can have': async ({ storage }, check: Check) => {
    for (const prefix of ['/', '../', 'a//', 'a/../', 'A', 'a\0', 'a\\']) {
      await rejectsWith(check, () => storage.list({ prefix }), 'invalid_key', `list() of ${JSON.stringify(prefix)}`);
    }
  },
});

const hostilePlaces = casesOf('hostile-keys', {
  'refuses places to list after that are no text': async ({ storage }, check: Check) => {
    for (const after of ['a\0', 'a\n', 'a\ud800', 'x'.repeat(1025)])
      await rejectsWith(check, () => storage.list({ after }), 'invalid_key', `list() after ${JSON.stringify(after)}`);
  },
});

function describeEnd(result: { readonly value?: unknown; readonly error?: unknown }): string {
  return 'error' in result ? String(result.error) : JSON.stringify(result.value);
}

/** Everything about keys. */
export const keysCases: readonly ConformanceCase[] = [...keys, ...hostileKeys, ...hostilePrefixes, ...hostilePlaces];
