// One element of a path, between two slashes: what it may hold (spec §1.2–1.6).
//
// Invariants:
// - Checks run in the order of spec §1.2; the first that fails gives the reason.
// - Nothing throws or allocates on the good path: zip checks ask about thousands of names.

import { quote, quoteRune } from '../gotext/quote.ts';
import { isLetter, type UnicodeVersion } from '../gotext/unicode.ts';

/** The three kinds of path that share one checker (spec §1.1). */
export type PathKind = 'module' | 'import' | 'file';

const kindBit: Readonly<Record<PathKind, number>> = { module: 1, import: 2, file: 4 };

const lettersAndDigits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
/** ASCII characters by kind (spec §1.3). */
const allowed: Readonly<Record<PathKind, string>> = {
  module: `${lettersAndDigits}-._~`,
  import: `${lettersAndDigits}-._~+`,
  file: `${lettersAndDigits} !#$%&()+,-.=@[]^_{}~`,
};

/** For each ASCII code, the bits of the kinds that allow it. */
const kindsOfCode = new Uint8Array(0x80);
for (const kind of ['module', 'import', 'file'] as const) {
  for (const char of allowed[kind]) {
    const code = char.charCodeAt(0);
    kindsOfCode[code] = (kindsOfCode[code] ?? 0) | kindBit[kind];
  }
}

/** Device names of Windows, which cannot be file names there, whatever follows their first dot (spec §1.5). */
const windowsNames: ReadonlySet<string> = new Set(
  ['con', 'prn', 'aux', 'nul'].concat([...'123456789'].flatMap((digit) => [`com${digit}`, `lpt${digit}`])),
);

/** Why `element` may not be part of a path of this kind; undefined if it may (spec §1.2). */
export function elementProblem(element: string, kind: PathKind, unicode: UnicodeVersion): string | undefined {
  if (element === '') return 'empty path element';
  if (isAllDots(element)) return `invalid path element ${quote(element, unicode)}`;
  if (kind === 'module' && element.startsWith('.')) return 'leading dot in path element';
  if (element.endsWith('.')) return 'trailing dot in path element';
  const bad = firstCharOutside(element, kind, unicode);
  if (bad !== undefined) return `invalid char ${quoteRune(bad, unicode)}`;
  const stem = stemOf(element);
  if ((stem.length === 3 || stem.length === 4) && windowsNames.has(stem.toLowerCase())) {
    return `${quote(stem, unicode)} disallowed as path element component on Windows`;
  }
  if (kind !== 'file' && endsInTildeDigits(stem)) return 'trailing tilde and digits in path element';
  return undefined;
}

function isAllDots(element: string): boolean {
  for (let i = 0; i < element.length; i++) if (element.charCodeAt(i) !== 0x2e) return false;
  return true;
}

function firstCharOutside(element: string, kind: PathKind, unicode: UnicodeVersion): string | undefined {
  const bit = kindBit[kind];
  for (let i = 0; i < element.length; i++) {
    const code = element.charCodeAt(i);
    if (code < 0x80) {
      if (((kindsOfCode[code] ?? 0) & bit) === 0) return String.fromCharCode(code);
      continue;
    }
    const cp = element.codePointAt(i) ?? code;
    if (kind !== 'file' || !isLetter(cp, unicode)) return String.fromCodePoint(cp);
    if (cp > 0xffff) i++;
  }
  return undefined;
}

/** The part before the first dot. */
function stemOf(element: string): string {
  const dot = element.indexOf('.');
  return dot < 0 ? element : element.slice(0, dot);
}

/** Whether `stem` ends like a Windows short name, in `~` and digits (spec §1.6). */
function endsInTildeDigits(stem: string): boolean {
  let at = stem.length;
  while (at > 0 && isDigit(stem.charCodeAt(at - 1))) at--;
  return at < stem.length && stem.charCodeAt(at - 1) === 0x7e;
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}
