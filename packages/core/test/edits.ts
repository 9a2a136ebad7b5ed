// Edits of go.mod and go.work files as data: the names and arguments of x/mod, so that Go and core can be given the same.

import {
  editGoMod,
  editGoWork,
  format,
  type GoModEditor,
  type GoWorkEditor,
  type Requirement,
} from '../src/modfile/index.ts';

/** An edit and its arguments. `format`, `print`, `cleanup` and `reread` are what is done with the file in between. */
export type Step = readonly [name: string, ...args: string[]];

/** What a file became, and what each edit said. */
export interface Edited {
  /** The file at each `format`, which cleans up, or `print`, which does not, and at the end. */
  readonly texts: readonly string[];
  /** The error of each edit; empty for none. */
  readonly errors: readonly string[];
}

type Editor = GoModEditor | GoWorkEditor;

const start: Readonly<Record<'mod' | 'work', (text: string) => Editor>> = {
  mod: (text) => editGoMod(text),
  work: (text) => editGoWork(text),
};

/** Does the steps. */
export function edit(kind: 'mod' | 'work', text: string, steps: readonly Step[]): Edited {
  const { texts, errors } = editedBy(kind, text, steps);
  return { texts, errors };
}

/** {@link edit}, with the editor that did the last of them. */
export function editedBy(
  kind: 'mod' | 'work',
  text: string,
  steps: readonly Step[],
): Edited & { readonly editor: Editor } {
  let editor = start[kind](text);
  const texts: string[] = [];
  const errors: string[] = [];
  for (const step of [...steps, ['format'] as const]) {
    const [name] = step;
    if (name === 'format') texts.push(editor.format());
    else if (name === 'print') texts.push(format('goMod' in editor ? editor.goMod : editor.goWork));
    else if (name === 'cleanup') editor.cleanup();
    else if (name === 'reread') editor = start[kind](editor.format());
    else errors.push(errorOf(() => methodOf(editor, name).apply(editor, argumentsOf(step))));
  }
  return { texts, errors, editor };
}

function errorOf(call: () => unknown): string {
  try {
    call();
    return '';
  } catch (error) {
    if (error instanceof TypeError) throw error;
    return (error as Error).message;
  }
}

function methodOf(editor: Editor, name: string): (...args: unknown[]) => unknown {
  return editor[name as keyof Editor] as (...args: unknown[]) => unknown;
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

function target(path = '', version = ''): { readonly path: string; readonly version: string } {
  return { path, version };
}

function requirements(args: readonly string[]): Requirement[] {
  return Array.from({ length: args.length / 3 }, (_, i) => {
    const [path = '', version = '', mark] = args.slice(3 * i);
    return { path, version, indirect: mark === 'indirect' };
  });
}
