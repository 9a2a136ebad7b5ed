// The typed model of a go.mod file: what its directives say.
//
// Invariants:
// - Lists are in file order and keep duplicates (spec §9.14).
// - A byte of a path or version that is not UTF-8 is a lone surrogate U+DC80–U+DCFF, which no valid path or version has; in
//   text for people it is U+FFFD.
// - `syntax` is the line of the tree in `GoMod.syntax` itself, not a copy.

import type { FileSyntax, Line } from './syntax.ts';

/** A go.mod file, read by `parse` or `parseLax`. */
export interface GoMod {
  readonly module?: ModuleDirective;
  readonly go?: GoDirective;
  readonly toolchain?: ToolchainDirective;
  readonly godebug: readonly GodebugDirective[];
  readonly require: readonly RequireDirective[];
  readonly exclude: readonly ExcludeDirective[];
  readonly replace: readonly ReplaceDirective[];
  readonly retract: readonly RetractDirective[];
  readonly tool: readonly ToolDirective[];
  readonly ignore: readonly IgnoreDirective[];
  readonly syntax: FileSyntax;
}

/** Any directive. */
export interface Directive {
  /** Where it stands. */
  readonly syntax: Line;
}

/** `module example.com/m` (spec §9.11). */
export interface ModuleDirective extends Directive {
  /** Not validated by the parser. */
  readonly path: string;
  /** The deprecation message (spec §9.22). Absent when there is none; an empty one is none, as for the go command. */
  readonly deprecated?: string;
}

/** `go 1.24.0` (spec §9.12). */
export interface GoDirective extends Directive {
  /** Without `go`. The grammar is laxer than that of `gover`. */
  readonly version: string;
}

/** `toolchain go1.24.3` (spec §9.13). */
export interface ToolchainDirective extends Directive {
  /** With `go`; or `default`. */
  readonly name: string;
}

/** `godebug key=value` (spec §9.18). */
export interface GodebugDirective extends Directive {
  readonly key: string;
  readonly value: string;
}

/** `require example.com/m v1.2.3` (spec §9.14). */
export interface RequireDirective extends Directive {
  readonly path: string;
  /** Canonical, or as the version fixer gave it. */
  readonly version: string;
  /** Marked `// indirect` (spec §9.15). */
  readonly indirect: boolean;
}

/** `exclude example.com/m v1.2.3` (spec §9.14). */
export interface ExcludeDirective extends Directive {
  readonly path: string;
  /** Canonical, or as the version fixer gave it. */
  readonly version: string;
}

/** One side of a `replace`. */
export interface ReplaceTarget {
  /** A module path; on the new side without a version, a directory. */
  readonly path: string;
  /** Absent on the old side: all versions. Absent on the new side: a directory. */
  readonly version?: string;
}

/** `replace old [v1.2.3] => new v1.4.0` or `=> ../directory` (spec §9.16). */
export interface ReplaceDirective extends Directive {
  readonly old: ReplaceTarget;
  readonly new: ReplaceTarget;
}

/** `retract v1.2.3` or `retract [v1.0.0, v1.2.0]`, both ends included (spec §9.17). */
export interface RetractDirective extends Directive {
  /** As written, not canonical. */
  readonly low: string;
  /** As written, not canonical; the same as `low` for a single version. */
  readonly high: string;
  /** The text of its comments, or of its block's (spec §9.21); may be empty. */
  readonly rationale: string;
}

/** `tool example.com/m/cmd/x` (spec §9.18). */
export interface ToolDirective extends Directive {
  /** A package path. */
  readonly path: string;
}

/** `ignore ./dir` (spec §9.18). */
export interface IgnoreDirective extends Directive {
  readonly path: string;
}
