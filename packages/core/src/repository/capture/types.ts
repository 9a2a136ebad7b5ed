// What can be captured, and what is said while it is: types of the surface. They stand apart from the repository's, which refer to them.

import type { ErrorCode } from '../../errors/error.ts';
import type { GoMod } from '../../modfile/index.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { CallOptions } from '../../storage/storage.ts';

/**
 * What is to be captured with all it depends on: `MODULE@QUERY`, where the query is a version, branch, commit, `v1`, `v1.2` or `latest`;
 * or a go.mod.
 */
export type Wanted = string | WantedGoMod;

/** A project that is no version of a module: its dependencies are captured, itself it is not. */
export interface WantedGoMod {
  /** Its go.mod: text, or what `modfile.parse` made of it. `replace` and `exclude` hold. */
  readonly goMod: string | Uint8Array | GoMod;
  /** What messages and the report call it. Default: the path in its `module` line. */
  readonly name?: string | undefined;
  /**
   * Reads the go.mod in a directory that a `replace` names, as written there: relative to the project. Without it what such a
   * directory requires is unknown, and reported so.
   */
  readonly readReplacement?: ((directory: string, options: CallOptions) => Promise<Uint8Array>) | undefined;
}

/** What belongs to a closure. */
export interface ClosureOptions extends CallOptions {
  /** Zips of every version in the graph, not only of those that are selected. Default `false`. */
  readonly allZips?: boolean | undefined;
  /**
   * Also the zips of the build list without graph pruning. `go test all`, `go mod tidy` and `go get -u -t ./...` need none of them, but tests of
   * packages that the wanted module does not import do: `go get -t PACKAGE`, then `go test PACKAGE`. Default `false`.
   */
  readonly tests?: boolean | undefined;
  /** Platforms, as `linux-amd64`, for which the Go toolchains are captured that the wanted modules ask for. Default: none. */
  readonly toolchains?: readonly string[] | undefined;
  /** How many versions and zips are worked on at once. Sources have limits of their own. Default 32. */
  readonly concurrency?: number | undefined;
}

/** What belongs together: `.info` and `.mod` are published as one, a `.zip` follows. */
export type ClosureFile = 'version' | 'zip';

/** One of the wanted, found. */
export interface ClosureRoot extends ModuleVersion {
  /** As it was wanted: `example.com/m@latest`, or the name of a go.mod. */
  readonly wanted: string;
  /** Empty for a go.mod, which is not captured itself. */
  readonly version: string;
}

/** What is not there, and why. */
export interface ClosureRefusal {
  readonly path: string;
  /** Or the query, where that is what was refused. */
  readonly version: string;
  /** `requirements`: the version is there, but what it needs could not be found out. */
  readonly kind: ClosureFile | 'requirements';
  readonly code: ErrorCode;
  /** For people. */
  readonly reason: string;
  /** Whether it is one of the wanted. */
  readonly root: boolean;
}

/** A version of a plan. */
export interface PlannedVersion extends ModuleVersion {
  /** Whether the zip is wanted, or `.info` and `.mod` alone. */
  readonly zip: boolean;
}

/** What a capture would capture. */
export interface ClosurePlan {
  readonly roots: readonly ClosureRoot[];
  /** Sorted by path, then by version. */
  readonly versions: readonly PlannedVersion[];
  readonly refused: readonly ClosureRefusal[];
}

/** How much of something: versions, zips, and bytes of go.mod files and zips. */
export interface CaptureCount {
  readonly versions: number;
  readonly zips: number;
  readonly bytes: number;
}

/** A version or zip that is in the repository now. */
export interface CapturedFile extends ModuleVersion {
  readonly kind: ClosureFile;
  /** `new`: stored by this capture. `present`: it was there. */
  readonly outcome: 'new' | 'present';
  /** Bytes of the go.mod or the zip. */
  readonly bytes: number;
}

/** What a capture came to. */
export interface CaptureReport {
  readonly roots: readonly ClosureRoot[];
  readonly new: CaptureCount;
  readonly present: CaptureCount;
  readonly refused: readonly ClosureRefusal[];
  /** Whole milliseconds. */
  readonly milliseconds: {
    /** Until the plan was complete: every go.mod in the graphs was read. Zips are fetched meanwhile, as soon as they are known to be wanted. */
    readonly plan: number;
    readonly total: number;
  };
}

/** What happens during a capture, in this order: roots are resolved, plans grow while files arrive, `done` is the last. */
export type CaptureEvent =
  | ({ readonly type: 'resolved' } & ClosureRoot)
  /** How much is wanted, as far as is known. Both numbers only grow, until all that is wanted is known and they are `complete`. */
  | { readonly type: 'planned'; readonly versions: number; readonly zips: number; readonly complete: boolean }
  | ({ readonly type: 'file' } & CapturedFile)
  | ({ readonly type: 'refused' } & ClosureRefusal)
  | { readonly type: 'done'; readonly report: CaptureReport };
