// Refs of a remote, listed without a clone (spec §6.4).
//
// Invariants:
// - HEAD, heads and tags only; annotated tags are peeled; names that git would not let anybody create are dropped.
// - A repository of SHA-256 is refused: the library answers with an empty list and no error.

import { loadGitLibrary } from '#isomorphic-git';
import { compareUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import type { EngineSettings } from '../driver.ts';
import type { GitRef, GitRemote, RefList } from '../engine.ts';
import { shown } from '../program/connection.ts';
import { isRefName } from '../program/refs.ts';
import { converse } from './conversation.ts';
import { inTime } from './library-call.ts';

const prefixes = ['HEAD', 'refs/heads/', 'refs/tags/'];

interface ServerRef {
  readonly ref: string;
  readonly oid: string;
  readonly peeled?: string | undefined;
}

/** Lists refs. Rejects as the driver's `listRefs` does. */
export async function listRefs(
  settings: EngineSettings,
  remote: GitRemote,
  signal: AbortSignal | undefined,
): Promise<RefList> {
  const git = await loadGitLibrary();
  return inTime(settings, remote, 'reading its refs', signal, async (limited) => {
    const conversation = converse(settings, remote, limited);
    const { http, url } = conversation;
    const list = async (): Promise<readonly ServerRef[]> => {
      const info = await git.getRemoteInfo2({ http, url, protocolVersion: 2 });
      refuseSha256(remote, info.capabilities);
      if (info.protocolVersion === 1) return info.refs ?? [];
      const lists = prefixes.map((prefix) => git.listServerRefs({ http, url, prefix, peelTags: true }));
      return (await Promise.all(lists)).flat();
    };
    const found = await list().catch((error: unknown) => {
      throw conversation.failure() ?? error;
    });
    if (conversation.failure() !== undefined) throw conversation.failure();
    return { objectFormat: 'sha1', refs: visible(found, remote, settings.limits.refs) };
  });
}

function refuseSha256(remote: GitRemote, capabilities: Readonly<Record<string, string | true>>): void {
  if ((capabilities['object-format'] ?? 'sha1') === 'sha1') return;
  const message = `${shown(remote)}: repositories of ${capabilities['object-format']} need the git program`;
  throw new GoModKitError('needs_git_engine', message);
}

function visible(found: readonly ServerRef[], remote: GitRemote, limit: number): readonly GitRef[] {
  const hashes = new Map<string, string>();
  for (const { oid, peeled, ref } of found) {
    if (!/^(?:HEAD$|refs\/heads\/.|refs\/tags\/.)/.test(ref) || !isRefName(ref)) continue;
    const hash = peeled ?? oid;
    if (!/^[0-9a-f]{40}$/.test(hash)) {
      throw new GoModKitError('upstream_invalid', `${shown(remote)}: ${JSON.stringify(ref)} has no hash`);
    }
    hashes.set(ref, hash);
  }
  if (found.length > limit) {
    const message = `${shown(remote)}: more than the limit of ${limit} refs`;
    throw new GoModKitError('limit_exceeded', message, { data: { limit } });
  }
  return [...hashes].map(([name, hash]) => ({ name, hash })).sort((a, b) => compareUtf8(a.name, b.name));
}
