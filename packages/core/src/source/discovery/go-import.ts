// go-import tags of a page, and which of them means a module (spec §11.8–11.13).
//
// Invariants:
// - Tags count up to the start of <body> or the end of <head>. An error after the first tag that counts only ends the reading.
// - Of tags whose prefix covers the path exactly one must be there, unless the first is of kind `mod` and the second is not.

import { GoModKitError } from '../../errors/error.ts';
import { fields } from '../../gotext/spaces.ts';
import { MarkupError, markupTokens } from './markup.ts';

/** One go-import tag (spec §11.9). */
export interface GoImport {
  /** Path that the repository's root stands for. */
  readonly prefix: string;
  /** Kind of repository, as the page has it. */
  readonly vcs: string;
  /** Address of the repository. */
  readonly repoRoot: string;
  /** Fourth field; empty when there is none. */
  readonly subdirectory: string;
}

/**
 * The go-import tags of a page, those of kind `mod` first, without others of the same prefix (spec §11.10). Throws `upstream_invalid`
 * with Go's reason where the page cannot be read as far as its first tag.
 *
 * @example
 * ```ts
 * import { parseGoImports } from '@gomodkit/core';
 *
 * const page = new TextEncoder().encode('<meta name="go-import" content="example.com/m git https://git.example/m">');
 * console.log(parseGoImports(page)); // [{ prefix: 'example.com/m', vcs: 'git', repoRoot: 'https://git.example/m', … }]
 * ```
 */
export function parseGoImports(page: Uint8Array): readonly GoImport[] {
  const imports = readTags(page);
  const proxied = new Set(imports.filter(({ vcs }) => vcs === 'mod').map(({ prefix }) => prefix));
  return [
    ...imports.filter(({ vcs }) => vcs === 'mod'),
    ...imports.filter(({ vcs, prefix }) => vcs !== 'mod' && !proxied.has(prefix)),
  ];
}

function readTags(page: Uint8Array): readonly GoImport[] {
  const imports: GoImport[] = [];
  try {
    for (const token of markupTokens(page)) {
      const name = token.name.toLowerCase();
      if (name === (token.kind === 'start' ? 'body' : 'head')) break;
      if (token.kind !== 'start' || name !== 'meta') continue;
      const value = (wanted: string) => token.attributes.find(([key]) => key.toLowerCase() === wanted)?.[1] ?? '';
      if (value('name') !== 'go-import') continue;
      const words = fields(value('content'));
      const [prefix = '', vcs = '', repoRoot = '', subdirectory = ''] = words;
      if (words.length === 3 || words.length === 4) imports.push({ prefix, vcs, repoRoot, subdirectory });
    }
  } catch (error) {
    if (!(error instanceof MarkupError)) throw error;
    if (imports.length === 0)
      throw new GoModKitError('upstream_invalid', `the page cannot be parsed: ${error.message}`);
  }
  return imports;
}

/** The one tag that means `path`. Throws `not_found` when there is none or more than one. */
export function matchGoImport(imports: readonly GoImport[], path: string): GoImport {
  let match: GoImport | undefined;
  const others: string[] = [];
  for (const each of imports) {
    if (!covers(each.prefix, path)) {
      others.push(each.prefix);
      continue;
    }
    if (match !== undefined) {
      // Where a proxy is named and a repository too, the proxy is meant.
      if (match.vcs === 'mod' && each.vcs !== 'mod') break;
      throw new GoModKitError('not_found', `multiple meta tags match import path "${path}"`);
    }
    match = each;
  }
  if (match !== undefined) return match;
  const named = others.slice(0, 5).map((prefix) => `"${prefix}"`);
  const because = named.length === 0 ? '' : ` (they are for ${named.join(', ')})`;
  throw new GoModKitError('not_found', `no go-import meta tag is for ${path}${because}`);
}

function covers(prefix: string, path: string): boolean {
  return path === prefix || path.startsWith(`${prefix}/`);
}
