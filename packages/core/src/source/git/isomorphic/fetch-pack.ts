// Fetches a pack through isomorphic-git.

import { loadGitLibrary } from '#isomorphic-git';
import { GoModKitError } from '../../../errors/error.ts';
import type { EngineSettings } from '../driver.ts';
import type { GitRemote } from '../engine.ts';
import { shown } from '../program/connection.ts';
import { converse } from './conversation.ts';
import { indexPack } from './index-pack.ts';
import { inTime } from './library-call.ts';
import type { IndexedObject } from './pack-index.ts';
import { scratchFs } from './scratch-fs.ts';

/** What is fetched. */
export type Wanted =
  /** One ref, or a commit by its hash, without history. */
  | { readonly ref: string }
  /** All heads and tags, with what is reachable from them and not from `haves`. */
  | { readonly haves: readonly string[] };

/** A pack that was checked. */
export interface FetchedPack {
  readonly pack: Uint8Array;
  readonly objects: readonly IndexedObject[];
}

/** What came, and what was asked for. */
export interface Fetched {
  /** Undefined when there was nothing new. */
  readonly fetched: FetchedPack | undefined;
  /** Names of the objects that the refs point to, tags not peeled. */
  readonly tips: readonly string[];
}

/** Fetches and checks a pack. Rejects with `needs_git_engine` where it is too large, `upstream_*`, or the signal's reason. */
export async function fetchPack(
  settings: EngineSettings,
  remote: GitRemote,
  wanted: Wanted,
  signal: AbortSignal | undefined,
): Promise<Fetched> {
  const git = await loadGitLibrary();
  return inTime(settings, remote, 'fetching', signal, async (limited) => {
    const conversation = converse(settings, remote, limited);
    const scratch = scratchFs('haves' in wanted ? wanted.haves : []);
    const { fs, gitdir } = scratch;
    const what = 'ref' in wanted ? { remoteRef: wanted.ref, singleBranch: true, depth: 1 } : { tags: true };
    const { http, url } = conversation;
    const options = { fs, gitdir, http, url, ref: 'HEAD', remote: 'origin', cache: {}, ...what };
    try {
      await git.fetch(options);
    } catch (error) {
      // With the pack in hand the library was stopped on purpose.
      if (conversation.failure() !== undefined) throw conversation.failure();
      if (scratch.pack() === undefined) throw error;
    }
    if (conversation.failure() !== undefined) throw conversation.failure();
    limited.throwIfAborted();
    const pack = scratch.pack();
    if (pack === undefined) return { fetched: undefined, tips: conversation.wants() };
    const limit = { what: shown(remote), objectBytes: settings.limits.packMemory, signal: limited };
    return { fetched: { pack, objects: await indexPack(pack, limit) }, tips: conversation.wants() };
  });
}

/** For what the server did not want to do. */
export function isRefusal(error: unknown): boolean {
  return error instanceof GoModKitError && (error.code === 'upstream_invalid' || error.code === 'not_found');
}
