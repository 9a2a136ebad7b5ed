// Escaping of module paths and versions for URLs and file names on case-insensitive systems (spec §1.16–1.18).
//
// Invariants:
// - Escaping maps valid input one to one; what unescapes is valid and escapes to the same text again.
// - Unescaping has a form that returns the problem as text: a proxy refuses many paths.

import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { defaultUnicode } from '../gotext/unicode.ts';
import { checkPath, pathProblem } from './path.ts';
import { elementProblem } from './path-elements.ts';

/** What came of text that may be refused: the value, or the problem. */
export type Unescaped =
  | { readonly value: string; readonly problem?: undefined }
  | { readonly value?: undefined; readonly problem: string };

/**
 * The escaped form of a module path: each upper-case letter becomes `!` and its lower-case form (spec §1.16).
 *
 * Throws `invalid_path` when `path` is not a module path.
 *
 * @example
 * ```ts
 * import { escapePath } from '@gomodkit/core/module';
 *
 * escapePath('github.com/Azure/azure-sdk'); // 'github.com/!azure/azure-sdk'
 * ```
 */
export function escapePath(path: string): string {
  checkPath(path);
  return escapeLetters(path);
}

/**
 * The escaped form of a version, a branch name or another revision (spec §1.17). Semver validity is not required.
 *
 * Throws `invalid_version` for what cannot be asked for through a proxy: anything with `/`, `!` or a character beyond ASCII,
 * an empty string, a trailing dot, a Windows device name.
 *
 * @example
 * ```ts
 * import { escapeVersion } from '@gomodkit/core/module';
 *
 * escapeVersion('v1.0.0-RC.1'); // 'v1.0.0-!r!c.1'
 * ```
 */
export function escapeVersion(version: string): string {
  const allowed =
    elementProblem(version, 'file', defaultUnicode) === undefined && !version.includes('!') && isAscii(version);
  if (allowed) return escapeLetters(version);
  throw new GoModKitError('invalid_version', `version ${quote(version)} invalid: disallowed version string`, {
    data: { version },
  });
}

/**
 * The module path of its escaped form (spec §1.18).
 *
 * Throws `invalid_path` when `escaped` has an upper-case letter, a `!` that escapes nothing or a character beyond ASCII, or
 * when the result is not a module path.
 *
 * @example
 * ```ts
 * import { unescapePath } from '@gomodkit/core/module';
 *
 * unescapePath('github.com/!azure/azure-sdk'); // 'github.com/Azure/azure-sdk'
 * ```
 */
export function unescapePath(escaped: string): string {
  const { value, problem } = tryUnescapePath(escaped);
  if (problem !== undefined) throw new GoModKitError('invalid_path', problem, { data: { escaped } });
  return value;
}

/**
 * The version, branch name or other revision of its escaped form (spec §1.18).
 *
 * Throws `invalid_version` as {@link unescapePath} does, or when the result could not be escaped.
 */
export function unescapeVersion(escaped: string): string {
  const { value, problem } = tryUnescapeVersion(escaped);
  if (problem !== undefined) throw new GoModKitError('invalid_version', problem, { data: { escaped } });
  return value;
}

/** {@link unescapePath} that returns what it would throw. */
export function tryUnescapePath(escaped: string): Unescaped {
  return unescapeChecked(escaped, 'module path', pathProblem);
}

/** {@link unescapeVersion} that returns what it would throw. */
export function tryUnescapeVersion(escaped: string): Unescaped {
  return unescapeChecked(escaped, 'version', (version) => elementProblem(version, 'file', defaultUnicode));
}

function unescapeChecked(
  escaped: string,
  what: 'module path' | 'version',
  problemOf: (text: string) => string | undefined,
): Unescaped {
  const value = unescapeLetters(escaped);
  const reason = value === undefined ? undefined : problemOf(value);
  if (value !== undefined && reason === undefined) return { value };
  // As Go does, the refusal of a version shows what was unescaped: the reason is about that. For a path the reason shows it.
  const shown = what === 'version' ? (value ?? escaped) : escaped;
  const refusal = `invalid escaped ${what} ${quote(shown)}`;
  return { problem: reason === undefined ? refusal : `${refusal}: ${reason}` };
}

function escapeLetters(text: string): string {
  return text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`);
}

function unescapeLetters(escaped: string): string | undefined {
  if (/[A-Z\u0080-\uffff]|!(?![a-z])/.test(escaped)) return undefined;
  return escaped.replace(/!([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function isAscii(text: string): boolean {
  return !/[^\0-\x7f]/.test(text);
}
