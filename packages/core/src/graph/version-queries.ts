// From queries to versions: with exclusions, retractions and replacements of the main module respected (spec §4.4, §9.23).
//
// Invariants:
// - Excluded and retracted versions are as if they did not exist, unless one is named, or is selected already and asked to be upgraded.
// - A retraction list that cannot be read retracts nothing; who asks for the version before another one is told instead.
// - Lists and retractions are read once.

import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import {
  isCanonicalVersion,
  isPseudoVersion,
  pseudoVersionTime,
  splitPathVersion,
  zeroPseudoVersion,
} from '../module/index.ts';
import { compare, prerelease, sort } from '../semver/index.ts';
import { pickHighest } from '../source/list.ts';
import { resolveQuery } from '../source/resolve-query.ts';
import type { ModuleSource } from '../source/source.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { Summaries } from './summaries.ts';
import type { Retraction } from './types.ts';
import { versionMatcher } from './version-matcher.ts';
import { compareVersions, none } from './versions.ts';

/** Who knows versions and go.mod files. A `ModuleSource` is one. */
export type VersionSource = Pick<ModuleSource, 'versions' | 'resolve' | 'goMod'>;

/** Why a version is passed over. */
export type Disallowed = { readonly kind: 'excluded' } | { readonly kind: 'retracted'; readonly rationale: string };

/** Resolves queries for the modules of one main module. */
export class VersionQueries {
  readonly #source: VersionSource;
  readonly #summaries: Summaries;
  readonly #options: CallOptions;
  readonly #versions = new Map<string, Promise<readonly string[]>>();
  readonly #retractions = new Map<string, Promise<readonly Retraction[]>>();

  constructor(source: VersionSource, summaries: Summaries, options: CallOptions) {
    this.#source = source;
    this.#summaries = summaries;
    this.#options = options;
  }

