// What a module graph is to those who use one.

import type { GoMod, ReplaceTarget, VersionInterval } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { Pruning } from './pruning.ts';

/** Who knows go.mod files. A `ModuleSource` is one, and so is a `Repository`. */
export interface GoModReader {
  /** The go.mod of a canonical version: its bytes, or something that has them. */
  goMod(path: string, version: string, options?: CallOptions): Promise<Uint8Array | { readonly bytes: Uint8Array }>;
}

/** A go.mod that was read while a graph was loaded. */
export interface ReadGoMod {
  /** Whose requirements these are: the module as it is required. */
  readonly module: ModuleVersion;
  /** What stands in for it, and where the bytes are from. */
  readonly replace?: ReplaceTarget | undefined;
  readonly bytes: Uint8Array;
  /** As `parseLax` reads it. */
  readonly goMod: GoMod;
}

/** Options of {@link loadModuleGraph} and its relatives. */
export interface LoadGraphOptions extends CallOptions {
  /** Where go.mod files come from. */
  readonly source: GoModReader;
  /**
   * Reads the go.mod in a directory that a `replace` names, as written there: relative to the main module. Without it such
   * a replacement is `unsupported`.
   */
  readonly readReplacement?: ((directory: string, options: CallOptions) => Promise<Uint8Array>) | undefined;
  /** How many go.mod files are read at once. Default 16. */
  readonly concurrency?: number | undefined;
  /**
   * How many module versions a graph may have: whoever makes up versions as they are asked for could have one read for ever.
   * Default 200,000.
   */
  readonly limit?: number | undefined;
  /** Loads the whole graph, whatever the `go` lines say of pruning. The main module's requirements are taken as they are. */
  readonly unpruned?: boolean | undefined;
  /**
   * The version of Go at hand, as `1.26.8`: modules that need a newer one are errors (`unsupported`), as for the go command with
   * `GOTOOLCHAIN=local`. Without it no version is too new.
   */
  readonly goVersion?: string | undefined;
  /** Is handed each go.mod once, in no certain order. The graph itself keeps neither bytes nor syntax trees. */
  readonly onModule?: ((read: ReadGoMod) => void) | undefined;
}

/** What the go.mod of a dependency says that matters to others. */
export interface GoModSummary {
  /** The path it declares, which may be that of a replacement; empty for none. */
  readonly declaredPath: string;
  /** Its `go` line; empty for none. */
  readonly goVersion: string;
  readonly pruning: Pruning;
  /** Its requirements in file order, and on Go itself from `go 1.21` on. Exclusions of the main module are not applied. */
  readonly require: readonly ModuleVersion[];
  readonly retract: readonly Retraction[];
  /** The deprecation message; absent for none. */
  readonly deprecated?: string | undefined;
  /** The directories that `ignore` names. */
  readonly ignore: readonly string[];
}

/** Versions that a module's author took back (spec §9.17). */
export interface Retraction extends VersionInterval {
  readonly rationale: string;
}

/** A module of a build list. */
export interface GraphModule extends ModuleVersion {
  /** Set where the main module replaces it: a module with a version, or a directory. */
  readonly replace?: ReplaceTarget | undefined;
}

/**
 * The requirements of a main module and of everything it depends on, as far as graph pruning lets one look, and the versions
 * that minimal version selection selects of them (spec §8). Modules may be given as any object with path and version.
 */
export interface ModuleGraph {
  /** The main module; its version is empty. */
  readonly main: ModuleVersion;
  /** Whether dependencies of dependencies are left out: from `go 1.17` in the main module on. */
  readonly pruning: Pruning;
  /** All selected versions, the main module first, the others by path: what `go list -m all` prints. */
  readonly buildList: readonly GraphModule[];
  /**
   * The main module's requirements, sorted, each once and at its selected version. `go` is always among them, `toolchain` where
   * go.mod has a line for it.
   */
  readonly roots: readonly ModuleVersion[];
  /**
   * Whether go.mod has just these roots. Where it does not, `go build` says "updates to go.mod needed", and the graph is that
   * of the updated file, as `go mod graph` and `go list -m -mod=mod all` load it.
   */
  readonly consistent: boolean;
  /** The selected version of `path`, also of `go` and `toolchain`; empty for the main module; undefined when nothing requires it. */
  selected(path: string): string | undefined;
  /** What `module` requires; undefined when that was pruned out, or it is not in the graph. */
  requirements(module: ModuleVersion): readonly ModuleVersion[] | undefined;
  /** Who requires what, breadth first: each line that `go mod graph` prints. */
  edges(): Iterable<readonly [ModuleVersion, ModuleVersion]>;
  /** Every module version in the graph, selected or not, the main module first; also `go` and `toolchain`. */
  modules(): Iterable<ModuleVersion>;
  /**
   * Why `module` is in the graph: a shortest path of requirements from the main module to it. Undefined when it is not. The `version`
   * may be left out: then that of a path to the selected version.
   */
  requirementPath(module: {
    readonly path: string;
    readonly version?: string | undefined;
  }): readonly ModuleVersion[] | undefined;
  /** What stands in for `module`; undefined where it is not replaced. */
  replacement(module: ModuleVersion): ReplaceTarget | undefined;
  /**
   * What the go.mod of `module`, or of what stands in for it, says; undefined when it was not read. `modules()` names all that may
   * have been read.
   */
  goMod(module: ModuleVersion): GoModSummary | undefined;
}
