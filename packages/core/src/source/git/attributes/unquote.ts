// Git's C-style quotes, in which patterns with blanks are written.

import type { ByteString } from './byte-string.ts';

const escapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
};

/** Reads the quoted text that `quoted` begins with: the text, and where the rest begins. Undefined when it is no such text. */
export function unquote(quoted: ByteString): { readonly text: ByteString; readonly end: number } | undefined {
  let text = '';
  for (let at = 1; at < quoted.length; at++) {
    const char = quoted[at] ?? '';
    if (char === '"') return { text, end: at + 1 };
    if (char !== '\\') {
      text += char;
      continue;
    }
    const octal = /^[0-3][0-7][0-7]/.exec(quoted.slice(at + 1, at + 4))?.[0];
    const byte = octal === undefined ? escapes[quoted[at + 1] ?? ''] : String.fromCharCode(Number.parseInt(octal, 8));
    if (byte === undefined) return undefined;
    text += byte;
    at += octal === undefined ? 1 : 3;
  }
  return undefined;
}
