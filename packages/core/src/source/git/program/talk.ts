// Runs of git that talk to a remote.
//
// Invariants:
// - git follows no redirects. Where a server redirects, the way is found by a request of ours whose every hop is judged, remembered,
//   and git goes straight to the end of it.
// - A repository is not there when the server says 404 or 410, to git, or where it asks for credentials to a plain request (spec §6.4:
//   there are hosts that tell strangers nothing else of what they do not have).

import { type GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { GitResult } from '../../../platform/git-program.types.ts';
import { type GuardedResponse, guardedRequest } from '../../guarded-request.ts';
import type { EngineSettings } from '../driver.ts';
import type { GitRemote, RefList } from '../engine.ts';
import { bare, type Connection, connect, credentialsOf, shown } from './connection.ts';
import { isRedirect, remoteFailure } from './failure.ts';
import { listHttpRefs } from './http-refs.ts';
import { type GitTask, type Invocation, invoke } from './invocation.ts';

/** One conversation with a remote. */
export interface Talk {
  readonly remote: GitRemote;
  /** What is asked for, for messages: `reading its refs`. */
  readonly what: string;
  /** The run; the address is put where `args` has {@link addressHere}. */
  readonly task: Omit<GitTask, 'what' | 'protocols'>;
}

/** Stands for the address in arguments and settings. */
export const addressHere = '\u0000address';

/** Talks to remotes. */
export interface Talker {
  /** Resolves when git succeeded. Rejects with `not_found`, `upstream_*`, `limit_exceeded` or the signal's reason. */
  talk(talk: Talk): Promise<GitResult>;
  /** The refs of an http(s) remote, without git; undefined where only git can list them. */
  listRefs(remote: GitRemote, signal: AbortSignal | undefined): Promise<RefList | undefined>;
}

/** Where redirects lead is remembered for so many addresses. */
const keptAtMost = 1000;

/** Creates a {@link Talker}. */
export function createTalker(invocation: Invocation, settings: EngineSettings): Talker {
  const bases = new Map<string, string>();

  const once = async ({ remote, task, what }: Talk): Promise<{ result: GitResult; connection: Connection }> => {
    const connection = await connect(remote, settings.network, bases.get(remote.address), task.signal);
    const put = (text: string): string => (text === addressHere ? connection.address : text);
    const result = await invoke(invocation, {
      ...task,
      what: `${shown(remote)}: ${what}`,
      args: task.args.map(put),
      settings: [...(task.settings ?? []).map(([k, v]) => [k, put(v)] as const), ...connection.settings],
      protocols: connection.protocols,
    });
    return { result, connection };
  };

  const keepBase = ({ address }: GitRemote, base: string | undefined): void => {
    if (bases.size >= keptAtMost) bases.clear();
    if (base === undefined) bases.delete(address);
    else bases.set(address, base);
  };

  return {
    async talk(talk) {
      let { result, connection } = await once(talk);
      if (result.status === 0) return result;
      const { remote, task, what } = talk;
      const isHttp = /^https?:$/.test(connection.url.protocol);
      if (isHttp && isRedirect(result.messages)) {
        const base = await redirectedBase(settings, remote, task.signal);
        if (base !== undefined) {
          keepBase(remote, base);
          ({ result, connection } = await once(talk));
          if (result.status === 0) return result;
        }
      }
      const failure = remoteFailure(remote, connection, what, result.messages);
      // Where it led may be gone, while the server that led there knows better by now.
      if (failure.data.refused !== true) keepBase(remote, undefined);
      if (!isHttp || failure.data.ambiguous !== true) throw failure;
      throw (await isMissing(settings, remote, task.signal)) ? missing(remote, connection, what) : failure;
    },
    async listRefs(remote, signal) {
      try {
        const found = await listHttpRefs(settings, remote, signal);
        if (found !== undefined) keepBase(remote, found.base);
        return found?.list;
      } catch (error) {
        if (!isGoModKitError(error) || error.data.ambiguous !== true) throw error;
        const connection = { url: new URL(remote.address), secrets: [] };
        const isGone = await isMissing(settings, remote, signal);
        throw isGone ? missing(remote, connection, 'reading its refs') : error;
      }
    },
  };
}

function missing(remote: GitRemote, connection: Pick<Connection, 'url' | 'secrets'>, what: string): GoModKitError {
  return remoteFailure(remote, connection, what, 'requested URL returned error: 404');
}

async function redirectedBase(
  settings: EngineSettings,
  remote: GitRemote,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const tail = '/info/refs';
  const url = new URL(`${remote.address.replace(/\/$/, '')}${tail}?service=git-upload-pack`);
  const response = await ask(settings, remote, url, signal);
  await response.body.cancel().catch(() => {});
  if (!response.url.pathname.endsWith(tail)) return undefined;
  const base = new URL(response.url);
  base.pathname = base.pathname.slice(0, -tail.length);
  base.search = '';
  return base.href;
}

/** What cannot be found out is not missing. */
async function isMissing(
  settings: EngineSettings,
  remote: GitRemote,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    const { body, status } = await ask(settings, remote, new URL(remote.address), signal);
    await body.cancel().catch(() => {});
    return status === 404 || status === 410;
  } catch {
    signal?.throwIfAborted();
    return false;
  }
}

function ask(
  { limits, network }: EngineSettings,
  remote: GitRemote,
  target: URL,
  signal: AbortSignal | undefined,
): Promise<GuardedResponse> {
  const headers = Math.min(limits.idleMilliseconds, 30_000);
  return guardedRequest(
    { network, credentials: credentialsOf(remote), headers, idle: headers },
    {
      url: bare(target),
      what: shown(remote),
      limit: Number.MAX_SAFE_INTEGER,
      trusted: remote.trusted,
      signal,
    },
  );
}
