// Editing a go.mod file: x/mod's edits, under its names, with its results to the byte.
//
// Invariants:
// - What `parse` gives never changes: an editor copies it first. The editor's own model and tree change with each edit.
// - An edit changes the lines it is about and no others; comments stay with their lines.
// - What is refused changes nothing.

import { checkCanonicalVersion } from './canonical-version.ts';
import { commentText } from './comment-text.ts';
import { changeFirst, drop, type Editable, editable, tokenOf } from './edit-model.ts';
import { addBehind, addToEnd, addToLast, type EditLine, noPosition, updateLine } from './edit-tree.ts';
import { checkGoVersion, checkToolchainName, FileEditor } from './file-editor.ts';
import type { GoMod } from './go-mod.ts';
import { type ParseOptions, parse } from './parse.ts';
import { addRequirement, type Requirement, requirementsByPath, setRequirements } from './requirements.ts';
import type { VersionInterval } from './retract.ts';
import { setSeparateRequirements } from './separate-requirements.ts';
import { goModOrder, removeDuplicates, sortTree } from './sort-blocks.ts';

/** Options of {@link editGoMod} and `editGoWork`. */
export interface EditOptions extends ParseOptions {
  /** The file's name in messages; `go.mod` or `go.work` if not given. */
  readonly name?: string | undefined;
}

/**
 * An editor for a go.mod file: its text, or what `parse` or `parseLax` made of it, which stays as it is. Empty text begins a new
 * file. Throws as `parse` does.
 *
 * @example
 * ```ts
 * import { editGoMod } from '@gomodkit/core/modfile';
 *
 * const text = 'module example.com/m\n\ngo 1.24\n\nrequire example.com/lib v1.2.3 // pinned: see #12\n';
 * editGoMod(text).addRequire('example.com/lib', 'v1.3.0').addTool('example.com/cmd/gen').format();
 * // module example.com/m
 * //
 * // go 1.24
 * //
 * // require example.com/lib v1.3.0 // pinned: see #12
 * //
 * // tool example.com/cmd/gen
 * ```
 */
export function editGoMod(source: GoMod | Uint8Array | string, options: EditOptions = {}): GoModEditor {
  const isText = typeof source === 'string' || source instanceof Uint8Array;
  return new GoModEditor(isText ? parse(options.name ?? 'go.mod', source, options) : source);
}

/**
 * The text of a go.mod file as `go mod edit -fmt` leaves it: blocks sorted, duplicates gone, blocks of one line made a line.
 * Throws as `parse` does.
 */
export function formatGoMod(data: Uint8Array | string, options: EditOptions = {}): string {
  return editGoMod(data, options).sortBlocks().format();
}

/**
 * Edits a go.mod file. The edits are those of x/mod's `File`, and can be chained. Paths and versions are quoted where needed,
 * but only retractions and exclusions are checked, as in Go: the version of a requirement may be a branch that is still to be
 * resolved. Throws `invalid_argument` for a value that cannot stand in a file at all.
 */
export class GoModEditor extends FileEditor {
  readonly #file: Editable<GoMod>;

  constructor(goMod: GoMod) {
    const file = editable(goMod);
    super(file);
    this.#file = file;
  }

  /**
   * The model as it is now. It changes with further edits; its tree holds removed lines, without tokens, until `cleanup`.
   */
  get goMod(): GoMod {
    return this.#file;
  }

  /** Sets the module path; a new `module` directive goes to the end of the file. */
  addModuleStmt(path: string): this {
    const { module, syntax } = this.#file;
    const args = [tokenOf(path)];
    if (module !== undefined) updateLine(module.syntax, 'module', args);
    const line = module?.syntax ?? addToLast(syntax, 'module', args);
    this.#file.module = { ...module, path, syntax: line };
    return this;
  }

  /** Sets the version of Go, such as `1.24.0`; a new `go` goes behind `module`. Throws `invalid_version` (spec §9.12). */
  addGoStmt(version: string): this {
    checkGoVersion(version);
    const { go, module } = this.#file;
    this.#file.go = { version, syntax: this.#setLine('go', version, go?.syntax, module?.syntax) };
    return this;
  }

  /**
   * Sets the toolchain, such as `go1.24.3` or `default`; a new `toolchain` goes behind `go`, or `module`. Throws
   * `invalid_version` (spec §9.13).
   */
  addToolchainStmt(name: string): this {
    checkToolchainName(name);
    const { toolchain, go, module } = this.#file;
    const hint = go?.syntax ?? module?.syntax;
    this.#file.toolchain = { name, syntax: this.#setLine('toolchain', name, toolchain?.syntax, hint) };
    return this;
  }

