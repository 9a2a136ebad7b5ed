// Editing a go.work file. The invariants are those of go-mod-editor.ts.

import { changeFirst, drop, type Editable, editable, tokenOf } from './edit-model.ts';
import { addToLast, type EditLine, newLine, updateLine } from './edit-tree.ts';
import { checkGoVersion, checkToolchainName, FileEditor } from './file-editor.ts';
import type { EditOptions } from './go-mod-editor.ts';
import type { GoWork } from './go-work.ts';
import { parseWork } from './parse-work.ts';
import { byTokens, removeDuplicates, sortTree } from './sort-blocks.ts';

/**
 * An editor for a go.work file: its text, or what `parseWork` or `parseWorkLax` made of it, which stays as it is. Empty text begins
 * a new file. Throws as `parseWork` does.
 *
 * @example
 * ```ts
 * import { editGoWork } from '@gomodkit/core/modfile';
 *
 * editGoWork('go 1.24\n').addUse('./cmd').addUse('./lib').format(); // 'go 1.24\n\nuse (\n\t./cmd\n\t./lib\n)\n'
 * ```
 */
export function editGoWork(source: GoWork | Uint8Array | string, options: EditOptions = {}): GoWorkEditor {
  const isText = typeof source === 'string' || source instanceof Uint8Array;
  return new GoWorkEditor(isText ? parseWork(options.name ?? 'go.work', source, options) : source);
}

/** The text of a go.work file as `go work edit -fmt` leaves it. Throws as `parseWork` does. */
export function formatGoWork(data: Uint8Array | string, options: EditOptions = {}): string {
  return editGoWork(data, options).sortBlocks().format();
}

/** Edits a go.work file. The edits are those of x/mod's `WorkFile`, and can be chained. */
export class GoWorkEditor extends FileEditor {
  readonly #file: Editable<GoWork>;

  constructor(goWork: GoWork) {
    const file = editable(goWork);
    super(file);
    this.#file = file;
  }

  /**
   * The model as it is now. It changes with further edits; its tree holds removed lines, without tokens, until `cleanup`.
   */
  get goWork(): GoWork {
    return this.#file;
  }

  /**
   * Sets the version of Go; a new `go` goes to the top of the file, below comments that stand alone. Throws `invalid_version`.
   */
  addGoStmt(version: string): this {
    checkGoVersion(version);
    this.#file.go = { version, syntax: this.#setLine('go', version, this.#file.go?.syntax, this.#top()) };
    return this;
  }

  /** Sets the toolchain; a new `toolchain` goes behind `go`, or to the top of the file. Throws `invalid_version`. */
  addToolchainStmt(name: string): this {
    checkToolchainName(name);
    const go = this.#file.syntax.stmt.findIndex((stmt) => stmt.kind === 'line' && stmt.token[0] === 'go');
    const index = go < 0 ? this.#top() : go + 1;
    this.#file.toolchain = { name, syntax: this.#setLine('toolchain', name, this.#file.toolchain?.syntax, index) };
    return this;
  }

  #top(): number {
    const { stmt } = this.#file.syntax;
    const first = stmt.findIndex(({ kind }) => kind !== 'comments');
    return first < 0 ? stmt.length : first;
  }

  #setLine(verb: string, arg: string, line: EditLine | undefined, index: number): EditLine {
    if (line !== undefined) {
      updateLine(line, verb, [arg]);
      return line;
    }
    const added = newLine([verb, arg], false);
    this.#file.syntax.stmt.splice(index, 0, added);
    return added;
  }

  /** Adds a module's directory to the last `use` block; where there are lines for it, the first stays and others are removed. */
  addUse(path: string): this {
    const { use, syntax } = this.#file;
    const args = [tokenOf(path)];
    const found = changeFirst(
      use,
      (each) => each.path === path,
      (each) => {
        updateLine(each.syntax, 'use', args);
        return each;
      },
    );
    if (!found) use.push({ path, syntax: addToLast(syntax, 'use', args) });
    return this;
  }

  /** Removes a directory. */
  dropUse(path: string): this {
    drop(this.#file.use, (each) => each.path === path);
    return this;
  }

  /** Makes the directories exactly these, the present ones where they stand, new ones in the last block. Sorts all blocks. */
  setUse(paths: Iterable<string>): this {
    const { use, syntax } = this.#file;
    const missing = new Map([...paths].map((path) => [path, [tokenOf(path)]]));
    drop(use, ({ path }) => !missing.delete(path));
    for (const [path, args] of missing) use.push({ path, syntax: addToLast(syntax, 'use', args) });
    return this.sortBlocks();
  }

  /** Sorts the entries of each block, and removes replacements that a later one makes void. */
  override sortBlocks(): this {
    removeDuplicates(this.#file);
    sortTree(this.#file.syntax, () => byTokens);
    return this;
  }
}
