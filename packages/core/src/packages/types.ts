// What packages are to those who load them.

import type { GoModReader, LoadGraphOptions, ModuleImports } from '../graph/index.ts';
import type { GoMod } from '../modfile/index.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { ModuleFiles } from './module-files.ts';
import type { ZipSource } from './module-trees.ts';

/** The module that is worked on: its `replace` and `exclude` hold, and its tests count. */
export interface MainModule {
  readonly goMod: GoMod;
  readonly files: ModuleFiles;
}

/** Options of {@link loadPackages} and its relatives. */
export interface LoadPackagesOptions extends CallOptions, Pick<LoadGraphOptions, 'goVersion' | 'onModule'> {
  /** Where go.mod files and zips come from: a `ModuleSource`, or `repositorySource(repository)`. */
  readonly source: GoModReader & ZipSource;
  /**
   * The files of a directory that a `replace` names, as written there: relative to the main module. Without it such a replacement is
   * `unsupported`.
   */
  readonly replacementFiles?: ((directory: string, options: CallOptions) => Promise<ModuleFiles>) | undefined;
  /**
   * Is told why a module could not be looked at, once for each reason: where it is not that the module or package is missing, the go
   * command with a better connection might answer otherwise.
   */
  readonly onError?: ((error: Error) => void) | undefined;
  /** How many go.mod files, and how many zips, are fetched at once. Default 16. */
  readonly concurrency?: number | undefined;
  /** How many zips are held at once, in memory or in temporary files. Default 64. */
  readonly openZips?: number | undefined;
}

/** A package that was loaded. */
export interface LoadedPackage {
  /** Its import path. */
  readonly path: string;
  /** The module that provides it; undefined for the standard library, and where it was not found. */
  readonly module?: ModuleVersion | undefined;
  /** Whether it is in "all": the main module's packages, and what they and their tests import, directly or not. */
  readonly inAll: boolean;
  /** What it imports under any build tags, sorted, as import paths of packages. */
  readonly imports: readonly string[];
  /** What its tests import; undefined where they were not loaded. */
  readonly testImports?: readonly string[] | undefined;
  /**
   * Why nothing is known of it: `not_found` where no module of the build list has it, `conflict` where several have it, or the source's
   * reason why its module could not be looked at.
   */
  readonly error?: Error | undefined;
}

/**
 * The packages of "all" and what tests of them import, as `go mod why` loads them: with any build tags, so that it is what any platform
 * may need.
 */
export interface PackageGraph {
  readonly main: ModuleVersion;
  /** Everything that was loaded, by path: "all", and what tests of its packages import. */
  readonly packages: readonly LoadedPackage[];
  /** One of them. */
  package(path: string): LoadedPackage | undefined;
  /**
   * A shortest way of imports from a package of the main module, or a tool, to `path`: what `go mod why` prints. `PATH.test` is a test of
   * `PATH`. Empty where the main module does not need the package.
   */
  why(path: string): readonly string[];
  /** The shortest of those to packages of a module: what `go mod why -m` prints. Empty where the main module needs none of them. */
  whyModule(path: string): readonly string[];
  /** Modules of which the main module's packages need something. */
  readonly modules: ModuleImports;
}

/** Why something is needed. */
export interface Why {
  /** The package or module that was asked for. */
  readonly path: string;
  /** As {@link PackageGraph.why} has it; empty for what is not needed. */
  readonly chain: readonly string[];
}
