// Module, import and file paths that lie close to the border between valid and invalid.

import fc from 'fast-check';
import { anyText, joined, mostly } from './text.ts';

const plain = fc.constantFrom('a', 'b', 'm', 'lib', 'A', 'Azure', 'x1', 'a-b', 'a_b', 'a.b', 'a~', 'go', 'internal');

const tricky = fc.constantFrom(
  // Dots, dashes and what else elements may not begin or end with.
  ...['.', '..', '...', '.a', 'a.', 'a..b', '-a', '-', 'a-', '+', 'a+b', '_', ''],
  // Names of devices, and what only looks like them.
  ...[
    'con',
    'CON',
    'con.',
    'con.txt',
    'Aux.tar.gz',
    'nul',
    'prn',
    'com0',
    'com1',
    'COM9.go',
    'com10',
    'com¹',
    'lpt0',
    'lpt9',
  ],
  ...['conin$', 'xcon', 'con-', 'con~1'],
  // Short names of Windows.
  ...['a~1', 'a~12', 'a~1.b', 'a.b~1', '~1', '~', 'a~1b', 'a~', 'a~~1'],
  // What file paths may hold and others may not.
  ...['a b', ' a', 'a!', '!a', '!A', 'a@b', 'a,b', '(a)', '[a]', '{a}', 'a#b', 'a$b', 'a%b', 'a&b', 'a=b', 'a^b'],
  ...["a'b", 'a"b', 'a`b', 'a*b', 'a<b', 'a>b', 'a?b', 'a\\b', 'a:b', 'a|b', 'a;b'],
  ...['é', 'e\u0301', '日本', 'K', '\u{10400}', '\udcff', 'a\udc80b'],
  // Versions in the wrong places.
  ...['v0', 'v1', 'v2', 'v01', 'v02', 'v2.0', 'v2.', 'v', 'v.', 'V2', 'v2a', 'v10', 'v00', 'v99999999999999999999'],
  ...['a.v1', 'a.v0', 'a.v2', 'a.v01', 'a.v', '.v2', 'a.v2-unstable', 'a.v0-unstable', 'a.v1-unstable', '-unstable'],
);

const element = mostly(
  fc.oneof({ arbitrary: plain, weight: 4 }, { arbitrary: tricky, weight: 3 }, { arbitrary: anyText, weight: 1 }),
);

const host = mostly(
  fc.oneof(
    { arbitrary: fc.constantFrom('example.com', 'github.com', 'golang.org'), weight: 6 },
    { arbitrary: fc.constant('gopkg.in'), weight: 3 },
    {
      arbitrary: fc.constantFrom(
        ...['Example.com', 'localhost', '.com', 'com.', 'a..b', 'ex~a.com', 'ex_a.com', 'ex+a.com', '-a.com', 'a-.com'],
        ...['1.2', '127.0.0.1', 'gopkg.in.', 'gopkg.inn', 'xn--e.com', 'aux.com', 'a~1.com', 'exämple.com', 'a.v2', ''],
      ),
      weight: 3,
    },
    { arbitrary: tricky, weight: 1 },
  ),
);

const majorSuffix = fc.constantFrom(
  ...[
    '',
    '',
    '',
    '',
    '/v2',
    '/v3',
    '/v1',
    '/v0',
    '/v01',
    '/v2.3',
    '/v2.',
    '/v.2',
    '/v',
    '/v18446744073709551616',
    '/2',
    '//v2',
  ],
  ...[
    '.v1',
    '.v2',
    '.v0',
    '.v01',
    '.v',
    '.v2-unstable',
    '.v0-unstable',
    '.v00-unstable',
    '.v-unstable',
    '/v2-unstable',
  ],
  ...['/v2/', '/', '/v٣', '/V2'],
);

/** Paths that begin with a host. */
export const modulePath: fc.Arbitrary<string> = mostly(
  joined(
    '',
    host,
    fc.array(element, { maxLength: 3 }).map((elements) => elements.map((text) => `/${text}`).join('')),
    majorSuffix,
  ),
);

/** Paths of any kind. */
export const path: fc.Arbitrary<string> = fc.oneof(
  modulePath,
  fc.array(element, { maxLength: 4 }).map((elements) => elements.join('/')),
  fc.constantFrom('', '/', '//', '/a', 'a/', 'a//b', '-a/b', '\udcff/a', 'a/\udcff', '/-a'),
);

/** Escaped paths, right and wrong. */
export const escapedPath: fc.Arbitrary<string> = fc.oneof(
  path.map((text) => text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`)),
  path.map((text) => text.replace(/[a-c]/, '!$&')),
  path,
);

/** Module paths of which most are valid. */
export const likelyModulePath: fc.Arbitrary<string> = fc.oneof(
  {
    arbitrary: joined(
      '',
      fc.constantFrom(
        'example.com/m',
        'example.com/a/b',
        'github.com/Azure/x',
        'gopkg.in/yaml',
        'gopkg.in/a/b',
        'example.com',
      ),
      fc.constantFrom('', '', '/v2', '/v3', '.v1', '.v2', '.v2-unstable', '.v1-unstable', '.v0', '/v1'),
    ),
    weight: 4,
  },
  { arbitrary: modulePath, weight: 1 },
);
