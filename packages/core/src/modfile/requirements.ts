// The requirements of a go.mod while it is edited: `// indirect` marks, new versions, new lists.
//
// Invariants:
// - What a comment says beside `indirect` stays.
// - Of several requirements of one module the first keeps its line, with its comments.

import { GoModKitError } from '../errors/error.ts';
import { trimSpace } from '../gotext/spaces.ts';
import { isIndirect } from './comment-text.ts';
import { drop, type Editable, type Edited, tokenOf } from './edit-model.ts';
import { addToLast, type EditLine, noPosition } from './edit-tree.ts';
import type { GoMod, RequireDirective } from './go-mod.ts';

/** A module that is to be required. */
export interface Requirement {
  readonly path: string;
  readonly version: string;
  /** Whether it is to be marked `// indirect`. */
  readonly indirect?: boolean | undefined;
}

/** A requirement of a file that is edited. */
export type EditedRequire = Edited<RequireDirective>;

/** The requirements by path. Throws `invalid_argument` for two versions of one module. */
export function requirementsByPath(requirements: Iterable<Requirement>): Map<string, Requirement> {
  const byPath = new Map<string, Requirement>();
  for (const requirement of requirements) {
    const { path, version } = requirement;
    const other = byPath.get(path)?.version ?? version;
    if (other !== version) {
      throw new GoModKitError('invalid_argument', `conflicting versions for ${path}: ${other} and ${version}`, {
        data: { path, versions: [other, version] },
      });
    }
    byPath.set(path, requirement);
  }
  return byPath;
}

/** Adds a requirement to the last `require` block, whatever stands there. */
export function addRequirement(
  { require, syntax }: Pick<Editable<GoMod>, 'require' | 'syntax'>,
  { path, version, indirect = false }: Requirement,
): void {
  const line = addToLast(syntax, 'require', [tokenOf(path), tokenOf(version)]);
  markIndirect(line, indirect);
  require.push({ path, version, indirect, syntax: line });
}

/** Makes `require` what is wanted, each requirement where it stands, new ones in the last block. */
export function setRequirements(
  file: Pick<Editable<GoMod>, 'require' | 'syntax'>,
  wanted: ReadonlyMap<string, Requirement>,
): void {
  const missing = new Map(wanted);
  drop(file.require, ({ path }) => !missing.delete(path));
  for (const [i, require] of file.require.entries()) {
    const requirement = wanted.get(require.path);
    if (requirement !== undefined) file.require[i] = updated(require, requirement);
  }
  for (const requirement of missing.values()) addRequirement(file, requirement);
}

/** Writes version and mark of `wanted` into the line of `require`. */
export function updated(require: EditedRequire, { version, indirect = false }: Requirement): EditedRequire {
  setVersion(require.syntax, version);
  markIndirect(require.syntax, indirect);
  return { ...require, version, indirect };
}

function setVersion(line: EditLine, version: string): void {
  const { before, suffix } = line.comments;
  const [only, ...more] = before;
  // A lone blank line above an entry goes, so that later sorting leaves no gaps.
  if (line.inBlock && only?.token === '' && more.length === 0) line.comments = { before: [], suffix };
  line.token = [...line.token.slice(0, -1), tokenOf(version)];
}

const slashes = '//';
const mark = 'indirect';

/** Marks a requirement as indirect, or not (spec §9.15). */
export function markIndirect(line: EditLine, indirect: boolean): void {
  if (isIndirect(line) === indirect) return;
  const { before, suffix } = line.comments;
  const [first, ...more] = suffix;
  const text = trimSpace(first?.token.slice(slashes.length) ?? '');
  const comment = indirect ? withMark(text) : withoutMark(first?.token ?? '', text);
  if (comment === undefined) line.comments = { before, suffix: [] };
  else {
    const start = first?.start ?? noPosition;
    line.comments = { before, suffix: [{ start, token: comment, suffix: true }, ...more] };
  }
}

function withMark(text: string): string {
  return text === '' ? `// ${mark}` : `// ${mark}; ${text}`;
}

/** Undefined when nothing is left to say. */
function withoutMark(comment: string, text: string): string | undefined {
  if (text === mark) return undefined;
  const end = `${mark};`;
  return slashes + comment.slice(comment.indexOf(end) + end.length);
}
