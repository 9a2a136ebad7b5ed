// A smart HTTP server on loopback over a directory of bare repositories, which logs what is asked and misbehaves as told.
//
// Invariants:
// - Every request is logged before anything answers it, with its body unpacked.
// - A behaviour sees a request before git does: it answers, or it calls `next()`.
// - close() ends every connection and every git process.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { answerByGit, type BackendOptions } from './smart-http.ts';

/** Options of {@link startGitServer}. */
export interface GitServerOptions {
  /** Highest version of git's protocol. Default 2. */
  readonly protocol?: 0 | 1 | 2 | undefined;
  /** Partial clones (`uploadpack.allowFilter`). Default: allowed. */
  readonly filter?: boolean | undefined;
  /** Any object by its hash (`uploadpack.allowAnySHA1InWant`; only protocols below 2 ever refuse). Default: allowed. */
  readonly anyHash?: boolean | undefined;
  /** Further configuration of git. */
  readonly config?: Readonly<Record<string, string>> | undefined;
  /** Asks for Basic credentials. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** Answers are compressed. Default false. */
  readonly gzip?: boolean | undefined;
  /** How it misbehaves; see hostile.ts. */
  readonly behaviour?: Behaviour | undefined;
}

/**
 * What a request is for: `advertisement` (`info/refs`; below protocol 2 the refs themselves), `refs` (protocol 2's `ls-refs`), `pack`
 * (objects), or something else.
 */
export type Stage = 'advertisement' | 'refs' | 'pack' | 'other';

/** A request that was made. */
export interface GitRequest {
  readonly method: string;
  /** With the query. */
  readonly path: string;
  readonly stage: Stage;
  /** The version of git's protocol that is spoken. */
  readonly protocol: 0 | 1 | 2;
  readonly headers: IncomingMessage['headers'];
  /** Unpacked. */
  readonly body: string;
}

/** One request, as a behaviour has it. */
export interface Exchange {
  readonly request: GitRequest;
  readonly response: ServerResponse;
  /** Aborted when the client has gone or the server closes. */
  readonly gone: AbortSignal;
  /** Lets git answer. */
  next(): Promise<void>;
}

/** Answers a request, or lets git do so. */
export type Behaviour = (exchange: Exchange) => Promise<void> | void;

/** A running server. */
export interface GitServer {
  /** `http://127.0.0.1:PORT`; repositories are at `/NAME.git` and `/NAME`. */
  readonly url: string;
  readonly port: number;
  /** What was asked, in order. */
  readonly requests: readonly GitRequest[];
  /** Changes how it behaves from now on; undefined for well. */
  behave(behaviour: Behaviour | undefined): void;
  /** Forgets the requests. */
  clear(): void;
  close(): Promise<void>;
}

/** Serves the repositories below `root` on a free port of loopback. */
export async function startGitServer(root: string, options: GitServerOptions = {}): Promise<GitServer> {
  const requests: GitRequest[] = [];
  const open = new Set<AbortController>();
  let behaviour = options.behaviour;
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const gone = new AbortController();
    open.add(gone);
    response
      .on('error', () => {})
      .once('close', () => {
        open.delete(gone);
        gone.abort();
      });
    const body = await bodyOf(message);
    const request = describe(message, body, options.protocol ?? 2);
    requests.push(request);
    if (!isAllowed(message, options)) {
      response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="git"' }).end('who are you?\n');
      return;
    }
    const next = (): Promise<void> => answerByGit(message, body, response, backend(root, options));
    await (behaviour === undefined ? next() : behaviour({ request, response, gone: gone.signal, next }));
  };
  const server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    requests,
    behave: (next) => {
      behaviour = next;
    },
    clear: () => {
      requests.length = 0;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const each of open) each.abort();
      server.closeAllConnections();
      await closed;
    },
  };
}

function backend(root: string, options: GitServerOptions): BackendOptions {
  const { anyHash = true, config = {}, filter = true, gzip = false, protocol = 2 } = options;
  const settings = { 'uploadpack.allowFilter': `${filter}`, 'uploadpack.allowAnySHA1InWant': `${anyHash}`, ...config };
  return { root, protocol, gzip, config: settings };
}

function isAllowed({ headers }: IncomingMessage, { auth }: GitServerOptions): boolean {
  if (auth === undefined) return true;
  const wanted = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
  return headers.authorization === `Basic ${wanted}`;
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function describe(message: IncomingMessage, raw: Buffer, highest: 0 | 1 | 2): GitRequest {
  const { headers, method = 'GET', url: path = '/' } = message;
  const body = (headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw).toString('latin1');
  const asked = Number(/version=([12])/.exec(`${headers['git-protocol']}`)?.[1] ?? 0);
  return { method, path, headers, body, stage: stageOf(path, body), protocol: Math.min(asked, highest) as 0 | 1 | 2 };
}

function stageOf(path: string, body: string): Stage {
  if (/\/info\/refs(?:\?|$)/.test(path)) return 'advertisement';
  if (!path.endsWith('/git-upload-pack')) return 'other';
  return body.includes('command=ls-refs') ? 'refs' : 'pack';
}
