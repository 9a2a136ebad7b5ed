// What the go command lets its user see of a refusal (spec §10.4).
//
// Invariants of every text that leaves here:
// - at most 8 lines and 600 bytes of UTF-8, no blank line, one line break at the end;
// - only characters that Go calls graphic: one other would hide the whole text;
// - no credentials of URLs.

import { isSpace } from '../gotext/spaces.ts';
import { isPrint } from '../gotext/unicode.ts';

const maxLines = 8;
const maxBytes = 600;
/** More text than this is not looked at: what upstream says may be long. */
const maxInput = 4096;
const ellipsis = '…';

/** Up to the last `@` before the path, as URL parsers read it: passwords may have one. */
const userInfo = /(?<![a-z0-9+.-])([a-z][a-z0-9+.-]*:\/\/)[^\s/?#]*@/gi;

/** `text` as the go command can show it. */
export function errorText(text: string): string {
  let out = '';
  let room = maxBytes;
  let lines = 0;
  for (const raw of text.slice(0, maxInput).replace(userInfo, '$1').split(/\r?\n/)) {
    const line = graphic(raw).trim();
    if (line === '') continue;
    if (lines === maxLines || room < 8) break;
    const fitted = fit(line, room - 1);
    out += `${fitted}\n`;
    room -= utf8Length(fitted) + 1;
    lines++;
  }
  return out === '' ? 'no reason is known\n' : out;
}

/** `message` with `prefix` once, however often others have put it there. */
export function withPrefix(prefix: string, message: string): string {
  let rest = message;
  while (prefix !== '' && rest.startsWith(prefix)) rest = rest.slice(prefix.length);
  return prefix + rest;
}

function graphic(line: string): string {
  let out = '';
  for (const char of line) {
    const cp = char.codePointAt(0) ?? 0;
    if (isPrint(cp)) out += char;
    else out += isSpace(cp) ? ' ' : '?';
  }
  return out;
}

/** `line` in at most `room` bytes: a cut line says more than none, which is what Go makes of one that is too long. */
function fit(line: string, room: number): string {
  if (utf8Length(line) <= room) return line;
  let out = '';
  let left = room - utf8Length(ellipsis);
  for (const char of line) {
    left -= utf8Length(char);
    if (left < 0) break;
    out += char;
  }
  return out + ellipsis;
}

function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    // A surrogate pair is two units and four bytes.
    if (unit >= 0x80) length += unit < 0x800 || (unit >= 0xd800 && unit <= 0xdfff) ? 1 : 2;
  }
  return length;
}
