// Module, import and file paths: which ones are valid, and why not (spec §1.1–1.7).
//
// Invariants:
// - Whole-path checks come before element checks, elements go from left to right, and the first failure is the one that is
//   told (spec §1.1). The texts are Go's own (spec §1.22).
// - A lone surrogate is invalid UTF-8 (spec §0.3).
// - Each rule has one form that returns the problem as text and one that throws it. The texts serve callers that judge
//   thousands of paths.

import { GoModKitError } from '../errors/error.ts';
import { quote, quoteRune } from '../gotext/quote.ts';
import { isUtf8 } from '../gotext/raw.ts';
import { defaultUnicode, type UnicodeVersion } from '../gotext/unicode.ts';
import { elementProblem, type PathKind } from './path-elements.ts';
import { splitPathVersion } from './path-major.ts';

/** Options of {@link checkFilePath}. */
export interface FilePathOptions {
  /** Which characters are letters: 15.0.0 as for Go 1.21–1.26 (the default), or 17.0.0 as for Go 1.27 (spec §1.4). */
  readonly unicode?: UnicodeVersion | undefined;
}

/**
 * Checks that `path` can be the path of a module (spec §1.1–1.9): the rules of import paths, and a first element that is a
 * lower-case host name with a dot, and a valid major-version suffix.
 *
 * Throws `invalid_path`; the message is `malformed module path "…": reason`.
 *
 * @example
 * ```ts
 * import { checkPath } from '@gomodkit/core/module';
 *
 * checkPath('example.com/m/v2');
 * checkPath('example.com/m/v1'); // throws: malformed module path "example.com/m/v1": invalid version
 * ```
 */
export function checkPath(path: string): void {
  refuse(pathProblem(path), path);
}

/**
 * Checks that `path` can be the path of a package in an import statement (spec §1.1–1.6). Standard library paths pass.
 *
 * Throws `invalid_path`; the message is `malformed import path "…": reason`.
 */
export function checkImportPath(path: string): void {
  refuse(importPathProblem(path), path);
}

/**
 * Checks that `path`, slash-separated and relative to the module's root, can be the name of a file in a module
 * (spec §1.1–1.5).
 *
 * Throws `invalid_path`; the message is `malformed file path "…": reason`.
 *
 * @example
 * ```ts
 * import { checkFilePath } from '@gomodkit/core/module';
 *
 * checkFilePath('testdata/naïve file.txt');
 * checkFilePath('docs/aux.md'); // throws: malformed file path "docs/aux.md": "aux" disallowed as path element component on Windows
 * ```
 */
export function checkFilePath(path: string, options: FilePathOptions = {}): void {
  refuse(filePathProblem(path, options.unicode), path);
}

/** What {@link checkPath} would say, or undefined when the path is fine. */
export function pathProblem(path: string): string | undefined {
  const reason = pathReason(path, 'module', defaultUnicode) ?? hostReason(path);
  if (reason !== undefined) return malformed('module', path, reason);
  return splitPathVersion(path) === undefined ? malformed('module', path, 'invalid version') : undefined;
}

/** What {@link checkImportPath} would say, or undefined when the path is fine. */
export function importPathProblem(path: string): string | undefined {
  const reason = pathReason(path, 'import', defaultUnicode);
  return reason === undefined ? undefined : malformed('import', path, reason);
}

/** What {@link checkFilePath} would say, or undefined when the path is fine. */
export function filePathProblem(path: string, unicode: UnicodeVersion = defaultUnicode): string | undefined {
  const reason = pathReason(path, 'file', unicode);
  return reason === undefined ? undefined : malformed('file', path, reason, unicode);
}

function pathReason(path: string, kind: PathKind, unicode: UnicodeVersion): string | undefined {
  if (!isUtf8(path)) return 'invalid UTF-8';
  if (path === '') return 'empty string';
  if (kind !== 'file' && path.startsWith('-')) return 'leading dash';
  if (path.includes('//')) return 'double slash';
  if (path.endsWith('/')) return 'trailing slash';
  for (let start = 0; ; ) {
    const slash = path.indexOf('/', start);
    const reason = elementProblem(path.slice(start, slash < 0 ? undefined : slash), kind, unicode);
    if (reason !== undefined || slash < 0) return reason;
    start = slash + 1;
  }
}

/** What spec §1.7 adds for the first element of a module path. */
function hostReason(path: string): string | undefined {
  const slash = path.indexOf('/');
  const host = slash < 0 ? path : path.slice(0, slash);
  if (!host.includes('.')) return 'missing dot in first path element';
  const bad = /[^a-z0-9.-]/.exec(host);
  return bad === null ? undefined : `invalid char ${quoteRune(bad[0])} in first path element`;
}

function malformed(kind: PathKind, path: string, reason: string, unicode?: UnicodeVersion): string {
  return `malformed ${kind} path ${quote(path, unicode)}: ${reason}`;
}

function refuse(problem: string | undefined, path: string): void {
  if (problem !== undefined) throw new GoModKitError('invalid_path', problem, { data: { path } });
}
