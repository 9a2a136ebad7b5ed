// `git http-backend` as a CGI program: one request in, one response out.
//
// Invariants:
// - git sees no configuration but what is given, and no variable of the caller's but PATH.
// - A client that goes away ends the program.

import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Writable } from 'node:stream';
import { createGzip } from 'node:zlib';

/** How git answers. */
export interface BackendOptions {
  /** Directory with the repositories. */
  readonly root: string;
  /** Highest version of the protocol that it speaks. */
  readonly protocol: 0 | 1 | 2;
  /** Configuration, such as `uploadpack.allowFilter`. */
  readonly config: Readonly<Record<string, string>>;
  /** Compresses what it answers to clients that take that. */
  readonly gzip: boolean;
}

/** Lets git answer a request whose body has been read. */
export async function answerByGit(
  request: IncomingMessage,
  body: Uint8Array,
  response: ServerResponse,
  options: BackendOptions,
): Promise<void> {
  // A group of its own, as git starts programs that start programs.
  const child = spawn('git', ['http-backend'], { env: environment(request, body, options), detached: true });
  const kill = (): void => killGroup(child.pid);
  response.once('close', kill);
  if (response.destroyed) kill();
  child.stderr.resume();
  child.stdin.on('error', () => {});
  child.stdin.end(body);
  let head = Buffer.alloc(0);
  let sink: NodeJS.WritableStream | undefined;
  for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
    if (sink === undefined) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) continue;
      sink = begin(head.subarray(0, end).toString(), request, response, options.gzip);
      await write(sink, head.subarray(end + 4));
    } else await write(sink, chunk);
  }
  if (sink === undefined) response.writeHead(500);
  (sink ?? response).end();
}

function begin(head: string, request: IncomingMessage, response: ServerResponse, gzip: boolean): NodeJS.WritableStream {
  let status = 200;
  for (const line of head.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name === 'Status') status = Number.parseInt(value, 10);
    else response.setHeader(name, value);
  }
  if (!gzip || !`${request.headers['accept-encoding']}`.includes('gzip')) {
    response.writeHead(status);
    return response;
  }
  response.setHeader('Content-Encoding', 'gzip');
  response.removeHeader('Content-Length');
  response.writeHead(status);
  const packed = createGzip();
  packed.pipe(response);
  return packed;
}

function killGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

/** The client has gone: what is still read goes nowhere. */
function isGone(sink: NodeJS.WritableStream): boolean {
  return (sink as Writable).destroyed;
}

/** Resolves when the sink takes more, or has gone. */
function write(sink: NodeJS.WritableStream, chunk: Uint8Array): Promise<void> | undefined {
  if (chunk.length === 0 || isGone(sink) || sink.write(chunk)) return undefined;
  return new Promise((resolve) => {
    const done = (): void => {
      for (const event of events) sink.off(event, done);
      resolve();
    };
    const events = ['drain', 'close', 'error'] as const;
    for (const event of events) sink.once(event, done);
  });
}

function environment(
  request: IncomingMessage,
  body: Uint8Array,
  { config, protocol, root }: BackendOptions,
): Record<string, string> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const settings = Object.entries({ 'safe.directory': '*', 'core.hooksPath': '/dev/null', ...config });
  return {
    PATH: process.env.PATH ?? '',
    HOME: '/nonexistent',
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CONFIG_GLOBAL: '/dev/null',
    GIT_CONFIG_COUNT: `${settings.length}`,
    ...Object.fromEntries(
      settings.flatMap(([key, value], i) => [
        [`GIT_CONFIG_KEY_${i}`, key],
        [`GIT_CONFIG_VALUE_${i}`, value],
      ]),
    ),
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    ...(protocol > 0 && request.headers['git-protocol'] !== undefined
      ? { GIT_PROTOCOL: protocol < 2 ? 'version=1' : `${request.headers['git-protocol']}` }
      : {}),
    REQUEST_METHOD: request.method ?? 'GET',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    CONTENT_TYPE: request.headers['content-type'] ?? '',
    CONTENT_LENGTH: `${body.length}`,
    HTTP_CONTENT_ENCODING: `${request.headers['content-encoding'] ?? ''}`,
    REMOTE_ADDR: '127.0.0.1',
    REMOTE_USER: '',
  };
}
