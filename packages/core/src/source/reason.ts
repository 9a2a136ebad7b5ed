// What an upstream says of a failure, made fit for people and terminals (spec §10.4).
//
// Invariants:
// - Only plain text in UTF-8 counts, as for the go command; other bodies say nothing.
// - At most 8 lines and 600 bytes; every character that is not graphic is replaced, because one of them would make the
//   go command hide the whole text.
// - Nothing that was sent as a credential is repeated.

import { encodeUtf8 } from '../bytes/utf8.ts';

const maxLines = 8;
const maxBytes = 600;
const maxLineLength = 300;

/** How much of an error body is worth reading. */
export const reasonBytes: number = 8192;

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** The reason in an error body, without its `not found: `; empty when there is none. `secrets` are cut out. */
export function reasonOf(body: Uint8Array, contentType: string | null, secrets: readonly string[] = []): string {
  if (!isPlainText(contentType)) return '';
  const lines: string[] = [];
  let bytes = 0;
  for (const raw of redact(decoder.decode(body), secrets).split('\n', maxLines)) {
    const line = cleanLine(raw);
    if (line === '') break;
    bytes += encodeUtf8(line).length + 1;
    if (bytes > maxBytes) break;
    lines.push(line);
  }
  return lines.join('\n').replace(/^not found: +/i, '');
}

/** Replaces every secret in a text. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((all, secret) => (secret.length < 4 ? all : all.replaceAll(secret, '[redacted]')), text);
}

function cleanLine(raw: string): string {
  const line = raw
    .replace(/[\t\r]/g, ' ')
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '?')
    .trim();
  const points = [...line];
  return points.length > maxLineLength ? `${points.slice(0, maxLineLength).join('')}…` : line;
}

/** The types whose text the go command shows: text/plain with no charset, utf-8 or us-ascii. */
function isPlainText(contentType: string | null): boolean {
  const [type = '', ...parameters] = (contentType ?? '').split(';').map((part) => part.trim().toLowerCase());
  if (type !== 'text/plain') return false;
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  return charset === undefined || /^charset="?(utf-8|us-ascii)"?$/.test(charset);
}
