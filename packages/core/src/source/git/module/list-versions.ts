// The versions that tags name (spec §4B).
//
// Invariants:
// - Compatible versions come first, incompatible ones behind, each part in order of versions (spec §4.11).
// - Only two kinds of commits are looked into: the highest compatible one, and the highest of each incompatible major.

import { isPseudoVersion, matchPathMajor } from '../../../module/index.ts';
import { canonical, major, sort } from '../../../semver/index.ts';
import type { TagHash } from '../revision/ref-table.ts';
import { incompatibleSuffix } from './incompatible.ts';
import type { ModuleLayout } from './layout.ts';

/** Says whether the commit of a version's tag has a go.mod at the root. */
export type HasRootGoMod = (tag: TagHash) => Promise<boolean>;

/** The versions of a module. */
export async function listVersions(
  layout: ModuleLayout,
  tags: readonly TagHash[],
  hasRootGoMod: HasRootGoMod,
): Promise<readonly string[]> {
  const { path, pathMajor, tagPrefix } = layout;
  // The tags of gopkg.in/x.v2 are not those of gopkg.in/x.v2-unstable, which has none (spec §4.10d).
  if (path.startsWith('gopkg.in/') && path.endsWith('-unstable')) return [];
  const byVersion = new Map<string, TagHash>();
  for (const each of tags) {
    const version = each.tag.slice(tagPrefix.length);
    const counts = version !== '' && version === canonical(version) && !isPseudoVersion(version);
    if (each.tag.startsWith(tagPrefix) && counts) byVersion.set(version, each);
  }
  const versions = sort(byVersion.keys());
  const compatible = versions.filter((version) => matchPathMajor(version, pathMajor));
  if (layout.directory !== '' || pathMajor !== '') return compatible;
  const others = versions.filter((version) => !matchPathMajor(version, pathMajor));
  if (others.length === 0) return compatible;
  const hasGoMod = async (version: string | undefined): Promise<boolean> => {
    const tag = version === undefined ? undefined : byVersion.get(version);
    return tag !== undefined && hasRootGoMod(tag);
  };
  if (await hasGoMod(compatible.at(-1))) return compatible;
  return [...compatible, ...(await incompatibleOnes(others, hasGoMod))];
}

async function incompatibleOnes(
  versions: readonly string[],
  hasGoMod: (version: string | undefined) => Promise<boolean>,
): Promise<readonly string[]> {
  const allowed: string[] = [];
  for (const each of new Set(versions.map(major))) {
    const ofMajor = versions.filter((version) => major(version) === each);
    if (await hasGoMod(ofMajor.at(-1))) continue;
    allowed.push(...ofMajor.map((version) => version + incompatibleSuffix));
  }
  return allowed;
}