  /**
   * The version that `query` stands for. `current` is the selected one that `upgrade` and `patch` start from, `none` when nothing is
   * selected; `kept` one that is allowed whatever it is. Rejects with `not_found`, `invalid_argument`, and as the source does.
   */
  async resolve(path: string, query: string, current: string, kept: string = current): Promise<string> {
    const matcher = versionMatcher(path, query, current);
    if (matcher === undefined) return this.#revision(path, query);
    const isUpgrade = query === 'upgrade' || query === 'patch';
    const isAllowed = async (version: string): Promise<boolean> => {
      if (isUpgrade && version === kept) return true;
      return (await this.#disallowedOrUnknown(path, version)) === undefined;
    };
    const found = await this.#search(path, matcher, isAllowed);
    if (found !== undefined) return isUpgrade ? this.#notOlder(path, found, current) : found;
    if (isUpgrade && current !== none && current !== '' && (await isAllowed(current))) return current;
    const above = isUpgrade && current !== none ? ` (current version is ${current})` : '';
    throw new GoModKitError('not_found', `no matching versions for query "${query}"${above}`, {
      data: { path, query },
    });
  }

  /** The tagged and allowed version before `version`; `none` for the first. */
  async previous(path: string, version: string): Promise<string> {
    for (const each of [...(await this.versions(path))].reverse()) {
      if (compare(each, version) < 0 && (await this.disallowed(path, each)) === undefined) return each;
    }
    return none;
  }

  /** All tagged versions in ascending order, with those that are replaced one by one; empty for a module that does not exist. */
  versions(path: string): Promise<readonly string[]> {
    return remembered(this.#versions, path, async () => {
      const replaced = [...this.#summaries.directives.replacedVersions(path)].filter((each) => !isPseudoVersion(each));
      const listed = await this.#source.versions(path, this.#options).catch((error: unknown) => {
        if (isGoModKitError(error, 'not_found', 'gone')) return [];
        throw error;
      });
      return sort(new Set([...listed, ...replaced]));
    });
  }

  /** Why queries pass a version over; undefined when they do not. Rejects when its retractions cannot be read. */
  async disallowed(path: string, version: string): Promise<Disallowed | undefined> {
    if (version === '') return undefined;
    if (this.#summaries.directives.isExcluded({ path, version })) return { kind: 'excluded' };
    const [retraction] = await this.retractions(path, version);
    return retraction === undefined ? undefined : { kind: 'retracted', rationale: retraction.rationale };
  }

  /** The retractions that cover a version: those in the go.mod of the module's highest version (spec §9.23). */
  async retractions(path: string, version: string): Promise<readonly Retraction[]> {
    const all = await remembered(this.#retractions, path, () => this.#readRetractions(path));
    return all.filter(({ low, high }) => compare(low, version) <= 0 && compare(version, high) <= 0);
  }

  async #readRetractions(path: string): Promise<readonly Retraction[]> {
    const { directives } = this.#summaries;
    // All versions are replaced: their authors have nothing to say.
    if (directives.replacesAll(path)) return [];
    const matcher = versionMatcher(path, 'latest', none);
    const version = matcher && (await this.#search(path, matcher, async () => true));
    if (version === undefined) return [];
    const latest = { path, version };
    return (await this.#summaries.loadRaw(directives.replacement(latest) ?? latest)).retract;
  }

  async #disallowedOrUnknown(path: string, version: string): Promise<Disallowed | undefined> {
    try {
      return await this.disallowed(path, version);
    } catch (error) {
      this.#options.signal?.throwIfAborted();
      if (isGoModKitError(error)) return undefined;
      throw error;
    }
  }

  /** A version or revision that is named itself: only exclusions hold for it. */
  async #revision(path: string, query: string): Promise<string> {
    const { directives } = this.#summaries;
    const version = await resolveQuery(this.#source, path, query, this.#options).then(
      (info) => info.version,
      (error: unknown) => {
        // A replaced version need not exist.
        const isReplaced = isCanonicalVersion(query) && directives.replacement({ path, version: query }) !== undefined;
        if (isReplaced && isGoModKitError(error, 'not_found', 'gone')) return query;
        throw error;
      },
    );
    if (directives.isExcluded({ path, version })) throw notAllowed(path, version, 'excluded by go.mod');
    if (version === query) return version;
    const disallowed = await this.#disallowedOrUnknown(path, version);
    if (disallowed === undefined || disallowed.kind === 'excluded') return version;
    throw notAllowed(
      path,
      version,
      `retracted by module author${disallowed.rationale === '' ? '' : `: ${disallowed.rationale}`}`,
    );
  }

  async #search(
    path: string,
    { matches, preferLower, mayUseLatest, preferIncompatible }: NonNullable<ReturnType<typeof versionMatcher>>,
    isAllowed: (version: string) => Promise<boolean>,
  ): Promise<string | undefined> {
    const versions: string[] = [];
    for (const version of await this.versions(path)) {
      if (matches(version) && (await isAllowed(version))) versions.push(version);
    }
    const usable = preferIncompatible ? versions : await this.#withoutIncompatible(path, versions);
    const releases = usable.filter((version) => prerelease(version) === '');
    const found = (releases.length > 0 ? releases : usable).at(preferLower ? 0 : -1);
    if (found !== undefined || !mayUseLatest) return found;
    const latest = await this.#latest(path);
    return latest !== undefined && matches(latest) && (await isAllowed(latest)) ? latest : undefined;
  }

  /** Versions `+incompatible` do not count beside a compatible one below that has a go.mod. */
  async #withoutIncompatible(path: string, versions: readonly string[]): Promise<readonly string[]> {
    const highest = await pickHighest(versions, (version) => this.#hasGoMod(path, version));
    if (highest?.endsWith('+incompatible')) return versions;
    const isCompatible = (version: string): boolean => !version.endsWith('+incompatible');
    return highest === undefined || versions.every(isCompatible) ? versions : versions.filter(isCompatible);
  }

  /** A go.mod that a source makes up for a version without one says `module` and nothing else. */
  async #hasGoMod(path: string, version: string): Promise<boolean> {
    const bytes = await this.#source.goMod(path, version, this.#options);
    return new TextDecoder().decode(bytes) !== `module ${path}\n`;
  }

  /** The newest commit, or the highest replacement of a module that has none. */
  async #latest(path: string): Promise<string | undefined> {
    const { directives } = this.#summaries;
    const latest = await this.#source.resolve(path, 'latest', this.#options).then(
      (info) => info.version,
      (error: unknown) => {
        if (isGoModKitError(error, 'not_found', 'gone')) return undefined;
        throw error;
      },
    );
    const made = directives.replacesAll(path)
      ? [zeroPseudoVersion(splitPathVersion(path)?.pathMajor.slice(1) || 'v0')]
      : [];
    const replaced = sort([...directives.replacedVersions(path)]).at(-1) ?? made[0];
    if (replaced === undefined) return latest;
    return latest === undefined || compareVersions(path, replaced, latest) > 0 ? replaced : latest;
  }

  /** A pseudo-version is not upgraded to what was there before it. */
  async #notOlder(path: string, version: string, current: string): Promise<string> {
    if (!isPseudoVersion(current) || version === current) return version;
    const { time } = await this.#source.resolve(path, version, this.#options);
    const isOlder = time !== undefined && Date.parse(time) < pseudoVersionTime(current).getTime();
    return isOlder ? current : version;
  }
}

function notAllowed(path: string, version: string, reason: string): GoModKitError {
  return new GoModKitError('denied', `${path}@${version}: ${reason}`, { data: { path, version } });
}

function remembered<T>(memory: Map<string, Promise<T>>, key: string, read: () => Promise<T>): Promise<T> {
  const known = memory.get(key) ?? read();
  memory.set(key, known);
  return known;
}
