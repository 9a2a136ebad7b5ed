// The key grammar (DESIGN §2), checked by every storage before any I/O.
//
// Invariants:
// - A key is 1 to 900 bytes of UTF-8: elements of 1 to 240 bytes, separated by single `/`, none at either end.
// - A key means one object on every backend: no upper-case ASCII (Go escapes it as `!x`, spec §1.16), so that file systems that
//   fold case cannot merge two keys; nothing that Windows reads as something else (`\`, `:`, wildcards, device names, trailing
//   dots and spaces); no `.` or `..`; no control characters; no lone surrogates, which have no UTF-8 form.
// - No key is a path-prefix of another (`a` and `a/b` never both exist). No storage can promise that across instances with
//   create-if-absent alone, so whoever chooses keys keeps it: the module layout does, because the last element has a file
//   ending and stands behind `@v`. A backend that cannot hold both refuses the second with `invalid_key`.

import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';

/** The most bytes a key may have. */
export const maxKeyBytes: number = 900;

/** The most bytes an element of a key may have, which leaves room for a suffix below the 255 of common file systems. */
export const maxKeyElementBytes: number = 240;

type Rule = readonly [pattern: RegExp, reason: string];

/** Rules on characters: they hold for keys, prefixes and `after` alike. */
const textRules: readonly Rule[] = [
  [/[\u0000-\u001f\u007f-\u009f]/, 'it holds a control character'],
  [/\p{Surrogate}/u, 'it holds a lone surrogate, which has no UTF-8 form'],
];

const keyTextRules: readonly Rule[] = [
  ...textRules,
  [/[A-Z]/, 'it holds an upper-case letter; write it as "!" and its lower-case form'],
  [/[\\:*?"<>|]/, 'it holds one of \\ : * ? " < > |, which file systems read as something else'],
  [/^\//, 'it begins with "/"'],
  [/\/\//, 'it has an empty element'],
];

const elementRules: readonly Rule[] = [
  [/^\.\.?$/, 'an element is "." or ".."'],
  [/[. ]$/, 'an element ends in a dot or a space'],
  [/^(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)/, 'an element is the name of a Windows device'],
];

/**
 * Checks a key against the grammar. Storages call it before any I/O.
 *
 * Rejects by throwing `invalid_key`; the message quotes the key and says which rule it breaks.
 *
 * @example
 * ```ts
 * import { checkKey } from '@gomodkit/core/storage';
 *
 * checkKey('example.com/!hello/@v/v1.0.0.info');
 * ```
 */
export function checkKey(key: string): void {
  if (typeof key !== 'string') throw new GoModKitError('invalid_key', 'a storage key must be a string');
  if (key === '') throw invalid('key', key, 'it is empty');
  if (key.endsWith('/')) throw invalid('key', key, 'it ends in "/"');
  checkPartial('key', key, keyTextRules);
  for (const element of key.split('/')) checkElement('key', key, element);
}

/** Whether a text is a key: what a listing of a shared bucket names may be somebody else's. */
export function isKey(text: string): boolean {
  try {
    checkKey(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * Checks that `prefix` can be the beginning of a key. The last element may be cut anywhere, so `a/b`, `a/` and `` are fine.
 * Throws `invalid_key`.
 */
export function checkKeyPrefix(prefix: string): void {
  if (typeof prefix !== 'string') throw new GoModKitError('invalid_key', 'a key prefix must be a string');
  checkPartial('prefix', prefix, keyTextRules);
  for (const element of prefix.split('/').slice(0, -1)) checkElement('prefix', prefix, element);
}

/**
 * Checks the `after` of a listing: a place in the order of keys, so it need not be a key, only well-formed text of at most 1,024
 * bytes without control characters. Throws `invalid_key`.
 */
export function checkListAfter(after: string): void {
  if (typeof after !== 'string') throw new GoModKitError('invalid_key', '`after` must be a string');
  checkText('`after`', after, textRules, 1024);
}

function checkPartial(what: string, text: string, rules: readonly Rule[]): void {
  checkText(what, text, rules, maxKeyBytes);
  for (const element of text.split('/')) {
    if (longerThan(element, maxKeyElementBytes)) {
      throw invalid(what, text, `an element has more than ${maxKeyElementBytes} bytes`);
    }
  }
}

function checkText(what: string, text: string, rules: readonly Rule[], limit: number): void {
  if (longerThan(text, limit)) throw invalid(what, text, `it has more than ${limit} bytes`);
  for (const [pattern, reason] of rules) if (pattern.test(text)) throw invalid(what, text, reason);
}

function checkElement(what: string, text: string, element: string): void {
  for (const [pattern, reason] of elementRules) if (pattern.test(element)) throw invalid(what, text, reason);
}

/** Whether `text` has more than `limit` UTF-8 bytes; encodes only where the length in UTF-16 units leaves it open. */
function longerThan(text: string, limit: number): boolean {
  if (text.length > limit) return true;
  return text.length * 3 > limit && encodeUtf8(text).length > limit;
}

function invalid(what: string, text: string, reason: string): GoModKitError {
  const shown = text.length > 120 ? `${text.slice(0, 120)}…` : text;
  return new GoModKitError('invalid_key', `invalid ${what} ${JSON.stringify(shown)}: ${reason}`, {
    data: { key: text },
  });
}
