// The go.mod files of dependencies, read once each, and what is kept of them.
//
// Invariants:
// - A go.mod is read at most once in the life of a `Summaries`, also when several modules are replaced by one.
// - Kept are requirements and retractions. Bytes and syntax trees are handed to `onModule` and dropped.
// - `go` and `toolchain` have requirements of their own and no files: `go@1.21.3` requires `toolchain@go1.21.3`.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { rawBytes, rawText } from '../gotext/raw.ts';
import { compare, isToolchain } from '../gover/index.ts';
import { parseLax, type ReplaceTarget } from '../modfile/index.ts';
import { type DependencyGoMod, readDependency } from '../modfile/read-dependency.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { CallOptions } from '../storage/storage.ts';
import { isStrict, pruningOf } from './pruning.ts';
import type { MainDirectives } from './replacements.ts';
import type { GoModReader, GoModSummary, LoadGraphOptions } from './types.ts';
import { formatModule, type Nodes } from './versions.ts';

/** The go.mod of a version, whatever `source` gives it in. */
export async function goModBytes(
  source: GoModReader,
  { path, version }: ModuleVersion,
  options: CallOptions,
): Promise<Uint8Array> {
  const goMod = await source.goMod(path, version, options);
  return goMod instanceof Uint8Array ? goMod : goMod.bytes;
}

/** Reads the go.mod files of modules, with the main module's replacements and exclusions applied. */
export class Summaries {
  readonly nodes: Nodes;
  readonly directives: MainDirectives;
  readonly #options: LoadGraphOptions;
  /** By the module as it is required. */
  readonly #summaries = new Map<ModuleVersion, GoModSummary>();
  /** By what is read, `path@version` or directory. */
  readonly #raw = new Map<string, Promise<GoModSummary>>();

  constructor(nodes: Nodes, directives: MainDirectives, options: LoadGraphOptions) {
    this.nodes = nodes;
    this.directives = directives;
    this.#options = options;
  }

  /** What is known already of the go.mod of a node. */
  known(module: ModuleVersion): GoModSummary | undefined {
    return this.#summaries.get(module);
  }

  /** What `module`, a node, requires; exclusions are left out. Its summary must be known. */
  requirements(module: ModuleVersion): readonly ModuleVersion[] {
    const require = this.#summaries.get(module)?.require ?? [];
    return require.some((each) => this.directives.isExcluded(each))
      ? require.filter((each) => !this.directives.isExcluded(each))
      : require;
  }

  /** Reads the go.mod of `module`, a node. Rejects as its source does, with `invalid_go_mod`, or `unsupported`. */
  async load(module: ModuleVersion): Promise<GoModSummary> {
    const known = this.#summaries.get(module);
    if (known !== undefined) return known;
    const replace = this.directives.replacement(module);
    const summary = isToolchain(module.path) ? this.#toolchain(module) : await this.#read(module, replace);
    if (replace?.version !== undefined || replace === undefined) checkDeclaredPath(summary, module, replace);
    this.#checkGoVersion(summary, replace ?? module);
    this.#summaries.set(module, summary);
    return summary;
  }

  /** Reads the go.mod of a version whatever replaces it: for retractions. */
  async loadRaw(target: ReplaceTarget): Promise<GoModSummary> {
    return this.#read(target, undefined);
  }

  #toolchain({ path, version }: ModuleVersion): GoModSummary {
    const require = path === 'go' && isStrict(version) ? [this.nodes.of('toolchain', `go${version}`)] : [];
    return { declaredPath: path, goVersion: '', pruning: 'pruned', require, retract: [], ignore: [] };
  }

  #read(module: ReplaceTarget, replace: ReplaceTarget | undefined): Promise<GoModSummary> {
    const { path, version } = replace ?? module;
    const key = version === undefined ? path : `${path}@${version}`;
    const reading = this.#raw.get(key) ?? this.#parse(module, replace);
    this.#raw.set(key, reading);
    return reading;
  }

  async #parse(module: ReplaceTarget, replace: ReplaceTarget | undefined): Promise<GoModSummary> {
    const actual = replace ?? module;
    const bytes = await this.#bytes(actual);
    const name = actual.version === undefined ? `${actual.path}/go.mod` : 'go.mod';
    const summary = this.#summarize(
      asParsed(name, () => readDependency(name, bytes)),
      actual.path,
    );
    const { version = '' } = module;
    this.#options.onModule?.({ module: { path: module.path, version }, replace, bytes, goMod: parseLax(name, bytes) });
    return summary;
  }

  async #bytes({ path, version }: ReplaceTarget): Promise<Uint8Array> {
    const { source, readReplacement, signal } = this.#options;
    if (version !== undefined) return goModBytes(source, { path, version }, { signal });
    if (readReplacement === undefined) {
      throw new GoModKitError('unsupported', `${path} is a directory, and readReplacement is missing that reads there`);
    }
    return readReplacement(path, { signal });
  }

  #summarize(
    { path, goVersion, require, retract, deprecated, ignore }: DependencyGoMod,
    expected: string,
  ): GoModSummary {
    const required = require.map(({ path, version }) => this.nodes.of(path, version));
    return {
      // What is kept shares nothing with the text of the file.
      declaredPath: path === expected ? expected : rawText(rawBytes(path)),
      goVersion,
      pruning: goVersion === '' ? 'unpruned' : pruningOf(goVersion),
      require: isStrict(goVersion) ? [...required, this.nodes.of('go', goVersion)] : required,
      retract: retract.map(({ low, high, rationale }) => ({ low, high, rationale })),
      deprecated,
      ignore: ignore.map(({ path }) => path),
    };
  }

  #checkGoVersion({ goVersion }: GoModSummary, { path, version = '' }: ReplaceTarget): void {
    const local = this.#options.goVersion;
    if (local === undefined || !isStrict(goVersion) || compare(goVersion, local) <= 0) return;
    const message = `module ${formatModule({ path, version })} requires go >= ${goVersion} (running go ${local})`;
    throw new GoModKitError('unsupported', message, { data: { path, version, goVersion } });
  }
}

function asParsed<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_go_mod')) throw error;
    throw new GoModKitError('invalid_go_mod', `parsing ${name}: ${error.message}`, { cause: error, data: error.data });
  }
}

/** A file that calls itself neither what it is required as nor what it was fetched as is not that module. */
function checkDeclaredPath(
  { declaredPath }: GoModSummary,
  { path }: ModuleVersion,
  replace: ReplaceTarget | undefined,
): void {
  if (declaredPath === '') throw new GoModKitError('invalid_go_mod', 'parsing go.mod: missing module line');
  if (declaredPath === path || declaredPath === replace?.path) return;
  throw new GoModKitError(
    'invalid_go_mod',
    `parsing go.mod:\n\tmodule declares its path as: ${declaredPath}\n\t        but was required as: ${path}`,
    { data: { declaredPath, path } },
  );
}
