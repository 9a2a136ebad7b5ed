// What a bundle is: types of the surface.
//
// A bundle is one tar stream. Unpacked, it is a static GOPROXY tree: files of versions under the keys that a storage has, `@v/list` of every
// module, and, where a checksum database has them, `sumdb/NAME/…` as the go command asks for it (spec §10.23, §10.24). What is ours is
// below `.gomodkit/`: the manifest, which comes first, and a proof file for each recorded version.

import type { ErrorCode } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { ClosureRefusal, ClosureRoot, PlannedVersion } from '../repository/capture/types.ts';

/** A version in a bundle, with the sums of its files. */
export interface BundleModule extends ModuleVersion {
  /** `h1:` of go.mod. */
  readonly goMod: string;
  /** SHA-256 of the `.info`, in hex; absent where the version is withdrawn or denied, and only its go.mod is there for graphs that mention it. */
  readonly info?: string | undefined;
  /** `h1:` of the zip; absent where only its go.mod is needed. */
  readonly zip?: string | undefined;
  /** Bytes of the zip, for progress. Not to be trusted. */
  readonly size?: number | undefined;
  /** Whether the checksum database has it: then its record and proof are there. */
  readonly record?: boolean | undefined;
}

/** One of the wanted; for a go.mod with what that requires, as `path version`. */
export interface BundleRoot extends ClosureRoot {
  readonly requires?: readonly string[] | undefined;
}

/** What is wanted in a bundle. */
export interface BundleContents {
  readonly roots: readonly BundleRoot[];
  readonly versions: readonly PlannedVersion[];
  /** What is not there. */
  readonly refused: readonly ClosureRefusal[];
}

/** The first file of a bundle: what it holds, in this order. */
export interface BundleManifest {
  readonly roots: readonly BundleRoot[];
  /** What was wanted and is not there: `path@version: reason`. */
  readonly missing: readonly string[];
  /** The checksum database of the records, and the signed note of the one tree that all proofs are of. */
  readonly sumdb?: { readonly name: string; readonly note: string } | undefined;
  readonly modules: readonly BundleModule[];
}

/** What became of a version of a bundle. */
export type ImportEvent =
  | { readonly type: 'manifest'; readonly manifest: BundleManifest }
  /** `new`: stored by this import. `present`: it was there, with the same sums. */
  | ({
      readonly type: 'version';
      readonly outcome: 'new' | 'present';
      readonly proven: boolean;
      /** Bytes of the zip, where it was stored. */
      readonly bytes: number;
    } & BundleModule)
  | ({ readonly type: 'refused' } & ImportRefusal)
  | { readonly type: 'done'; readonly report: ImportReport };

/** What was not taken, and why. */
export interface ImportRefusal {
  /** A version, or the checksum database's records as a whole. */
  readonly subject: string;
  readonly code: ErrorCode;
  /** For people. */
  readonly reason: string;
}

/** How an import ended. */
export interface ImportReport {
  readonly new: number;
  readonly present: number;
  /** Versions whose sums a checksum database proves. */
  readonly proven: number;
  /** Bytes of zips that were stored. */
  readonly bytes: number;
  readonly refused: readonly ImportRefusal[];
  /** What the bundle says it lacks. */
  readonly missing: readonly string[];
}
