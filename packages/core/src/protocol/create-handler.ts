// The handler: method, body, target, access, route, answer, in this order.
//
// Invariants:
// - Nothing that a client sends and nothing that a repository, source or hook throws makes it reject.
// - Refusals of the request's own shape come before the hook, the hook before any storage or source.
// - Errors whose text is not for the outside reach the embedder through `onError`, all others are the answer.

import { GoModKitError } from '../errors/error.ts';
import type { ReadOptions, Repository, ZipFile } from '../repository/repository.ts';
import type { SumdbSource } from '../source/source.ts';
import { type AccessDecision, type AccessSubject, type Authorize, accessRefusal } from './authorize.ts';
import type { CacheScope } from './cache-control.ts';
import type { Handler, HandlerRequest, HandlerResponse } from './handler.ts';
import { alive, type HealthCheck, type HealthOptions, healthPaths, readiness } from './health.ts';
import { answerIndex, type MayList } from './index-route.ts';
import type { IndexTarget } from './index-target.ts';
import { refusalOf, respondText, type TextAnswer } from './refusal.ts';
import { type Answer, respondFile } from './respond.ts';
import { routes } from './routes.ts';
import { answerSumdb } from './sumdb.ts';
import type { SumdbTarget } from './sumdb-target.ts';
import { type ModuleTarget, parseTarget, type TargetOptions } from './target.ts';
import { answerTlog, checkTlogPrefixes, type TlogSources, type TlogTarget } from './tlog-route.ts';
import { checkUpload, type UploadOptions, upload, uploadRefusal } from './upload.ts';
import { redirectTarget, type ZipRedirect, zipRedirectOf } from './zip-redirect.ts';

/** Options of {@link createHandler}. */
export interface HandlerOptions {
  /** Answers about modules. */
  readonly repository: Repository;
  /** The path below which this server answers, such as `/go`. Default: the root. */
  readonly basePath?: string | undefined;
  /** Who may ask for what. Default: everybody for everything. */
  readonly authorize?: Authorize | undefined;
  /** Answers below `/sumdb/`. Default: none, so that clients ask the database themselves. */
  readonly sumdb?: SumdbSource | undefined;
  /**
   * What a source that cannot be asked looks like to the client: `fail` (502 or 504, the default) ends its command, unless the
   * entry of its GOPROXY list is followed by `|`; `not-found` (404) makes it try the next entry also after a comma.
   */
  readonly upstreamErrors?: 'fail' | 'not-found' | undefined;
  /** Lets clients publish with `PUT …/@v/VERSION.zip`. Default: nobody can. */
  readonly upload?: UploadOptions | undefined;
  /**
   * Whether `GET /index` answers with the index feed: what was published here, in order (formats.md §3). Default `true`. With an
   * authorize hook it shows modules for whose `list` the hook lets the request in.
   */
  readonly index?: boolean | undefined;
  /**
   * Sends a GET for a stored zip to the object store or a CDN (302, never cached) instead of streaming the bytes, after the same checks:
   * `true` to the URL that the storage signs, a function to where that says. What cannot be redirected is streamed; why goes to `onError`.
   * Downloaders need to reach that address, by https if they come here by https. Default `false`.
   */
  readonly zipRedirect?: boolean | ZipRedirect | undefined;
  /**
   * Logs to serve as C2SP tlog-tiles, by the path below which they are: `{ '/log': database }` answers `/log/checkpoint` and
   * `/log/tile/…`. Choose paths that are no beginning of a module path. Default: none.
   */
  readonly logs?: TlogSources | undefined;
  /** Where liveness and readiness are; `false` for nowhere. */
  readonly health?: HealthOptions | false | undefined;
  /** Told of every error that a client is not told of: storage faults, failing hooks, bugs. What it throws is dropped. */
  readonly onError?: ((error: unknown, request: HandlerRequest) => void) | undefined;
}

/**
 * The GOPROXY protocol over a repository. The handler that it makes never rejects and needs no socket: hand it a Fetch `Request`,
 * or wrap it for a Node framework with `@gomodkit/http-handler`.
 *
 * Throws `invalid_argument` for a base path or health path that could never be asked for.
 *
 * @example
 * ```ts
 * import { createHandler, type Repository } from '@gomodkit/core';
 *
 * export async function list(repository: Repository): Promise<string> {
 *   const handler = createHandler({ repository, basePath: '/go' });
 *   const response = await handler(new Request('http://127.0.0.1:3000/go/example.com/m/@v/list'));
 *   return new TextDecoder().decode(response.body as Uint8Array);
 * }
 * ```
 */
