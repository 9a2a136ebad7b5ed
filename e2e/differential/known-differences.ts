// Where core means to differ from golang.org/x/mod. Nothing else may.
//
// Invariant: each row is as narrow as its reason. None changes a verdict that a valid module path or version can meet.

import { isDeepStrictEqual } from 'node:util';
import { editDifferences } from './edit-differences.ts';
import type { Answer, Question } from './go-oracle.ts';
import { shownText } from './raw-text.ts';

/** A difference, and where it applies. */
export interface KnownDifference {
  readonly reason: string;
  readonly applies: (question: Question, ours: Answer, go: Answer) => boolean;
}

const knownDifferences: readonly KnownDifference[] = [
  {
    reason: 'x/mod panics where PathMajorPrefix is given a suffix that names no version (".v-unstable"); core throws',
    applies: ({ op }, ours, go) =>
      op === 'pathMajorPrefix' &&
      /^panic: pathMajor suffix .* is not a valid major version$/s.test(go.error ?? '') &&
      /is not a major-version suffix of a module path/.test(ours.error ?? ''),
  },
  {
    reason: 'x/mod blames itself for a version beyond ASCII ("internal error"); core says what is wrong with it',
    applies: ({ op }, ours, go) =>
      op === 'escapeVersion' &&
      go.error === 'internal error: inconsistency in EscapePath' &&
      (ours.error ?? '').endsWith('invalid: disallowed version string'),
  },
  {
    reason:
      'in text for people (errors, rationales, deprecations) core shows U+FFFD for bytes that are not UTF-8; Go keeps them',
    applies: ({ op }, ours, go) => op.startsWith('parse') && isDeepStrictEqual(ours, shownAnswer(go)),
  },
  ...editDifferences,
];

interface TextForPeople {
  readonly deprecated: string;
  readonly retract: readonly { readonly rationale: string }[];
}

function shownAnswer({ value, error }: Answer): Answer {
  if (error !== undefined) return { error: shownText(error) };
  const goMod = value as TextForPeople;
  const retract = goMod.retract.map((each) => ({ ...each, rationale: shownText(each.rationale) }));
  return { value: { ...goMod, deprecated: shownText(goMod.deprecated), retract } };
}

/** Whether these two different answers are a difference that is meant. */
export function isKnownDifference(question: Question, ours: Answer, go: Answer): boolean {
  return knownDifferences.some(({ applies }) => applies(question, ours, go));
}
