// HTTP for isomorphic-git: one conversation with a remote.
//
// Invariants:
// - Requests are guarded, limited in bytes and time, and end with the caller's signal. The first failure is remembered: the library
//   hides some, takes others for the end of an answer.
// - A list of refs is read whole before the library sees it. The first request's redirects hold for those behind it; credentials are
//   for the origin they were given for.
// - The server says that a repository is not there by 404 or 410, to git or to a plain request (spec §6.4).

import { raceAbort } from '../../../async/abort.ts';
import { concatBytes, readAll } from '../../../bytes/source.ts';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { GitHttpClient, GitHttpRequest, GitHttpResponse } from '../../../platform/types.ts';
import { type GuardedResponse, guardedRequest } from '../../guarded-request.ts';
import { statusError } from '../../http-status.ts';
import { reasonBytes, reasonOf } from '../../reason.ts';
import type { EngineSettings } from '../driver.ts';
import type { GitRemote } from '../engine.ts';
import { bare, credentialsOf, parseAddress, shown } from '../program/connection.ts';
import { packetLines } from './packet-lines.ts';

/** A client for the library, and what became of its requests. */
export interface Conversation {
  readonly http: GitHttpClient;
  /** The address for the library. */
  readonly url: string;
  /** What went wrong first, if anything did. */
  failure(): unknown;
  /** The objects that were asked for. */
  wants(): readonly string[];
}

const service = 'git-upload-pack';
const discovery = `/info/refs?service=${service}`;

/**
 * Begins a conversation. Throws `needs_git_engine` for schemes other than http(s), `denied` and `invalid_argument` for addresses that
 * cannot be used.
 */
export function converse(settings: EngineSettings, remote: GitRemote, signal: AbortSignal | undefined): Conversation {
  const address = parseAddress(remote);
  if (address.protocol !== 'https:' && address.protocol !== 'http:') {
    const scheme = address.protocol.slice(0, -1);
    const message = `${shown(remote)}: ${scheme} needs the git program; isomorphic-git has http and https only`;
    throw new GoModKitError('needs_git_engine', message);
  }
  const ask = requester(settings, remote, address, signal);
  const url = bare(address).href.replace(/\/$/, '');
  let base = url;
  let refs: Promise<Answer> | undefined;
  const wants: string[] = [];
  let failure: unknown;

  const discover = async (headers: Readonly<Record<string, string>>): Promise<Answer> => {
    const response = await ask(new URL(url + discovery), { headers, limit: settings.limits.refsBytes });
    await checkStatus(response, remote, () => isMissing(remote, ask));
    const type = response.headers.get('content-type');
    if (type !== `application/x-${service}-advertisement`) {
      await response.body.cancel().catch(() => {});
      throw new GoModKitError('upstream_invalid', `${shown(remote)}: the server does not speak git's smart protocol`);
    }
    base = response.url.href.replace(/\/info\/refs(?:\?.*)?$/, '');
    const body = await whole(response, remote);
    return { response, body: headers['Git-Protocol'] === undefined ? withHead(body) : body };
  };
  const post = async ({ body, headers = {}, url: target }: GitHttpRequest): Promise<Answer> => {
    const bytes = await collect(body ?? []);
    const asked = wantsIn(bytes);
    const wantsPack = asked.length > 0;
    wants.push(...asked);
    const { fetchBytes, packMemory, refsBytes } = settings.limits;
    const limit = wantsPack ? Math.min(fetchBytes, packMemory + (packMemory >> 6) + 2 ** 20) : refsBytes;
    const at = new URL(base + target.slice(url.length));
    const response = await ask(at, { headers, limit, body: bytes }).catch((error: unknown) => {
      throw wantsPack ? packFailure(error, remote, settings) : error;
    });
    await checkStatus(response, remote);
    return { response, body: wantsPack ? [packBody(response, remote, settings)] : await whole(response, remote) };
  };

  return {
    url,
    failure: () => failure,
    wants: () => wants,
    http: {
      async request(request) {
        try {
          const { method = 'GET', headers = {} } = request;
          // The lists of heads, of tags and HEAD begin with the same question.
          if (method !== 'POST') refs ??= discover(headers);
          const answer = method === 'POST' || refs === undefined ? await post(request) : await refs;
          return toLibrary(answer, (error) => {
            failure ??= error;
          });
        } catch (error) {
          failure ??= error;
          throw error;
        }
      },
    },
  };
}

/** A body in memory, or as it comes. */
interface Answer {
  readonly response: GuardedResponse;
  readonly body: readonly (Uint8Array | AsyncIterable<Uint8Array>)[];
}

type Ask = (
  url: URL,
  request: { readonly headers?: Readonly<Record<string, string>>; readonly limit: number; readonly body?: Uint8Array },
) => Promise<GuardedResponse>;

