import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatTxtar, parseTxtar } from './index.ts';

it.each([
  ['an empty text', '', { comment: '', files: [] }],
  ['a text without markers', 'a\nb', { comment: 'a\nb\n', files: [] }],
  [
    'files in order, with a comment',
    'c\n-- a --\nA\n-- b/c --\n\nB',
    {
      comment: 'c\n',
      files: [
        { name: 'a', data: 'A\n' },
        { name: 'b/c', data: '\nB\n' },
      ],
    },
  ],
  [
    'an empty file',
    '-- a --\n-- b --',
    {
      comment: '',
      files: [
        { name: 'a', data: '' },
        { name: 'b', data: '' },
      ],
    },
  ],
  ['a name with space around and inside', '--  a b \t --\nx', { comment: '', files: [{ name: 'a b', data: 'x\n' }] }],
  [
    'names that occur twice',
    '-- a --\n1\n-- a --\n2\n',
    {
      comment: '',
      files: [
        { name: 'a', data: '1\n' },
        { name: 'a', data: '2\n' },
      ],
    },
  ],
  [
    'lines that are nearly markers',
    '-- a --\n-- b -- \n --c --\n--  --\n-- --\n--b--\n-- b\n-- b --\r\n',
    { comment: '', files: [{ name: 'a', data: '-- b -- \n --c --\n--  --\n-- --\n--b--\n-- b\n-- b --\r\n' }] },
  ],
])('reads %s', (_, text, want) => {
  expect(parseTxtar(text)).toEqual(want);
});

it('reads back what it writes', () => {
  const text = fc
    .array(fc.stringMatching(/^[a-z -]{0,6}$/))
    .map((lines) => lines.map((line) => `${line.replace(/^--/, '')}\n`).join(''));
  const name = fc.stringMatching(/^[a-z/.]{1,8}$/);
  fc.assert(
    fc.property(text, fc.array(fc.record({ name, data: text })), (comment, files) => {
      expect(parseTxtar(formatTxtar({ comment, files }))).toEqual({ comment, files });
    }),
  );
});

it('adds line ends that are missing', () => {
  expect(formatTxtar({ comment: 'c', files: [{ name: 'a', data: 'A' }] })).toBe('c\n-- a --\nA\n');
});
