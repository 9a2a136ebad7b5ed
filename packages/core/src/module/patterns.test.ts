import { describe, expect, it } from 'vitest';
import { matchChunks, parseGlob } from './glob.ts';
import { matchPrefixPatterns, prefixPatterns } from './index.ts';

describe('pattern lists (spec §1.20)', () => {
  it.each([
    ['example.com', 'example.com', true],
    ['example.com', 'example.com/a/b', true],
    ['example.com', 'example.comx/a', false],
    ['*.example.com', 'a.example.com/x', true],
    ['*.example.com', 'example.com/x', false],
    ['example.com/*', 'example.com', false],
    ['example.com/*', 'example.com/a/b', true],
    ['example.com/', 'example.com/a', true],
    ['example.com//', 'example.com/a', false],
    ['a,,example.com,', 'example.com/a', true],
    ['', 'example.com', false],
    ['/', 'example.com', false],
    ['*', '', true],
    [' example.com', 'example.com', false],
    ['a, example.com', 'example.com', false],
    ['none', 'example.com', false],
    ['Example.com', 'example.com', false],
    ['*/*/c', 'a/b/c/d', true],
    ['*/c', 'a/b/c', false],
    ['x[/a]', 'xa', false], // the slash counts, so one element is too few
    ['[', 'example.com', false],
    ['[,example.com', 'example.com', true],
  ])('%j and %s: %s', (globs, target, matches) => {
    expect(matchPrefixPatterns(globs, target)).toBe(matches);
  });

  it('can be parsed once', () => {
    const isPrivate = prefixPatterns('*.corp.example.com,example.com/private');
    expect(['git.corp.example.com/x', 'example.com/private/x', 'example.com/public'].map(isPrivate)).toEqual([
      true,
      true,
      false,
    ]);
  });
});

describe('pattern syntax (spec §1.21)', () => {
  it.each([
    ['', '', true],
    ['a', '', false],
    ['*', 'abc', true],
    ['*', 'a/c', false],
    ['**', '', true],
    ['a*c', 'abbc', true],
    ['a*c*', 'abcd', true],
    ['*c', 'abcabc', true],
    ['*ab', 'aab', true],
    ['*b*b', 'ab', false],
    ['a?c', 'abc', true],
    ['a?c', 'a/c', false],
    ['?', '', false],
    ['?', '𝔘', true],
    ['[abc]', 'b', true],
    ['[a-c]', 'b', true],
    ['[c-a]', 'b', false],
    ['[^a]', 'b', true],
    ['[^a]', 'a', false],
    ['a[^b]c', 'a/c', true], // unlike * and ?
    ['[!a]', '!', true],
    ['[!a]', 'b', false],
    ['[^a-c]x', 'dx', true],
    ['[a*]', '*', true],
    ['[a*]', 'b', false],
    ['[\\]]', ']', true],
    ['[\\-]', '-', true],
    ['[a\\-c]', 'b', false],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['\\a', 'a', true],
    ['a]', 'a]', true],
    ['a-b', 'a-b', true],
    ['abc', 'abcd', false],
    ['A', 'a', false],
    ['世*', '世界', true],
  ])('%j and %j: %s', (glob, name, matches) => {
    const chunks = parseGlob(glob);
    expect(chunks !== undefined && matchChunks(chunks, name)).toBe(matches);
  });

  it.each(['[', '[]', '[]a]', '[^]', '[a', '[a-', '[a-]', '[-]', '[-a]', '[a--]', '[\\', '\\', 'a\\', '*[', '[a-c-e]'])(
    '%j is malformed',
    (glob) => {
      expect(parseGlob(glob)).toBeUndefined();
    },
  );

  it('answers a hostile pattern', () => {
    // Exponential for a matcher that tries every place for every star.
    expect(matchPrefixPatterns(`${'*a'.repeat(200)}*b`, 'a'.repeat(5000))).toBe(false);
    expect(matchPrefixPatterns(`${'*'.repeat(5000)}b`, 'a'.repeat(5000))).toBe(false);
  });
});
