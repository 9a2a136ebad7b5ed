// Formatting and editing: core makes of a file, byte for byte, what golang.org/x/mod does.

import { format, parse, parseLax, parseWork, type ReplaceTarget } from '@gomodkit/core/modfile';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Edited, edit } from '../../packages/core/test/edits.ts';
import { goldenEdits } from '../../packages/core/test/golden-edits.ts';
import { expectAgreement, type Pair, pairwise } from './agreement.ts';
import { type EditCase, goModEdits, goWorkEdits } from './generators/go-mod-edits.ts';
import { goMod } from './generators/go-mods.ts';
import { goIsPresent, type Oracle, startOracle } from './go-oracle.ts';
import { bytesOfText } from './raw-text.ts';

/** Ten times as many at full scale. */
const modRuns = 8000;
const workRuns = 2000;

const pairs =
  (kind: 'mod' | 'work') =>
  ({ text, steps }: EditCase): Pair[] => [
    [
      { op: kind === 'mod' ? 'editMod' : 'editWork', args: [bytesOfText(text), JSON.stringify(steps)] },
      () => edit(kind, text, steps),
    ],
  ];

describe.skipIf(!goIsPresent)('edits of go.mod and go.work files, compared with Go', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(() => oracle?.close());

  it('sequences of edits of a go.mod', () => expectAgreement(oracle, goModEdits, modRuns, pairwise(pairs('mod'))));

  it('sequences of edits of a go.work', () => expectAgreement(oracle, goWorkEdits, workRuns, pairwise(pairs('work'))));

  it('formatting of any text that can be read', () =>
    expectAgreement(
      oracle,
      goMod,
      1000,
      pairwise((data) => [
        [{ op: 'format', args: [data] }, () => format(parse('go.mod', data))],
        [{ op: 'formatLax', args: [data] }, () => format(parseLax('go.mod', data))],
        [{ op: 'formatWork', args: [data] }, () => format(parseWork('go.work', data))],
      ]),
    ));

  it('reads go.work files, and says what is wrong with them', () =>
    expectAgreement(
      oracle,
      goWorkEdits,
      500,
      pairwise(({ text }) => [[{ op: 'parseWork', args: [bytesOfText(text)] }, () => workSummary(text)]]),
    ));

  it('the goldens of core are what Go gives', async () => {
    const answers = await oracle.ask(
      goldenEdits.map(({ kind, text, steps }) => ({
        op: kind === 'mod' ? 'editMod' : 'editWork',
        args: [text, JSON.stringify(steps)],
      })),
    );
    for (const [i, { name, texts, errors }] of goldenEdits.entries()) {
      const edited = answers[i]?.value as Edited;
      expect({ name, texts: edited.texts, errors: edited.errors.filter((error) => error !== '') }).toEqual({
        name,
        texts,
        errors,
      });
    }
  });

  it('edits enough files that can be read for the comparison to mean something', async () => {
    const questions = fc.sample(goModEdits, 300).flatMap((each) => pairs('mod')(each).map(([question]) => question));
    const answers = await oracle.ask(questions);
    expect(answers.filter(({ error }) => error === undefined).length).toBeGreaterThan(200);
  });
});

/** What a go.work says, as tools/godiff puts it. */
function workSummary(text: string): unknown {
  const file = parseWork('go.work', bytesOfText(text));
  return {
    go: file.go?.version ?? '',
    toolchain: file.toolchain?.name ?? '',
    godebug: file.godebug.map(({ key, value }) => ({ key, value })),
    use: file.use.map(({ path }) => path),
    replace: file.replace.map((each) => ({
      old: target(each.old),
      new: target(each.new),
    })),
  };
}

function target({ path, version = '' }: ReplaceTarget): { readonly path: string; readonly version: string } {
  return { path, version };
}
