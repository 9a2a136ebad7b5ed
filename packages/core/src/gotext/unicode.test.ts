import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { foldToMin, isLetter, isPrint, type UnicodeVersion } from './unicode.ts';

type Range = readonly [low: number, high: number];
interface Tables {
  readonly unicode: UnicodeVersion;
  readonly letterRanges: readonly Range[];
  readonly printRanges: readonly Range[];
  readonly foldToMin: readonly (readonly [cp: number, key: number])[];
}

function rangesOf(has: (cp: number) => boolean): Range[] {
  const ranges: Range[] = [];
  for (let cp = 0; cp <= 0x10ffff; cp++) {
    if (!has(cp)) continue;
    const low = cp;
    while (cp < 0x10ffff && has(cp + 1)) cp++;
    ranges.push([low, cp]);
  }
  return ranges;
}

describeVectors<Tables>('unicode-tables', ({ cases }) => {
  it.each(cases)('Unicode $unicode, every code point', ({ unicode, letterRanges, printRanges, foldToMin: folds }) => {
    expect(rangesOf((cp) => isLetter(cp, unicode))).toEqual(letterRanges);
    expect(rangesOf((cp) => isPrint(cp, unicode))).toEqual(printRanges);
    const own: [number, number][] = [];
    for (let cp = 0; cp <= 0x10ffff; cp++) {
      if (foldToMin(cp, unicode) !== cp) own.push([cp, foldToMin(cp, unicode)]);
    }
    expect(own).toEqual(folds);
  });
});

const at = (char: string): number => char.codePointAt(0) ?? -1;

describe('characters', () => {
  it.each([
    // character, letter, printable
    ['a', true, true],
    ['Z', true, true],
    ['@', false, true],
    ['[', false, true],
    ['`', false, true],
    ['{', false, true],
    [' ', false, true],
    ['~', false, true],
    ['\u007f', false, false],
    ['\u0085', false, false],
    ['\u00a0', false, false], // no-break space
    ['\u00ad', false, false], // soft hyphen
    ['ª', true, true],
    ['é', true, true],
    ['\u0301', false, true], // combining mark
    ['½', false, true],
    ['中', true, true],
    ['\u200b', false, false],
    ['\ue000', false, false], // private use
    ['\ud800', false, false], // lone surrogate
    ['\ufeff', false, false],
    ['\ufffd', false, true],
    ['𝔘', true, true],
    ['😀', false, true],
    ['\u{10ffff}', false, false],
  ])('%j', (char, letter, printable) => {
    expect([isLetter(at(char)), isPrint(at(char))]).toEqual([letter, printable]);
  });

  it.each([
    ['K', 'k'],
    ['k', 'k'],
    ['\u212a', 'k'], // Kelvin sign
    ['ſ', 's'],
    ['É', 'É'],
    ['é', 'É'],
    ['ß', 'ß'], // simple folding: no relation to ss
    ['ẞ', 'ß'],
    ['İ', 'İ'],
    ['ς', 'Σ'],
    ['\u{10428}', '\u{10400}'],
    ['\ud800', '\ud800'],
  ])('%j folds to %j', (char, key) => {
    expect(String.fromCodePoint(foldToMin(at(char)))).toBe(key);
  });

  it('belongs to the Unicode version that is asked for (spec §1.4)', () => {
    // U+1C8A came with Unicode 16, U+31350 (CJK extension H) with 15.
    expect([isLetter(0x1c8a), isLetter(0x1c8a, '17.0.0')]).toEqual([false, true]);
    expect([isPrint(0x1c8a), isPrint(0x1c8a, '17.0.0')]).toEqual([false, true]);
    expect([foldToMin(0x1c8a), foldToMin(0x1c8a, '17.0.0')]).toEqual([0x1c8a, 0x1c89]);
    expect(isLetter(0x31350)).toBe(true);
  });
});
