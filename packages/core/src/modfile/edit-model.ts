// Typed models while they are edited, and the values that edits write.
//
// Invariants:
// - A model that is edited has its own lists and its own tree; what the caller gave stays as it is.
// - No value that an edit writes can be read back as syntax, whoever chose it.

import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { autoQuote } from './auto-quote.ts';
import { copyTree, type EditLine, type EditTree, removeLine } from './edit-tree.ts';
import type { Directive } from './go-mod.ts';
import type { FileSyntax } from './syntax.ts';

/** A directive of a model that is edited. */
export type Edited<D extends Directive> = Omit<D, 'syntax'> & { readonly syntax: EditLine };

type EditedPart<Part> = Part extends FileSyntax
  ? EditTree
  : Part extends readonly (infer Item extends Directive)[]
    ? Edited<Item>[]
    : Part extends Directive
      ? Edited<Part>
      : Part;

/** A model that is edited. */
export type Editable<Model> = { -readonly [Key in keyof Model]: EditedPart<Model[Key]> };

/** A copy of `model` to edit. Throws `invalid_argument` if a directive is not in the model's tree. */
export function editable<Model extends { readonly syntax: FileSyntax }>(model: Model): Editable<Model> {
  const { syntax, ...directives }: { readonly syntax: FileSyntax } = model;
  const { tree, copyOf } = copyTree(syntax);
  const own = (directive: Directive) => ({ ...directive, syntax: copyOf(directive.syntax) });
  const parts = Object.entries<Directive | Directive[] | undefined>(directives).flatMap(([name, part]) => {
    return part === undefined ? [] : [[name, Array.isArray(part) ? part.map(own) : own(part)]];
  });
  return { ...Object.fromEntries(parts), syntax: tree } as Editable<Model>;
}

/** What an edit makes of a directive: the same, another with the same line, or nothing. */
type Change<Item> = (item: Item) => Item | undefined;

function rewrite<Item extends { readonly syntax: EditLine }>(list: Item[], change: Change<Item>): void {
  let kept = 0;
  for (const item of list) {
    const changed = change(item);
    if (changed === undefined) removeLine(item.syntax);
    else list[kept++] = changed;
  }
  list.length = kept;
}

/** Removes the directives that `matches` says, and their lines. */
export function drop<Item extends { readonly syntax: EditLine }>(list: Item[], matches: (item: Item) => boolean): void {
  rewrite(list, (item) => (matches(item) ? undefined : item));
}

/** Changes the first directive that `matches`, removes the others that do, and says whether there was one. */
export function changeFirst<Item extends { readonly syntax: EditLine }>(
  list: Item[],
  matches: (item: Item) => boolean,
  change: Change<Item>,
): boolean {
  let found = false;
  rewrite(list, (item) => {
    if (!matches(item)) return item;
    if (found) return undefined;
    found = true;
    return change(item);
  });
  return found;
}

/** These stay bare (spec §9.8), and where they stand decides what they are. */
const syntaxTokens: ReadonlySet<string> = new Set(['(', ')', '[', ']', '{', '}', ',', '=>']);

/** `value` as a token (spec §9.8). Throws `invalid_argument` for one that no reader would take for a value. */
export function tokenOf(value: string): string {
  if (value !== '' && !syntaxTokens.has(value)) return autoQuote(value);
  throw new GoModKitError('invalid_argument', `${quote(value)} cannot be a value in a go.mod or go.work file`, {
    data: { value },
  });
}
