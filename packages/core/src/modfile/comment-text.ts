// What the comments of a directive say: rationale, deprecation, `// indirect` (spec §9.15, §9.21, §9.22).
//
// Invariant: text is looked through once, whatever it holds.

import { replaceSurrogates } from '../gotext/raw.ts';
import { fields, trimSpace } from '../gotext/spaces.ts';
import type { Comments, Line, LineBlock } from './syntax.ts';

const slashes = '//';

/**
 * The text of a directive's comments, those above it first; of its block's comments when it has none of its own. A blank line
 * above an entry counts as a comment of its own (spec §9.21).
 */
export function commentText(line: Line, block: LineBlock | undefined): string {
  const own = line.comments.before.length + line.comments.suffix.length > 0;
  return own || block === undefined ? textOf(line.comments) : blockText(block);
}

const blockTexts = new WeakMap<LineBlock, string>();

/** Made once per block: a hostile one has a long text and a million entries without a comment of their own. */
function blockText(block: LineBlock): string {
  let text = blockTexts.get(block);
  if (text === undefined) {
    text = textOf(block.comments);
    blockTexts.set(block, text);
  }
  return text;
}

function textOf({ before, suffix }: Comments): string {
  const lines: string[] = [];
  for (const comments of [before, suffix]) {
    for (const { token } of comments) {
      if (token.startsWith(slashes)) lines.push(trimSpace(token.slice(slashes.length)));
    }
  }
  return replaceSurrogates(lines.join('\n'));
}

const deprecated = 'Deprecated:';
const paragraphEnd = '\n\n';

/** The message of the first paragraph that begins with `Deprecated:` (spec §9.22); empty if there is none. */
export function deprecation(text: string): string {
  let start = text.startsWith(deprecated) ? deprecated.length : -1;
  if (start < 0) {
    const at = text.indexOf(paragraphEnd + deprecated);
    if (at < 0) return '';
    start = at + paragraphEnd.length + deprecated.length;
  }
  while (text[start] === ' ') start++;
  const end = text.indexOf(paragraphEnd, start);
  return text.slice(start, end < 0 ? text.length : end);
}

/** Whether a requirement is marked `// indirect` or `// indirect; more` (spec §9.15). */
export function isIndirect(line: Line): boolean {
  const [comment] = line.comments.suffix;
  if (comment === undefined) return false;
  const [first, second] = fields(comment.token.slice(slashes.length));
  return second === undefined ? first === 'indirect' : first === 'indirect;';
}
