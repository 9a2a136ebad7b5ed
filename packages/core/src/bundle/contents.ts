// What goes into a bundle: the closure of what is wanted, captured first, or all that a storage holds.
//
// Invariants:
// - A bundle holds what a capture of the same wishes would have stored, no more: nothing is planned a second way.
// - What is not there is told, and left to the caller.

import { GoModKitError } from '../errors/error.ts';
import { type GoMod, parse } from '../modfile/index.ts';
import type { CaptureEvent, ClosureOptions, PlannedVersion, Wanted } from '../repository/capture/types.ts';
import type { Repository } from '../repository/repository.ts';
import { storedVersions } from '../repository/stored-versions.ts';
import type { CallOptions, Storage } from '../storage/storage.ts';
import { nameOf } from './manifest.ts';
import type { BundleContents, BundleRoot } from './types.ts';

/**
 * Captures what is wanted into `repository`, as {@link Repository.capture} does, and returns what a bundle of it holds. A repository
 * that works offline tells what it lacks in `refused`. Rejects as `capture` does.
 *
 * @example
 * ```ts
 * import { bundle, type Repository, type Storage } from '@gomodkit/core';
 *
 * export async function bundleOf(repository: Repository, storage: Storage): Promise<ReadableStream<Uint8Array>> {
 *   const capture = bundle.captureContents(repository, 'rsc.io/quote@v1.5.2');
 *   for (;;) {
 *     const { done, value } = await capture.next();
 *     if (done) return bundle.exportBundle({ repository, storage, contents: value });
 *   }
 * }
 * ```
 */
export async function* captureContents(
  repository: Pick<Repository, 'capture'>,
  wanted: Wanted | readonly Wanted[],
  options: ClosureOptions = {},
): AsyncGenerator<CaptureEvent, BundleContents, void> {
  const versions = new Map<string, PlannedVersion>();
  const capture = repository.capture(wanted, options);
  for (;;) {
    const { done, value } = await capture.next();
    if (done) {
      const requires = requirementsOf(wanted);
      const roots = value.roots.map((root): BundleRoot => ({ ...root, ...requires.get(root.wanted) }));
      return { roots, versions: [...versions.values()], refused: value.refused };
    }
    if (value.type === 'file') {
      const { path, version, kind } = value;
      const name = nameOf(value);
      versions.set(name, { path, version, zip: kind === 'zip' || versions.get(name)?.zip === true });
    }
    yield value;
  }
}

/** Everything that a storage holds, as the contents of a bundle. Rejects with `storage_unavailable`. */
export async function storedContents(storage: Storage, options: CallOptions = {}): Promise<BundleContents> {
  const versions: PlannedVersion[] = [];
  for await (const { path, version, zipSize } of storedVersions(storage, options))
    versions.push({ path, version, zip: zipSize !== undefined });
  return { roots: [], versions, refused: [] };
}

/** What the go.mod files among the wanted require, by their names. */
function requirementsOf(
  wanted: Wanted | readonly Wanted[],
): ReadonlyMap<string, { readonly requires: readonly string[] }> {
  const found = new Map<string, { readonly requires: readonly string[] }>();
  for (const each of Array.isArray(wanted) ? (wanted as readonly Wanted[]) : [wanted as Wanted]) {
    if (typeof each === 'string') continue;
    const { goMod, name } = each;
    const parsed: GoMod =
      typeof goMod === 'string' || goMod instanceof Uint8Array ? parse(name ?? 'go.mod', goMod) : goMod;
    const requires = parsed.require.map(({ path, version }) => `${path} ${version}`);
    found.set(name ?? parsed.module?.path ?? 'go.mod', { requires });
  }
  return found;
}

/** Rejects with `not_found` unless all that is wanted is there. */
export function checkComplete({ refused }: BundleContents): void {
  const [first] = refused;
  if (first === undefined) return;
  const lines = refused.slice(0, 20).map((each) => `${nameOf(each)} (${each.kind}): ${each.reason}`);
  const more = refused.length > lines.length ? [`and ${refused.length - lines.length} more`] : [];
  throw new GoModKitError('not_found', ['the bundle would lack:', ...lines, ...more].join('\n'), {
    data: { missing: refused },
  });
}