  #setLine(verb: string, arg: string, line: EditLine | undefined, hint: EditLine | undefined): EditLine {
    const { syntax } = this.#file;
    if (line !== undefined) updateLine(line, verb, [arg]);
    return line ?? (hint === undefined ? addToLast(syntax, verb, [arg]) : addBehind(syntax, hint, verb, [arg]));
  }

  /**
   * Requires `path` at `version`: the first line for it is changed, with its comments kept, and others are removed; where there
   * is none, {@link addNewRequire}.
   */
  addRequire(path: string, version: string): this {
    const args = [tokenOf(path), tokenOf(version)];
    const found = changeFirst(
      this.#file.require,
      (each) => each.path === path,
      (each) => {
        updateLine(each.syntax, 'require', args);
        return { ...each, version };
      },
    );
    return found ? this : this.addNewRequire(path, version);
  }

  /** Adds a line to the last `require` block, also where there is one for `path` already. */
  addNewRequire(path: string, version: string, options: Pick<Requirement, 'indirect'> = {}): this {
    addRequirement(this.#file, { path, version, indirect: options.indirect });
    return this;
  }

  /** Removes the requirements of `path`. */
  dropRequire(path: string): this {
    drop(this.#file.require, (each) => each.path === path);
    return this;
  }

  /**
   * Makes the requirements exactly these. Each stays in its block, with its comments but for `// indirect`; new ones go to the
   * last block. Sorts all blocks. Throws `invalid_argument` for two versions of one module.
   */
  setRequire(requirements: Iterable<Requirement>): this {
    setRequirements(this.#file, checked(requirements));
    return this.sortBlocks();
  }

  /**
   * Makes the requirements exactly these, direct and indirect ones in blocks of their own, as the go command does from Go 1.17
   * on. Blocks and lines with comments stay as they are; a file's only block is split. Sorts all blocks. Throws
   * `invalid_argument` for two versions of one module.
   */
  setRequireSeparateIndirect(requirements: Iterable<Requirement>): this {
    setSeparateRequirements(this.#file, checked(requirements), false);
    return this.sortBlocks();
  }

  /** {@link setRequireSeparateIndirect}, but in two blocks at most, whatever comments there are; they stay above the two. */
  setRequireAtMostTwo(requirements: Iterable<Requirement>): this {
    setSeparateRequirements(this.#file, checked(requirements), true);
    return this.sortBlocks();
  }

  /**
   * Excludes a version, behind the other exclusions of that module, or at the end of the file. Throws `invalid_version` unless
   * the version is canonical and fits `path` (spec §9.14).
   */
  addExclude(path: string, version: string): this {
    checkCanonicalVersion(path, version);
    const { exclude, syntax } = this.#file;
    const same = exclude.filter((each) => each.path === path);
    if (same.some((each) => each.version === version)) return this;
    const args = [tokenOf(path), version];
    const hint = same.at(-1)?.syntax;
    const line = hint === undefined ? addToEnd(syntax, 'exclude', args) : addBehind(syntax, hint, 'exclude', args);
    exclude.push({ path, version, syntax: line });
    return this;
  }

  /** Removes the exclusion of exactly this version. */
  dropExclude(path: string, version: string): this {
    drop(this.#file.exclude, (each) => each.path === path && each.version === version);
    return this;
  }

  /**
   * Retracts a version or an interval, in the last `retract` block. The lines of `rationale` become comments above it. Throws
   * `invalid_version` unless the versions are canonical and fit the module's path (spec §9.17).
   */
  addRetract(versions: string | VersionInterval, rationale = ''): this {
    const { low, high } = intervalOf(versions);
    const { module, retract, syntax } = this.#file;
    checkCanonicalVersion(module?.path ?? '', high);
    checkCanonicalVersion(module?.path ?? '', low);
    const line = addToLast(syntax, 'retract', low === high ? [low] : ['[', low, ',', high, ']']);
    const lines = rationale === '' ? [] : rationale.split('\n');
    const before = lines.map((text) => ({ start: noPosition, token: `// ${text}`, suffix: false }));
    line.comments = { before, suffix: [] };
    const block = syntax.stmt.find((stmt) => stmt.kind === 'block' && stmt.line.includes(line));
    const text = commentText(line, block?.kind === 'block' ? block : undefined);
    retract.push({ low, high, rationale: text, syntax: line });
    return this;
  }

  /** Removes the retractions of exactly this version or interval. */
  dropRetract(versions: string | VersionInterval): this {
    const { low, high } = intervalOf(versions);
    drop(this.#file.retract, (each) => each.low === low && each.high === high);
    return this;
  }

  /** Adds a `tool`, the path of a package, to the last block of them, and sorts all blocks. Nothing if it is there. */
  addTool(path: string): this {
    return this.#addPath('tool', path);
  }

  /** Removes a `tool`. */
  dropTool(path: string): this {
    drop(this.#file.tool, (each) => each.path === path);
    return this;
  }

  /** Adds an `ignore`, a directory, to the last block of them, and sorts all blocks. Nothing if it is there. */
  addIgnore(path: string): this {
    return this.#addPath('ignore', path);
  }

  /** Removes an `ignore`. */
  dropIgnore(path: string): this {
    drop(this.#file.ignore, (each) => each.path === path);
    return this;
  }

  #addPath(verb: 'tool' | 'ignore', path: string): this {
    const list = this.#file[verb];
    if (list.some((each) => each.path === path)) return this;
    list.push({ path, syntax: addToLast(this.#file.syntax, verb, [tokenOf(path)]) });
    return this.sortBlocks();
  }

  /**
   * Sorts the entries of each block, and removes duplicates: the first `exclude`, `tool` and `ignore` stay, and the last `replace`.
   * Exclusions of a module are sorted by version from `go 1.21` on, retractions latest first.
   */
  override sortBlocks(): this {
    removeDuplicates(this.#file);
    sortTree(this.#file.syntax, goModOrder(this.#file.go?.version));
    return this;
  }
}

/** By path, all of them writable. */
function checked(requirements: Iterable<Requirement>): ReadonlyMap<string, Requirement> {
  const byPath = requirementsByPath(requirements);
  for (const { path, version } of byPath.values()) {
    tokenOf(path);
    tokenOf(version);
  }
  return byPath;
}

function intervalOf(versions: string | VersionInterval): VersionInterval {
  return typeof versions === 'string' ? { low: versions, high: versions } : versions;
}
