import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { errorText, withPrefix } from './error-text.ts';
import { whatGoShows } from './testdata/what-go-shows.ts';

describe('errorText', () => {
  it.each([
    ['not found: x', 'not found: x\n'],
    ['a\nb\r\nc\n', 'a\nb\nc\n'],
    ['\n\n  a  \n\n \t \nb', 'a\nb\n'],
    ['', 'no reason is known\n'],
    [' \n\t\n', 'no reason is known\n'],
    ['a\u001b[31mred\u0000', 'a?[31mred?\n'],
    ['zero\u200bwidth, soft\u00adhyphen', 'zero?width, soft?hyphen\n'],
    ['bidi\u202e', 'bidi?\n'],
    ['tab\tand\u00a0space\u2028line', 'tab and space line\n'],
    ['lone \ud800 surrogate', 'lone ? surrogate\n'],
    ['grün 日本 🎉', 'grün 日本 🎉\n'],
    ['newer than Go 1.26 knows: \u{1c89}', 'newer than Go 1.26 knows: ?\n'],
    ['1\n2\n3\n4\n5\n6\n7\n8\n9', '1\n2\n3\n4\n5\n6\n7\n8\n'],
    ['GET https://user:secret@proxy.example/x: 500', 'GET https://proxy.example/x: 500\n'],
    ['GET https://user:s@cret@proxy.example/x@y: 500', 'GET https://proxy.example/x@y: 500\n'],
    ['https://token@proxy.example and ssh://git@host.example', 'https://proxy.example and ssh://host.example\n'],
    ['see https://proxy.example/m@v1.0.0', 'see https://proxy.example/m@v1.0.0\n'],
  ])('%j', (text, cleaned) => {
    expect(errorText(text)).toBe(cleaned);
  });

  it('cuts a line that is too long for Go to show', () => {
    expect(errorText('x'.repeat(10_000))).toBe(`${'x'.repeat(596)}…\n`);
    expect(errorText('é'.repeat(10_000))).toBe(`${'é'.repeat(298)}…\n`);
    expect(errorText(`first\n${'x'.repeat(700)}\nlast`)).toBe(`first\n${'x'.repeat(590)}…\n`);
  });

  it('is always shown by the go command, whole', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 2000 }),
      fc
        .array(
          fc.oneof(
            fc.constantFrom('\n', '\r\n', '\t', '\u200b', '\u0085', '\u3000', '\ud800', 'é', '🎉', 'word '),
            fc.string(),
          ),
          { maxLength: 400 },
        )
        .map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(text, (input) => {
        const cleaned = errorText(input);
        expect(whatGoShows(cleaned)).toBe(cleaned.trimEnd());
        expect(new TextEncoder().encode(cleaned).length).toBeLessThanOrEqual(600);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('withPrefix', () => {
  it.each([
    ['x', 'not found: x'],
    ['not found: x', 'not found: x'],
    ['not found: not found: x', 'not found: x'],
    ['not found', 'not found: not found'],
  ])('%s', (message, result) => {
    expect(withPrefix('not found: ', message)).toBe(result);
  });
});