function requester(
  { limits, network }: EngineSettings,
  remote: GitRemote,
  address: URL,
  signal: AbortSignal | undefined,
): Ask {
  const credentials = credentialsOf(remote);
  const idle = limits.idleMilliseconds;
  const times = { headers: idle, idle, total: limits.fetchMilliseconds };
  return async (url, request) => {
    const own = url.origin === address.origin;
    const method = request.body === undefined ? 'GET' : 'POST';
    // Where the first answer redirected, only a host that is the user's own word may lead to private networks.
    const { trusted } = remote;
    if (!own) await raceAbort(network.check(url, { from: trusted ? address : undefined, signal }), signal);
    const guarded = { network, credentials: own ? credentials : undefined, ...times };
    return guardedRequest(guarded, { ...request, url, method, what: shown(remote), trusted, signal });
  };
}

/** `isMissing` is asked where the status says neither that the repository is there nor that the server is unwell. */
async function checkStatus(
  response: GuardedResponse,
  remote: GitRemote,
  isMissing: () => Promise<boolean> = async () => false,
): Promise<void> {
  const { headers, status } = response;
  if (status === 200) return;
  const text = await readAll(response.body, reasonBytes).catch(() => new Uint8Array());
  const isUnwell = status === 429 || status >= 500;
  if (status === 404 || status === 410 || (!isUnwell && (await isMissing()))) {
    throw new GoModKitError('not_found', `${shown(remote)}: there is no repository`);
  }
  if (status === 401 || status === 403 || status === 407) {
    const message = `${shown(remote)}: ${response.url.host} asks for credentials, or refuses those given; give some for it (netrc, GOAUTH or a provider)`;
    throw new GoModKitError('upstream_unavailable', message, { data: { status, transient: false } });
  }
  const reason = reasonOf(text, headers.get('content-type'));
  const retryAfter = headers.get('retry-after');
  throw statusError({ upstream: response.url.host, what: shown(remote), status, reason, retryAfter });
}

/** What cannot be found out is not missing. */
async function isMissing({ address }: GitRemote, ask: Ask): Promise<boolean> {
  try {
    const { body, status } = await ask(bare(address), { limit: Number.MAX_SAFE_INTEGER });
    await body.cancel().catch(() => {});
    return status === 404 || status === 410;
  } catch {
    return false;
  }
}

async function whole({ body }: GuardedResponse, remote: GitRemote): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of packetLines(body, { what: shown(remote), sideBand: false })) chunks.push(chunk);
  return chunks;
}

async function* packBody(
  { body }: GuardedResponse,
  remote: GitRemote,
  settings: EngineSettings,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  const onData = (more: number): void => {
    bytes += more;
    if (bytes > settings.limits.packMemory) throw tooLarge(remote, settings);
  };
  try {
    yield* packetLines(body, { what: shown(remote), sideBand: true, onData });
  } catch (error) {
    throw packFailure(error, remote, settings);
  }
}

function packFailure(error: unknown, remote: GitRemote, settings: EngineSettings): unknown {
  const { fetchBytes, packMemory } = settings.limits;
  return isGoModKitError(error, 'limit_exceeded') && packMemory < fetchBytes ? tooLarge(remote, settings) : error;
}

function tooLarge(remote: GitRemote, { limits: { packMemory: limit } }: EngineSettings): GoModKitError {
  const message = `${shown(remote)}: what is needed of it is more than isomorphic-git may hold in memory, ${limit} bytes; the git program can`;
  return new GoModKitError('needs_git_engine', message, { data: { limit } });
}

function toLibrary({ body, response }: Answer, onFailure: (error: unknown) => void): GitHttpResponse {
  const { headers, status, url } = response;
  return {
    url: url.href,
    method: '',
    statusCode: status,
    statusMessage: '',
    headers: Object.fromEntries(headers),
    body: parts(body, onFailure),
  };
}

async function* parts(body: Answer['body'], onFailure: (error: unknown) => void): AsyncGenerator<Uint8Array> {
  try {
    for (const part of body) {
      if (part instanceof Uint8Array) yield part;
      else yield* part;
    }
  } catch (error) {
    onFailure(error);
    throw error;
  }
}

async function collect(body: Iterable<Uint8Array> | AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return concatBytes(
    chunks,
    chunks.reduce((sum, { length }) => sum + length, 0),
  );
}

/** The objects that a request asks for; none where it asks for refs. */
function wantsIn(body: Uint8Array): readonly string[] {
  const text = new TextDecoder('latin1').decode(body);
  return [...text.matchAll(/^[0-9a-f]{4}want ([0-9a-f]{40})/gm)].map((match) => match[1] ?? '');
}

/** The library fails where a server lists no HEAD, also when it needs none: then the first ref is called so, too. */
function withHead(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  const bytes = concatBytes(
    chunks,
    chunks.reduce((sum, { length }) => sum + length, 0),
  );
  const text = new TextDecoder('latin1').decode(bytes.subarray(0, 1 << 16));
  const [, hash, name] = /(?:^|0000)[0-9a-f]{4}([0-9a-f]{40}) ([^\0\n]+)\0/.exec(text) ?? [];
  if (hash === undefined || name === 'HEAD' || name === 'capabilities^{}') return [bytes];
  const line = encodeUtf8(`0032${hash} HEAD\n0000`);
  return [bytes.subarray(0, bytes.length - 4), line];
}
