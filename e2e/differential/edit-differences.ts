// Where core's edits of go.mod and go.work files mean to differ from x/mod's.
//
// Invariant: all but the first come from bookkeeping of x/mod that is out of step with its own tree until the file is read again.
// The sequences that read the file after each edit meet none of them, but for `setUse`.

import { isDeepStrictEqual } from 'node:util';
import type { Step } from '../../packages/core/test/edits.ts';
import type { Answer, Question } from './go-oracle.ts';
import type { KnownDifference } from './known-differences.ts';
import { shownText } from './raw-text.ts';

/** The steps between which the file is not read again. */
function stretchesOf({ args }: Question): Step[][] {
  const stretches: Step[][] = [[]];
  for (const step of JSON.parse(String(args?.[1])) as Step[]) {
    if (step[0] === 'reread') stretches.push([]);
    else stretches.at(-1)?.push(step);
  }
  return stretches;
}

/** Whether, in a stretch, a step that is `first` is followed by one that is `second` to it. */
function isFollowed(question: Question, first: (step: Step) => boolean, second: (step: Step, of: Step) => boolean) {
  return stretchesOf(question).some((steps) =>
    steps.some((step, i) => first(step) && steps.slice(i + 1).some((later) => second(later, step))),
  );
}

const removesDuplicates = ([name]: Step) => /^(?:sortBlocks|setRequire.*|setUse|addTool|addIgnore)$/.test(name);

export const editDifferences: readonly KnownDifference[] = [
  {
    reason: 'in the text of an error core shows U+FFFD for bytes that are not UTF-8; Go keeps them',
    applies: ({ op }, ours, { error }) =>
      /^(?:format|edit)/.test(op) && error !== undefined && isDeepStrictEqual(ours, { error: shownText(error) }),
  },
  {
    reason:
      'x/mod dereferences nil when requirements or directories are set after some were removed and before Cleanup',
    applies: (question, _, { error = '' }) =>
      question.op.startsWith('edit') &&
      /^panic: .* nil pointer dereference$/.test(error) &&
      isFollowed(
        question,
        ([name]) => /Require|Use/.test(name),
        ([name]) => /^set(?:Require|Use)/.test(name),
      ),
  },
  {
    reason: 'x/mod does not list a retraction that was added, so that it cannot be dropped; core drops it',
    applies: (question) =>
      question.op === 'editMod' &&
      isFollowed(
        question,
        ([name]) => name === 'addRetract',
        ([name, low, high], [, ...added]) => name === 'dropRetract' && low === added[0] && high === added[1],
      ),
  },
  {
    reason: 'x/mod still lists the old version of a replacement that was made one of all versions',
    applies: (question) =>
      question.op.startsWith('edit') &&
      isFollowed(
        question,
        ([name, , version]) => name === 'addReplace' && version === '',
        (later, [, path]) => removesDuplicates(later) || (/^(?:add|drop)Replace$/.test(later[0]) && later[1] === path),
      ),
  },
  {
    reason:
      'x/mod shares comments between a requirement that moved and the removed line it left, which Format shows until Cleanup',
    applies: (question, ours, go) =>
      question.op === 'editMod' &&
      isFollowed(
        question,
        ([name]) => /^setRequire./.test(name),
        ([name]) => name.startsWith('setRequire'),
      ) &&
      isDeepStrictEqual(finishedTexts(question, ours), finishedTexts(question, go)),
  },
  {
    reason: "x/mod's SetUse adds directories that are there a second time, which the go command then refuses",
    applies: (question, ours, go) =>
      question.op === 'editWork' && textsOf(go).some((text, i) => hasTwice(text) && !hasTwice(textsOf(ours)[i] ?? '')),
  },
];

function textsOf({ value }: Answer): readonly string[] {
  return (value as { readonly texts: readonly string[] } | undefined)?.texts ?? [];
}

/** Whether a directory stands twice in a block, one behind the other. */
function hasTwice(text: string): boolean {
  return /^\t(?!\/\/)("[^"=\n]*"|[^\s"=]+)(?: ?\/\/.*)?\n(?:\s*(?:\/\/.*)?\n)*\t\1(?: ?\/\/|$)/m.test(text);
}

/** The texts but for those of `print`, which shows what is only half done. */
function finishedTexts(question: Question, answer: Answer): readonly string[] {
  const shows = [...stretchesOf(question).flat(), ['format']].filter(([name]) => name === 'format' || name === 'print');
  return textsOf(answer).filter((_, i) => shows[i]?.[0] === 'format');
}
