// The `ident` attribute: `$Id$` and `$Id:…$` become `$Id: HASH $` (spec §6.17).
//
// Invariants:
// - An expansion ends on its own line. One with blanks inside its value, as other systems write them, is kept.
// - What follows a kept `$Id:` is searched again, its closing `$` included.

import { concatBytes } from '../../../bytes/source.ts';
import { encodeUtf8 } from '../../../bytes/utf8.ts';

const dollar = 0x24;
const space = 0x20;

/** The bytes of a blob with its keywords expanded to `hash`: the very array when there are none. */
export function expandIdent(blob: Uint8Array, hash: string): Uint8Array {
  const replacement = encodeUtf8(`Id: ${hash} $`);
  const parts: Uint8Array[] = [];
  let size = 0;
  const add = (part: Uint8Array): void => {
    parts.push(part);
    size += part.length;
  };
  let copied = 0;
  for (let at = blob.indexOf(dollar) + 1; at > 0; at = blob.indexOf(dollar, at) + 1) {
    const end = keywordEnd(blob, at);
    if (end === undefined) continue;
    add(blob.subarray(copied, at));
    add(replacement);
    copied = end;
    at = end;
  }
  if (copied === 0) return blob;
  add(blob.subarray(copied));
  return concatBytes(parts, size);
}

/** Where the keyword ends that begins at `at`, behind a `$`; undefined when none does, or it is to be kept. */
function keywordEnd(blob: Uint8Array, at: number): number | undefined {
  if (blob[at] !== 0x49 || blob[at + 1] !== 0x64) return undefined;
  if (blob[at + 2] === dollar) return at + 3;
  if (blob[at + 2] !== 0x3a) return undefined;
  let blank: number | undefined;
  for (let i = at + 3; i < blob.length; i++) {
    const byte = blob[i];
    if (byte === 0x0a) return undefined;
    if (byte === dollar) return blank !== undefined && blank < i - 1 ? undefined : i + 1;
    if (byte === space && i >= at + 4) blank ??= i;
  }
  return undefined;
}
