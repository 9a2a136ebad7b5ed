// The typed model of a go.work file: what its directives say. The invariants are those of go-mod.ts.

import type { Directive, GoDirective, GodebugDirective, ReplaceDirective, ToolchainDirective } from './go-mod.ts';
import type { FileSyntax } from './syntax.ts';

/** A go.work file, read by `parseWork` or `parseWorkLax`. */
export interface GoWork {
  readonly go?: GoDirective;
  readonly toolchain?: ToolchainDirective;
  readonly godebug: readonly GodebugDirective[];
  readonly use: readonly UseDirective[];
  readonly replace: readonly ReplaceDirective[];
  readonly syntax: FileSyntax;
}

/** `use ./directory`: a module of the workspace. */
export interface UseDirective extends Directive {
  /** The module's directory, as written; with `/`, and relative to that of the go.work file unless rooted. */
  readonly path: string;
}
