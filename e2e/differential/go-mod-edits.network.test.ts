// Formatting and editing: core makes of a file, byte for byte, what golang.org/x/mod does.

import {
  editGoMod,
  editGoWork,
  format,
  type GoModEditor,
  type GoWorkEditor,
  parse,
  parseLax,
  parseWork,
  type Requirement,
} from '@gomodkit/core/modfile';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAgreement, outcome, type Pair, pairwise } from './agreement.ts';
import { type EditCase, goModEdits, goWorkEdits, type Step } from './generators/go-mod-edits.ts';
import { goMod } from './generators/go-mods.ts';
import { goIsPresent, type Oracle, startOracle } from './go-oracle.ts';
import { bytesOfText } from './raw-text.ts';

type Editor = GoModEditor | GoWorkEditor;

const target = (path = '', version = '') => ({ path, version });

function requirements(args: readonly string[]): Requirement[] {
  return Array.from({ length: args.length / 3 }, (_, i) => {
    const [path = '', version = '', mark] = args.slice(3 * i);
    return { path, version, indirect: mark === 'indirect' };
  });
}

/** The arguments of core's method for those of Go's. */
function argumentsOf([name, ...args]: Step): unknown[] {
  const [a, b, c, d] = args;
  if (name === 'addReplace') return [target(a, b), target(c, d)];
  if (name === 'dropReplace') return [target(a, b)];
  if (name === 'addNewRequire') return [a, b, { indirect: c === 'indirect' }];
  if (name === 'addRetract') return [{ low: a, high: b }, c];
  if (name === 'dropRetract') return [{ low: a, high: b }];
  if (name === 'setUse') return [args];
  return name.startsWith('setRequire') ? [requirements(args)] : args;
}

/** Does the steps, and gives what tools/godiff gives. */
function edit(start: (text: string) => Editor, { text, steps }: EditCase): unknown {
  let editor = start(text);
  const texts: string[] = [];
  const errors: string[] = [];
  const print = () => format('goMod' in editor ? editor.goMod : editor.goWork);
  for (const step of [...steps, ['format'] as const]) {
    const [name] = step;
    if (name === 'format') texts.push(editor.format());
    else if (name === 'print') texts.push(print());
    else if (name === 'cleanup') editor.cleanup();
    else if (name === 'reread') editor = start(editor.format());
    else errors.push(outcome(() => method(editor, name).apply(editor, argumentsOf(step))).error ?? '');
  }
  return { texts, errors };
}

function method(editor: Editor, name: string): (...args: unknown[]) => unknown {
  return editor[name as keyof Editor] as (...args: unknown[]) => unknown;
}

const pairs =
  (op: string, start: (text: string) => Editor) =>
  (each: EditCase): Pair[] => [
    [{ op, args: [bytesOfText(each.text), JSON.stringify(each.steps)] }, () => edit(start, each)],
  ];

const modPairs = pairs('editMod', (text) => editGoMod(text));
const workPairs = pairs('editWork', (text) => editGoWork(text));

describe.skipIf(!goIsPresent)('edits of go.mod and go.work files, compared with Go', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(() => oracle?.close());

  it('sequences of edits of a go.mod', () => expectAgreement(oracle, goModEdits, modRuns, pairwise(modPairs)));

  it('sequences of edits of a go.work', () => expectAgreement(oracle, goWorkEdits, workRuns, pairwise(workPairs)));

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

  it('edits enough files that can be read for the comparison to mean something', async () => {
    const questions = fc.sample(goModEdits, 300).flatMap((each) => modPairs(each).map(([question]) => question));
    const answers = await oracle.ask(questions);
    expect(answers.filter(({ error }) => error === undefined).length).toBeGreaterThan(200);
  });
});

/** Ten times as many at full scale. */
const modRuns = 8000;
const workRuns = 2000;

/** What a go.work says, as tools/godiff puts it. */
function workSummary(text: string): unknown {
  const file = parseWork('go.work', bytesOfText(text));
  return {
    go: file.go?.version ?? '',
    toolchain: file.toolchain?.name ?? '',
    godebug: file.godebug.map(({ key, value }) => ({ key, value })),
    use: file.use.map(({ path }) => path),
    replace: file.replace.map((each) => ({
      old: target(each.old.path, each.old.version),
      new: target(each.new.path, each.new.version),
    })),
  };
}
