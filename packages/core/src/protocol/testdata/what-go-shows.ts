// What the go command shows of a text/plain error body, by spec §10.4: an independent reading of the rule for tests.

import { isSpace, trimSpace } from '../../gotext/spaces.ts';
import { isPrint } from '../../gotext/unicode.ts';

/** The text that the user sees; empty when the go command hides it, with a note where it cuts. */
export function whatGoShows(body: string): string {
  for (const char of body) {
    const cp = char.codePointAt(0) ?? 0;
    if ((cp >= 0xd800 && cp <= 0xdfff) || !(isPrint(cp) || isSpace(cp))) return '';
  }
  const shown: string[] = [];
  let total = 0;
  for (const line of body.split('\n')) {
    if (trimSpace(line) === '') break;
    total += new TextEncoder().encode(line).length + 2;
    if (shown.length === 8 || total > 648) return [...shown, '[Truncated]'].join('\n');
    shown.push(line);
  }
  return shown.join('\n');
}
