// Pattern lists as in GOPRIVATE, and targets that stand a chance to match.

import fc from 'fast-check';
import { joined } from './text.ts';

const word = fc.constantFrom('a', 'b', 'ab', 'a.b', 'example.com', 'corp', 'A', '-', 'é', '日', '^');

const piece = fc.oneof(
  { arbitrary: word, weight: 6 },
  { arbitrary: fc.constantFrom('*', '*', '?', '**', '*.', '*/', '/', '/*'), weight: 5 },
  {
    arbitrary: fc.constantFrom(
      ...[
        '[a]',
        '[^a]',
        '[a-b]',
        '[b-a]',
        '[^a-b]',
        '[ab]',
        '[]',
        '[]a]',
        '[^]',
        '[^]a]',
        '[-]',
        '[a-]',
        '[-a]',
        '[',
        '[a',
        '[a-',
      ],
      ...[
        '[/]',
        '[^/]',
        '[.-0]',
        '[\\]]',
        '[\\-a]',
        '[a\\-b]',
        '[\\',
        '[\\]',
        '[é-日]',
        '[^^]',
        '[a^]',
        '[*]',
        '[?]',
        '[[]',
        ']',
      ],
      ...['[a-b-c]', '[é]', '[a]]', '[!a]'],
    ),
    weight: 3,
  },
  { arbitrary: fc.constantFrom('\\', '\\*', '\\?', '\\a', '\\[', '\\\\', '\\/', '\\,'), weight: 1 },
);

const glob = fc
  .array(piece, { maxLength: 5 })
  .chain((pieces) => joined('', ...pieces.map((text) => fc.constant(text))));

/** Comma-separated patterns. */
export const globs: fc.Arbitrary<string> = fc.array(glob, { minLength: 1, maxLength: 3 }).map((list) => list.join(','));

const element = fc.array(word, { maxLength: 3 }).map((words) => words.join(''));

/** Paths made of the same words. */
export const target: fc.Arbitrary<string> = fc
  .array(fc.oneof(word, element), { maxLength: 4 })
  .map((elements) => elements.join('/'));
