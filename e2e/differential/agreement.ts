// Generated cases, asked of Go in batches, judged one by one.
//
// Invariants:
// - A disagreement is replayed alone and made smaller by fast-check, whose message has the seed and the path of the case.
// - GOMODKIT_TEST_SEED fixes the seed; GOMODKIT_TEST_SCALE=full makes ten times as many cases.

import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import type { Answer, Oracle, Question } from './go-oracle.ts';
import { isKnownDifference } from './known-differences.ts';

/** How to find out about one case whether core and Go agree. */
export interface Comparison<Case> {
  readonly questions: (value: Case) => readonly Question[] | Promise<readonly Question[]>;
  /** Throws when they do not. `answers` are those of the questions. */
  readonly judge: (value: Case, answers: readonly Answer[]) => void | Promise<void>;
}

/** How many times the ordinary number of cases is run. */
export const scale: number = process.env.GOMODKIT_TEST_SCALE === 'full' ? 10 : 1;

const batchSize = 1000;

/** Runs `runs` cases, times the scale. */
export async function expectAgreement<Case>(
  oracle: Oracle,
  cases: fc.Arbitrary<Case>,
  runs: number,
  comparison: Comparison<Case>,
): Promise<void> {
  const firstSeed = Number(process.env.GOMODKIT_TEST_SEED ?? Date.now() % 2 ** 31);
  const total = runs * scale;
  for (let done = 0, seed = firstSeed; done < total; done += batchSize, seed++) {
    const numRuns = Math.min(batchSize, total - done);
    await runBatch(oracle, cases, { seed, numRuns }, comparison);
  }
}

async function runBatch<Case>(
  oracle: Oracle,
  cases: fc.Arbitrary<Case>,
  { seed, numRuns }: { readonly seed: number; readonly numRuns: number },
  comparison: Comparison<Case>,
): Promise<void> {
  const values = fc.sample(cases, { seed, numRuns });
  const questions: Question[][] = [];
  for (const value of values) questions.push([...(await comparison.questions(value))]);
  const answers = await oracle.ask(questions.flat());
  let at = 0;
  for (const [i, value] of values.entries()) {
    const own = answers.slice(at, at + (questions[i]?.length ?? 0));
    at += own.length;
    try {
      await comparison.judge(value, own);
    } catch (error) {
      await replay(oracle, cases, { seed, path: String(i) }, comparison);
      throw new Error(`case ${i} of seed ${seed} failed only once`, { cause: error });
    }
  }
}

async function replay<Case>(
  oracle: Oracle,
  cases: fc.Arbitrary<Case>,
  place: { readonly seed: number; readonly path: string },
  comparison: Comparison<Case>,
): Promise<void> {
  const property = fc.asyncProperty(cases, async (value) => {
    await comparison.judge(value, await oracle.ask(await comparison.questions(value)));
  });
  await fc.assert(property, { ...place, numRuns: 1 });
}

/** A question, and what core answers to it. */
export type Pair = readonly [question: Question, ours: () => unknown];

/** Compares values and texts of errors, question by question. */
export function pairwise<Case>(pairs: (value: Case) => readonly Pair[]): Comparison<Case> {
  return {
    questions: (value) => pairs(value).map(([question]) => question),
    judge(value, answers) {
      for (const [i, [question, ours]] of pairs(value).entries()) {
        const core = outcome(ours);
        const go = answers[i] ?? {};
        if (isDeepStrictEqual(core, go) || isKnownDifference(question, core, go)) continue;
        assert.deepStrictEqual({ core, question }, { core: go, question });
      }
    },
  };
}

/** What a call gives, in the shape of an answer. */
export function outcome(call: () => unknown): Answer {
  try {
    return { value: call() };
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) };
  }
}
