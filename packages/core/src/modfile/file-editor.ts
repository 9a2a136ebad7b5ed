// The edits that go.mod and go.work have in common.

import { GoModKitError } from '../errors/error.ts';
import { quote } from '../gotext/quote.ts';
import { mustQuote } from './auto-quote.ts';
import { changeFirst, drop, type Editable, tokenOf } from './edit-model.ts';
import {
  addBehind,
  addToEnd,
  addToLast,
  cleanUpTree,
  noComments,
  noPosition,
  removeLine,
  updateLine,
} from './edit-tree.ts';
import { format } from './format.ts';
import type { ReplaceTarget } from './go-mod.ts';
import { isGoVersion, isToolchainName } from './go-version.ts';
import type { GoWork } from './go-work.ts';
import type { Comment } from './syntax.ts';

type SharedModel = Pick<Editable<GoWork>, 'go' | 'toolchain' | 'godebug' | 'replace' | 'syntax'>;

/** Edits of both kinds of files. All give the editor itself, so that they can be chained. */
export abstract class FileEditor {
  readonly #file: SharedModel;

  constructor(file: SharedModel) {
    this.#file = file;
  }

  /** Removes the `go` directive. */
  dropGoStmt(): this {
    const { go } = this.#file;
    if (go !== undefined) removeLine(go.syntax);
    delete this.#file.go;
    return this;
  }

  /** Removes the `toolchain` directive. */
  dropToolchainStmt(): this {
    const { toolchain } = this.#file;
    if (toolchain !== undefined) removeLine(toolchain.syntax);
    delete this.#file.toolchain;
    return this;
  }

  /**
   * Sets `godebug key=value`: the first line for `key` is changed and others are removed; where there is none, it is added to
   * the last `godebug` block. Throws `invalid_argument` for text that a `godebug` line cannot hold (spec §9.18).
   */
  addGodebug(key: string, value: string): this {
    const setting = `${key}=${value}`;
    if (key === '' || key.includes('=') || setting.includes(',') || mustQuote(setting)) {
      throw new GoModKitError('invalid_argument', `invalid godebug setting ${quote(setting)}: must be key=value`, {
        data: { key, value },
      });
    }
    const { godebug, syntax } = this.#file;
    const found = changeFirst(
      godebug,
      (each) => each.key === key,
      (each) => {
        updateLine(each.syntax, 'godebug', [setting]);
        return { ...each, value };
      },
    );
    if (!found) godebug.push({ key, value, syntax: addToLast(syntax, 'godebug', [setting]) });
    return this;
  }

  /** Removes all `godebug` lines for `key`. */
  dropGodebug(key: string): this {
    drop(this.#file.godebug, (each) => each.key === key);
    return this;
  }

  /**
   * Replaces `old` by `target`, which is a directory if it has no version. Of the lines for `old`, or for any of its versions
   * if it has none, the first is changed and others are removed; where there is none, the new one stands behind the last for
   * another version, or at the end of the file.
   */
  addReplace(old: ReplaceTarget, target: ReplaceTarget): this {
    const { replace, syntax } = this.#file;
    const sides = { old: side(old), new: side(target) };
    const args = [...tokensOf(old), '=>', ...tokensOf(target)];
    const { path, version } = sides.old;
    const found = changeFirst(
      replace,
      (each) => each.old.path === path && (version === undefined || each.old.version === version),
      (each) => {
        updateLine(each.syntax, 'replace', args);
        return { ...sides, syntax: each.syntax };
      },
    );
    if (found) return this;
    const hint = replace.findLast((each) => each.old.path === path)?.syntax;
    const line = hint === undefined ? addToEnd(syntax, 'replace', args) : addBehind(syntax, hint, 'replace', args);
    replace.push({ ...sides, syntax: line });
    return this;
  }

  /** Removes the replacements of exactly `old`: without a version, those that are for all versions. */
  dropReplace(old: ReplaceTarget): this {
    const { path, version } = side(old);
    drop(this.#file.replace, (each) => each.old.path === path && each.old.version === version);
    return this;
  }

  /**
   * Adds comment lines at the end of the file, which belong to no directive. Throws `invalid_argument` unless each line of
   * `text` begins with `//`.
   */
  addComment(text: string): this {
    const before = text.split('\n').map((token): Comment => ({ start: noPosition, token, suffix: false }));
    if (!before.every(({ token }) => token.startsWith('//'))) {
      throw new GoModKitError('invalid_argument', 'a comment of a go.mod or go.work file must begin with //');
    }
    const comments = { ...noComments, before };
    this.#file.syntax.stmt.push({ kind: 'comments', comments, start: noPosition });
    return this;
  }

  /**
   * Gives removed lines up for good, with the comments above them, and empty blocks; a block of one entry becomes a line.
   * {@link format} does so first. In the middle of edits it decides where later ones go: a block that is empty until then
   * still takes new lines.
   */
  cleanup(): this {
    cleanUpTree(this.#file.syntax);
    return this;
  }

  /** Sorts the entries of each block, and removes duplicates of what may stand only once. */
  abstract sortBlocks(): this;

  /** Cleans up, and gives the text in Go's standard style. */
  format(): string {
    this.cleanup();
    return format(this.#file.syntax);
  }
}

/** An absent version may be written as an empty one, as in Go. */
function side({ path, version = '' }: ReplaceTarget): ReplaceTarget {
  return version === '' ? { path } : { path, version };
}

function tokensOf(target: ReplaceTarget): string[] {
  const { path, version } = side(target);
  return version === undefined ? [tokenOf(path)] : [tokenOf(path), tokenOf(version)];
}

/** Throws `invalid_version` for what no `go` directive may hold. */
export function checkGoVersion(version: string): void {
  if (isGoVersion(version)) return;
  throw new GoModKitError('invalid_version', `invalid language version ${quote(version)}`, { data: { version } });
}

/** Throws `invalid_version` for what no `toolchain` directive may hold. */
export function checkToolchainName(name: string): void {
  // The name is written as it is: a reader takes no quotes there.
  if (isToolchainName(name) && !mustQuote(name)) return;
  throw new GoModKitError('invalid_version', `invalid toolchain name ${quote(name)}`, { data: { name } });
}
