// Which GOPROXY list a server uses when nobody named one, and why.
//
// Invariants:
// - The order: --upstream, the configuration file, GOMODKIT_UPSTREAM, $GOPROXY, `go env GOPROXY`, `direct`.
// - A server never uses itself as its upstream: entries that point at its own address are left out, and that is said.
// - A list that comes from the environment holds no credentials (they would show in process listings and crash reports): refused, with
//   the place where they belong.

import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { GoModKitError } from '@gomodkit/core';
import { type ListenAddress, reaches } from '../serve/listen-address.ts';

/** The values of the go command's own settings that matter here. */
export type GoEnv = Readonly<Record<string, string>>;

/** A GOPROXY list and where it came from. */
export interface UpstreamChoice {
  /** In GOPROXY syntax. */
  readonly list: string;
  /** For people: `--upstream`, `$GOPROXY`, … */
  readonly origin: string;
  /** What was changed, for people. */
  readonly notes: readonly string[];
}

const settings = [
  'GOPROXY',
  'GOPRIVATE',
  'GONOPROXY',
  'GOINSECURE',
  'GOAUTH',
  'GOVCS',
  'GOSUMDB',
  'GONOSUMDB',
] as const;

/**
 * What the go command here would use (its environment and its own `go env -w` settings), or what the environment says where there is no go.
 * Rejects with `invalid_argument` when go is there and cannot say: among its settings is what is private.
 */
export async function readGoEnv(env: NodeJS.ProcessEnv): Promise<GoEnv> {
  // A go.mod or go.work here may want another toolchain, which go would download first; flags are no matter of these settings.
  const own = { ...env, GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '' };
  try {
    const { stdout } = await promisify(execFile)('go', ['env', '-json', ...settings], { env: own, timeout: 20_000 });
    return JSON.parse(stdout) as GoEnv;
  } catch (cause) {
    const { code, stderr = '', message } = cause as Error & { readonly code?: unknown; readonly stderr?: string };
    if (code !== 'ENOENT') {
      throw new GoModKitError(
        'invalid_argument',
        `go env does not work here: ${stderr.trim() || message}\n` +
          'What is private is among its settings, so nothing goes on without them: mend that go, or take it off the PATH',
        { cause },
      );
    }
    const set = settings.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]] as const]));
    return Object.fromEntries(set);
  }
}

/** Where a list may come from, in order; the first that is there is used. */
export interface UpstreamCandidates {
  readonly flag?: string | undefined;
  readonly config?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly goEnv: GoEnv;
}

/**
 * Chooses the list. `self` is the address of the server to be, undefined where there is none. Throws `invalid_argument` for a list from
 * the environment that holds credentials.
 */
export function chooseUpstream(candidates: UpstreamCandidates, self: ListenAddress | undefined): UpstreamChoice {
  const { flag, config, env, goEnv } = candidates;
  const order = [
    { list: flag, origin: '--upstream', environment: false },
    { list: config, origin: 'the configuration file', environment: false },
    { list: env.GOMODKIT_UPSTREAM, origin: '$GOMODKIT_UPSTREAM', environment: true },
    { list: env.GOPROXY, origin: '$GOPROXY', environment: true },
    { list: goEnv.GOPROXY, origin: 'go env GOPROXY', environment: true },
  ];
  const chosen = order.find((candidate) => candidate.list !== undefined && candidate.list.trim() !== '');
  if (!chosen?.list) return { list: 'direct', origin: 'the default', notes: [] };
  if (chosen.environment && withoutCredentials(chosen.list) !== chosen.list)
    throw new GoModKitError(
      'invalid_argument',
      `${chosen.origin} holds a user name or password; put them into a netrc file ($NETRC, ~/.netrc) and take them out of the URL`,
    );
  const { list, notes } = self === undefined ? { list: chosen.list, notes: [] } : withoutSelf(chosen.list, self);
  return { list, origin: chosen.origin, notes };
}

/** A GOPROXY list as it may be shown. An entry without a scheme is an https one (spec §10.15), and may hold credentials, too. */
export function withoutCredentials(list: string): string {
  return list.replace(/(^|\/\/|[,|])[^/@,|]*@/g, '$1***@');
}

/** Leaves out the entries of a GOPROXY list that are this very server, with the separators that follow them. */
function withoutSelf(list: string, self: ListenAddress): { list: string; notes: readonly string[] } {
  const notes: string[] = [];
  const kept = (list.match(/[^,|]*[,|]?/g) ?? []).filter((entry) => {
    const text = entry.replace(/[,|]$/, '').trim();
    const url = URL.canParse(text) ? new URL(text) : null;
    const loop = url !== null && /^https?:$/.test(url.protocol) && reaches(url, self);
    if (loop) notes.push(`${url.origin} is this server itself and was left out`);
    return !loop;
  });
  const rest = kept.join('').replace(/[,|]$/, '');
  return { list: rest.trim() === '' ? 'direct' : rest, notes };
}
