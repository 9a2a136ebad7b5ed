// The module path of a go.mod that may be broken elsewhere: how the go command decides which directory of a repository a
// module is in (spec §5.14).
//
// Invariants:
// - This is not the parser: blocks, raw strings and trailing words come out differently, and those differences decide which
//   versions of a module exist.
// - One pass over lines; the first that begins with `module`, space and something decides.

import { unquote } from '../gotext/quote.ts';
import { trimSpace } from '../gotext/spaces.ts';
import { sourceText } from './source-text.ts';

const directive = 'module';

/**
 * The module path that a go.mod declares, as x/mod's `ModulePath`; empty if it declares none, or in a malformed string.
 * Tolerates everything else. The path is not validated (spec §5.14).
 *
 * @example
 * ```ts
 * import { modulePath } from '@gomodkit/core/modfile';
 *
 * modulePath('// a comment\nmodule "example.com/m" // another\n???\n'); // example.com/m
 * ```
 */
export function modulePath(data: Uint8Array | string): string {
  const text = sourceText(data);
  for (let at = 0; at < text.length; ) {
    const newline = text.indexOf('\n', at);
    const end = newline < 0 ? text.length : newline;
    const declared = declaredPath(text.slice(at, end));
    if (declared !== undefined) return declared;
    at = end + 1;
  }
  return '';
}

/** What a line declares; undefined when it is another line, and the search goes on. */
function declaredPath(line: string): string | undefined {
  const comment = line.indexOf('//');
  const code = trimSpace(comment < 0 ? line : line.slice(0, comment));
  if (!code.startsWith(directive)) return undefined;
  const rest = code.slice(directive.length);
  const path = trimSpace(rest);
  if (path === '' || path.length === rest.length) return undefined;
  return path.startsWith('"') || path.startsWith('`') ? (unquote(path) ?? '') : path;
}
