// The grammar of Go's semantic versions (spec §2.1–2.3).
//
// Invariants:
// - One pass over the string, no regular expression: lists hold tens of thousands of versions.
// - Numbers stay digit strings of any length; nothing here goes through `Number` (spec §0.6).

/** A valid version, taken apart. Missing numbers are `'0'` (spec §2.1). */
export interface ParsedVersion {
  /** Digits. */
  readonly major: string;
  /** Digits. */
  readonly minor: string;
  /** Digits. */
  readonly patch: string;
  /** How many of the three numbers are written: 1 for `v1`, 2 for `v1.2`, else 3. */
  readonly numbers: 1 | 2 | 3;
  /** With its `-`, or empty. */
  readonly prerelease: string;
  /** With its `+`, or empty. */
  readonly build: string;
}

const plus = 0x2b;
const hyphen = 0x2d;
const dot = 0x2e;

/** Takes `version` apart; undefined when it breaks the grammar. */
export function parse(version: string): ParsedVersion | undefined {
  if (version.charCodeAt(0) !== 0x76) return undefined;
  const majorEnd = numberEnd(version, 1);
  if (majorEnd < 0) return undefined;
  const major = version.slice(1, majorEnd);
  if (majorEnd === version.length) return { major, minor: '0', patch: '0', numbers: 1, prerelease: '', build: '' };
  if (version.charCodeAt(majorEnd) !== dot) return undefined;

  const minorEnd = numberEnd(version, majorEnd + 1);
  if (minorEnd < 0) return undefined;
  const minor = version.slice(majorEnd + 1, minorEnd);
  if (minorEnd === version.length) return { major, minor, patch: '0', numbers: 2, prerelease: '', build: '' };
  if (version.charCodeAt(minorEnd) !== dot) return undefined;

  const patchEnd = numberEnd(version, minorEnd + 1);
  if (patchEnd < 0) return undefined;
  let at = patchEnd;
  if (version.charCodeAt(at) === hyphen) at = identifiersEnd(version, at + 1, false);
  const prereleaseEnd = at;
  if (at >= 0 && version.charCodeAt(at) === plus) at = identifiersEnd(version, at + 1, true);
  if (at !== version.length) return undefined;
  return {
    major,
    minor,
    patch: version.slice(minorEnd + 1, patchEnd),
    numbers: 3,
    prerelease: version.slice(patchEnd, prereleaseEnd),
    build: version.slice(prereleaseEnd),
  };
}

/** The end of the number that begins at `at`, or -1: `0`, or digits without a leading zero (spec §2.2). */
function numberEnd(version: string, at: number): number {
  let end = at;
  while (isDigit(version.charCodeAt(end))) end++;
  if (end === at || (end > at + 1 && version.charCodeAt(at) === 0x30)) return -1;
  return end;
}

/** The end of the dot-separated identifiers that begin at `at`, or -1 (spec §2.3). */
function identifiersEnd(version: string, at: number, leadingZeros: boolean): number {
  for (let start = at; ; ) {
    let end = start;
    let digitsOnly = true;
    for (let code = version.charCodeAt(end); isIdentifierCode(code); code = version.charCodeAt(++end)) {
      if (!isDigit(code)) digitsOnly = false;
    }
    if (end === start) return -1;
    if (!leadingZeros && digitsOnly && end > start + 1 && version.charCodeAt(start) === 0x30) return -1;
    if (version.charCodeAt(end) !== dot) return end;
    start = end + 1;
  }
}

function isDigit(code: number): boolean {
  return code >= 0x30 && code <= 0x39;
}

function isIdentifierCode(code: number): boolean {
  return isDigit(code) || code === hyphen || ((code | 0x20) >= 0x61 && (code | 0x20) <= 0x7a);
}
