// What git's checkout does to a blob (spec §6.17, §6.18), with the settings of the go command: `core.autocrlf=input`, `core.eol=lf`,
// no filter drivers.
//
// Invariants:
// - Order: `ident`, then line endings, then encoding.
// - A file that no attribute touches has no conversion, and keeps its very bytes.
// - Encodings other than UTF-8 are left to git's own iconv: `needs_git_engine`.

import { GoModKitError } from '../../../errors/error.ts';
import type { AttributeState } from './attribute-file.ts';
import type { Attributes } from './effective-attributes.ts';
import { expandIdent } from './ident.ts';
import { toCrlf, toCrlfIfPlainText } from './line-endings.ts';

/** What happens to a file. */
export interface Conversion {
  /** `$Id$` becomes the blob's hash. */
  readonly ident: boolean;
  /** Line ends become CR LF: in every file, or in those that look like text without any CR. */
  readonly crlf: 'never' | 'always' | 'text';
  /** `working-tree-encoding`, unless it is UTF-8. What is no name of an encoding is `true` or `false`: git refuses it. */
  readonly encoding: string | boolean | undefined;
}

/** How a `text` or `crlf` attribute reads; undefined when it says nothing. */
function textKind(state: AttributeState): 'text' | 'binary' | 'auto' | undefined {
  if (typeof state === 'boolean') return state ? 'text' : 'binary';
  if (state === 'input') return 'text';
  return state === 'auto' ? 'auto' : undefined;
}

/** The conversion of a file with these attributes; undefined when its bytes stay as they are. */
export function conversionOf(attributes: Attributes): Conversion | undefined {
  const kind = textKind(attributes.get('text')) ?? textKind(attributes.get('crlf'));
  const wantsCrlf = kind !== 'binary' && attributes.get('eol') === 'crlf';
  const ident = attributes.get('ident') === true;
  const encoding = foreignEncoding(attributes.get('working-tree-encoding'));
  if (!wantsCrlf && !ident && encoding === undefined) return undefined;
  const crlf = kind === 'auto' ? 'text' : 'always';
  return { ident, crlf: wantsCrlf ? crlf : 'never', encoding };
}

function foreignEncoding(state: AttributeState): string | boolean | undefined {
  return state === '' || (typeof state === 'string' && /^utf-?8$/i.test(state)) ? undefined : state;
}

/**
 * The bytes of a blob as they are checked out: the very array when nothing changes. `path` is for messages. Throws `needs_git_engine`
 * for other encodings, and `upstream_invalid` where git refuses the attribute.
 */
export function convert(conversion: Conversion, blob: Uint8Array, hash: string, path: string): Uint8Array {
  if (typeof conversion.encoding === 'boolean') {
    throw new GoModKitError('upstream_invalid', `${path}: git refuses a working-tree-encoding without a name`);
  }
  // Nothing is encoded where there is nothing.
  if (conversion.encoding !== undefined && blob.length > 0) {
    const message = `${path} has the working-tree-encoding ${JSON.stringify(conversion.encoding)}, which needs the git program`;
    throw new GoModKitError('needs_git_engine', message, { data: { encoding: conversion.encoding } });
  }
  const expanded = conversion.ident ? expandIdent(blob, hash) : blob;
  if (conversion.crlf === 'never') return expanded;
  return conversion.crlf === 'always' ? toCrlf(expanded) : toCrlfIfPlainText(expanded);
}
