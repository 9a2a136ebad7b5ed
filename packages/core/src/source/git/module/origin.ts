// What `.info` says of where a version came from (spec §6C).

import { isPseudoVersion } from '../../../module/index.ts';
import type { Origin, VersionInfo } from '../../source.ts';
import type { RefTable } from '../revision/ref-table.ts';
import type { Revision } from '../revision/revision.ts';
import { tagSum } from '../revision/sums.ts';
import type { ModuleLayout } from './layout.ts';

/** The answer about a version. `url` is the repository's address as discovery named it. */
export function versionInfo(
  url: string,
  layout: ModuleLayout,
  revision: Revision,
  version: string,
  requested: string,
): VersionInfo {
  const time = new Date(revision.time * 1000).toISOString().replace('.000Z', 'Z');
  return { version, time, origin: originOf(url, layout, revision, version, requested) };
}

function originOf(url: string, layout: ModuleLayout, revision: Revision, version: string, requested: string): Origin {
  const { directory, tagPrefix, pathMajor } = layout;
  // The tags decided on the base of such a pseudo-version, so that other tags may make another answer (spec §6.13).
  const dependsOnTags = isPseudoVersion(version) && (version !== requested || !version.startsWith('v0.0.0-'));
  const prefix = tagPrefix + (pathMajor === '' ? '' : `${pathMajor.slice(1)}.`);
  return {
    VCS: 'git',
    URL: url,
    ...(directory !== '' && { Subdir: directory }),
    Hash: revision.hash,
    ...(dependsOnTags && tagsOf(revision.refs, prefix)),
    ...(revision.ref !== undefined && { Ref: revision.ref }),
  };
}

/** An answer picked from the list of versions: other tags may make another answer. */
export function pickedFromList(info: VersionInfo, refs: RefTable, prefix: string): VersionInfo {
  return { ...info, origin: { ...info.origin, ...tagsOf(refs, prefix) } };
}

function tagsOf(refs: RefTable, prefix: string): Pick<Origin, 'TagPrefix' | 'TagSum'> {
  return { ...(prefix !== '' && { TagPrefix: prefix }), TagSum: tagSum(refs.tags, prefix) };
}
