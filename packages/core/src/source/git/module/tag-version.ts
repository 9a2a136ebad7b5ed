// From the name of a tag to a version (spec §4.10, §4.19).

import { isPseudoVersion } from '../../../module/index.ts';
import { canonical } from '../../../semver/index.ts';

/** What a tag stands for. */
export interface TagVersion {
  /** Canonical. */
  readonly version: string;
  /** Whether the tag says just that, without build metadata. */
  readonly isCanonical: boolean;
}

/**
 * The version of a tag; undefined for tags with another prefix, without a full version, or, [Q], that are pseudo-versions as a whole:
 * with their prefix they are not taken for one.
 */
export function tagVersion(tag: string, tagPrefix: string): TagVersion | undefined {
  if (!tag.startsWith(tagPrefix) || isPseudoVersion(tag)) return undefined;
  const name = tag.slice(tagPrefix.length);
  const version = canonical(name);
  if (version === '' || !name.startsWith(version)) return undefined;
  return { version, isCanonical: version === name };
}