export function createHandler(options: HandlerOptions): Handler {
  const server = new Server(options);
  return (request) => server.handle(request);
}

class Server {
  readonly #options: HandlerOptions;
  readonly #target: TargetOptions;
  readonly #upstreamErrors: 'fail' | 'not-found';
  readonly #ready: ReturnType<typeof readiness>;
  /** What answers get where no hook has spoken. */
  readonly #scope: CacheScope;
  readonly #upload: UploadOptions | undefined;
  readonly #zipRedirect: ZipRedirect | undefined;

  constructor(options: HandlerOptions) {
    this.#options = options;
    this.#target = {
      basePath: checkBasePath(options.basePath ?? ''),
      health: checkHealthPaths(options.health),
      index: options.index ?? true,
      logs: checkTlogPrefixes(options.logs),
    };
    this.#upstreamErrors = options.upstreamErrors ?? 'fail';
    this.#ready = readiness(options.repository);
    this.#scope = options.authorize === undefined ? 'public' : 'private';
    this.#upload = checkUpload(options.upload);
    this.#zipRedirect = zipRedirectOf(options.zipRedirect);
  }

  async handle(request: HandlerRequest): Promise<HandlerResponse> {
    try {
      return await this.#answer(request);
    } catch (error) {
      return this.#fail(error, request, this.#scope, false);
    }
  }

  async #answer(request: HandlerRequest): Promise<HandlerResponse> {
    if (request.method === 'PUT' && this.#upload !== undefined) return this.#put(request, this.#upload);
    const refusal = checkRequest(request);
    if (refusal !== undefined) return this.#say(refusal, request, this.#scope);
    const target = parseTarget(request.url, this.#target);
    if (target.kind === 'refused') return this.#say(target, request, this.#scope);
    if (target.kind === 'health') return this.#health(target.check, request);
    const access = await this.#authorize(request, target);
    // Compared with true: a hook in plain JavaScript that says nothing or nonsense lets nobody in.
    if (access.allow !== true) return this.#say(accessRefusal(access), request, this.#scope);
    // A page of the index is public where nobody is kept from anything: what a hook says of it, it does not say of all its modules.
    const scope = access.public === true && target.kind !== 'index' ? 'public' : this.#scope;
    const cachedOnly = isCachedOnly(request);
    try {
      return await respondFile(await this.#read(target, request, cachedOnly), request, scope);
    } catch (error) {
      return this.#fail(error, request, scope, cachedOnly);
    }
  }

  #authorize(request: HandlerRequest, target: AnyTarget): Promise<AccessDecision> {
    return this.#decide(request, subjectOf(target));
  }

  async #decide(request: HandlerRequest, subject: AccessSubject): Promise<AccessDecision> {
    const { authorize } = this.#options;
    if (authorize === undefined) return everybody;
    try {
      return await authorize(request, subject);
    } catch (cause) {
      // Whatever the hook threw, its text is not for the client.
      throw new Error('the authorize hook failed', { cause });
    }
  }

  /** Who may know which versions a module has; undefined where everybody may. */
  #mayList(request: HandlerRequest): MayList | undefined {
    if (this.#options.authorize === undefined) return undefined;
    return async (path) => (await this.#decide(request, { kind: 'list', path })).allow === true;
  }

  async #read(target: AnyTarget, request: HandlerRequest, cachedOnly: boolean): Promise<Answer> {
    // Handed on unread: adapters make the signal when it is first looked at, nearly a fifth of the cost of a warm hit.
    const options: ReadOptions = {
      cachedOnly,
      get signal() {
        return request.signal;
      },
    };
    if (target.kind === 'sumdb') return answerSumdb(this.#options.sumdb, target, options);
    if (target.kind === 'tlog') return answerTlog(this.#options.logs ?? {}, target, options);
    if (target.kind === 'index') return answerIndex(this.#options.repository, target, this.#mayList(request), options);
    const answer = await routes[target.kind](this.#options.repository, target, options);
    if (answer.zip !== undefined && this.#zipRedirect !== undefined && target.kind === 'zip')
      return { ...answer, redirect: this.#redirect(this.#zipRedirect, target, answer.zip, request) };
    // A list of what happens to be here is for this client alone: a shared cache would give it to those who want all.
    return cachedOnly && answer.cache === 'short' ? { ...answer, cache: 'no-store' } : answer;
  }

  #redirect(
    redirect: ZipRedirect,
    { module: path, version }: ModuleTarget,
    zip: ZipFile,
    request: HandlerRequest,
  ): () => Promise<string | undefined> {
    return async () => {
      try {
        return await redirectTarget(redirect, { path, version }, zip, request);
      } catch (error) {
        if (!request.signal?.aborted) this.#report(error, request);
        return undefined;
      }
    };
  }

  async #put(request: HandlerRequest, options: UploadOptions): Promise<HandlerResponse> {
    const target = parseTarget(request.url, this.#target);
    if (target.kind === 'refused') return this.#say(target, request, this.#scope);
    if (target.kind !== 'zip')
      return this.#say(notAllowed('only MODULE/@v/VERSION.zip can be put'), request, this.#scope);
    const module = { path: target.module, version: target.version };
    try {
      return await upload(this.#options.repository, options, module, request);
    } catch (error) {
      const refusal = request.signal?.aborted ? undefined : uploadRefusal(error);
      return refusal === undefined
        ? this.#fail(error, request, 'private', false)
        : this.#say(refusal, request, 'private');
    }
  }

  async #health(check: HealthCheck, request: HandlerRequest): Promise<HandlerResponse> {
    const { answer, errors } = check === 'live' ? alive : await this.#ready();
    for (const error of errors) this.#report(error, request);
    return this.#say(answer, request, 'public');
  }

  #say(answer: TextAnswer, request: HandlerRequest, scope: CacheScope): HandlerResponse {
    return respondText(answer, scope, request.method === 'HEAD');
  }

  #fail(error: unknown, request: HandlerRequest, scope: CacheScope, cachedOnly: boolean): HandlerResponse {
    // Nobody waits for this answer any more.
    if (request.signal?.aborted) return this.#say(cancelled, request, scope);
    const { refusal, internal } = refusalOf(error, { cachedOnly, upstreamErrors: this.#upstreamErrors });
    if (internal) this.#report(error, request);
    return this.#say(refusal, request, scope);
  }

  #report(error: unknown, request: HandlerRequest): void {
    try {
      this.#options.onError?.(error, request);
    } catch {
      // A failing logger must not fail the request.
    }
  }
}

type AnyTarget = ModuleTarget | SumdbTarget | IndexTarget | TlogTarget;

const everybody: AccessDecision = { allow: true };
const cancelled: TextAnswer = { status: 503, text: 'the request was cancelled', cache: 'no-store' };

/** Refuses what no go command sends: other methods (spec §10.1) and bodies. */
function checkRequest({ method, headers }: HandlerRequest): TextAnswer | undefined {
  const length = headers.get('content-length');
  const hasBody = (length !== null && Number(length) !== 0) || headers.get('transfer-encoding') !== null;
  // Whatever the body is, it is not read: the connection cannot carry another request.
  const close = hasBody ? { connection: 'close' } : undefined;
  if (method !== 'GET' && method !== 'HEAD') {
    const answer = notAllowed('a module proxy answers GET and HEAD');
    return { ...answer, headers: { ...close, ...answer.headers } };
  }
  if (!hasBody) return undefined;
  return {
    status: 400,
    text: 'bad request: GET and HEAD carry no body',
    cache: 'no-store',
    headers: close,
  };
}

function notAllowed(reason: string): TextAnswer {
  return { status: 405, text: `method not allowed: ${reason}`, cache: 'no-store', headers: { allow: 'GET, HEAD' } };
}

/** The header of spec §10.13, with the values that Go reads as true. */
function isCachedOnly({ headers }: HandlerRequest): boolean {
  const value = headers.get('disable-module-fetch');
  return value !== null && /^(?:1|t|true)$/i.test(value.trim());
}

function subjectOf(target: AnyTarget): AccessSubject {
  if (target.kind === 'index' || target.kind === 'tlog') return { kind: target.kind };
  return { kind: target.kind, path: target.module, version: target.version === '' ? undefined : target.version };
}

function checkBasePath(basePath: string): string {
  const path = basePath.endsWith('/') ? basePath.slice(0, -1) : basePath;
  if (path === '' || /^(?:\/(?!\.{1,2}(?:\/|$))[^/?#%\x00-\x20\x7f]+)+$/.test(path)) return path;
  throw new GoModKitError('invalid_argument', `basePath ${JSON.stringify(basePath)} is no path such as "/go"`);
}

function checkHealthPaths(options: HealthOptions | false | undefined): ReadonlyMap<string, HealthCheck> {
  const paths = healthPaths(options);
  for (const path of paths.keys()) {
    if (!/^\/[^?#%\x00-\x20\x7f]+$/.test(path)) {
      throw new GoModKitError(
        'invalid_argument',
        `the health path ${JSON.stringify(path)} is no path such as "/healthz"`,
      );
    }
  }
  return paths;
}
