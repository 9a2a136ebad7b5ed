// What a capture would capture, without a repository.

import { linkedController } from '../../async/abort.ts';
import { createLimiter } from '../../async/limiter.ts';
import { compareUtf8 } from '../../bytes/utf8.ts';
import { compare } from '../../semver/index.ts';
import { resolveQuery } from '../../source/resolve-query.ts';
import type { ModuleSource } from '../../source/source.ts';
import { guardSource } from '../guarded-source.ts';
import { Closures } from './closure.ts';
import { createRefusals } from './refusals.ts';
import { checkedOptions } from './settings.ts';
import type { ClosureOptions, ClosurePlan, ClosureRefusal, ClosureRoot, PlannedVersion, Wanted } from './types.ts';
import { inOrderOf, wishes } from './wanted.ts';

/** Options of {@link planClosure}. */
export interface PlanClosureOptions extends ClosureOptions {
  /** Where modules come from: an upstream, or `repositorySource(repository)`. */
  readonly source: ModuleSource;
}

/**
 * Finds out what {@link Repository.capture} would capture: every version in the graphs of the wanted, and of which of them the zips.
 * Reads their go.mod files and nothing else.
 *
 * What cannot be read is in `refused`, and the rest is planned as if it required nothing. Rejects with `invalid_argument`,
 * `invalid_path` or `invalid_go_mod` for a wish that makes no sense, and with the signal's reason.
 *
 * @example
 * ```ts
 * import { planClosure, upstreamSource } from '@gomodkit/core';
 *
 * const plan = await planClosure('rsc.io/quote@latest', { source: upstreamSource('https://goproxy.example') });
 * for (const { path, version, zip } of plan.versions) console.log(path, version, zip);
 * ```
 */
export async function planClosure(
  wanted: Wanted | readonly Wanted[],
  { source, ...options }: PlanClosureOptions,
): Promise<ClosurePlan> {
  const { concurrency, ...settings } = checkedOptions(options);
  const list = wishes(wanted);
  const guarded = guardSource(source);
  const limiter = createLimiter(concurrency);
  const { controller, release } = linkedController(options.signal);
  const { signal } = controller;
  const roots: ClosureRoot[] = [];
  const refused: ClosureRefusal[] = [];
  const versions = new Map<string, PlannedVersion>();
  const host = {
    resolve: async (path: string, query: string) =>
      (await limiter.run(() => resolveQuery(guarded, path, query, { signal }), signal)).version,
    goMod: async (module: { readonly path: string; readonly version: string }) => {
      const { path, version } = module;
      const bytes = await limiter.run(() => guarded.goMod(path, version, { signal }), signal);
      versions.set(`${path}@${version}`, { path, version, zip: false });
      return bytes;
    },
    zip: ({ path, version }: { readonly path: string; readonly version: string }) =>
      void versions.set(`${path}@${version}`, { path, version, zip: true }),
    resolved: (root: ClosureRoot) => void roots.push(root),
  };
  const refusals = createRefusals({ tell: (each) => refused.push(each), fail: (e) => controller.abort(e), signal });
  try {
    const closures = new Closures({ ...settings, host, refusals, concurrency, signal });
    await Promise.all(list.map((wish) => closures.find(wish)));
  } finally {
    controller.abort();
    release();
  }
  const byName = (a: PlannedVersion, b: PlannedVersion) => compareUtf8(a.path, b.path) || compare(a.version, b.version);
  roots.sort(inOrderOf(list));
  return { roots, refused, versions: [...versions.values()].sort(byName) };
}
