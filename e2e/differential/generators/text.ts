// Pieces of text that rules about names trip over.

import fc from 'fast-check';
import { normalText } from '../raw-text.ts';

/** Characters, and bytes that are none (as lone surrogates). */
export const trickyCharacters: readonly string[] = [
  ...' !"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~09azAZ',
  ...['\0', '\t', '\n', '\r', '\f', '\x7f', '\x85', '\xa0', '\xad'],
  // Letters with unusual case folding; combining marks; other scripts; beyond 16 bits.
  ...[
    'é',
    'É',
    'e\u0301',
    'ſ',
    'K',
    'Å',
    'ß',
    'ẞ',
    'ς',
    'Σ',
    'İ',
    'ı',
    'ǅ',
    'µ',
    'μ',
    '\u0345',
    'ᾳ',
    'Ω',
    '日',
    'ª',
    'ⅷ',
  ],
  ...[
    '\u{10400}',
    '\u{10428}',
    '\u{1d49c}',
    '\u{1f600}',
    '\u{e0001}',
    '¹',
    '٣',
    '\u2028',
    '\u200b',
    '\ufeff',
    '\ufffd',
    '\uffff',
  ],
  // Bytes: alone, and two that make a character when they meet.
  ...['\udc80', '\udcff', '\udcc3', '\udca9', '\udced'],
];

/** One tricky character. */
export const trickyCharacter: fc.Arbitrary<string> = fc.constantFrom(...trickyCharacters);

/** Short text of any characters. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.array(trickyCharacter, { maxLength: 6 }).map((characters) => normalText(characters.join(''))),
  fc.string({ maxLength: 6 }),
  fc.string({ unit: 'binary', maxLength: 4 }),
);

/** What one small accident makes of text. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.tuple(text, fc.nat(), fc.nat(3), trickyCharacter).map(([whole, place, removed, inserted]) => {
    const at = place % (whole.length + 1);
    return normalText(whole.slice(0, at) + inserted + whole.slice(at + removed));
  });
}

/** Mostly `text` as it is, now and then with an accident. */
export function mostly(text: fc.Arbitrary<string>): fc.Arbitrary<string> {
  return fc.oneof({ arbitrary: text, weight: 4 }, { arbitrary: damaged(text), weight: 1 });
}

/** Some texts, one after the other. */
export function joined(separator: string, ...parts: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc.tuple(...parts).map((texts) => normalText(texts.join(separator)));
}
