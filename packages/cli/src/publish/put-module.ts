// Publishing to a server: `PUT …/@v/VERSION.zip`.
//
// Invariants:
// - Credentials come from a netrc file alone, and travel over https or to this very machine.
// - The body is sent when the server is ready for it: one that refuses says so before.
// - Redirects are not followed: what is published goes where it was meant to go.

import { readFile } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream as NodeReadableStream } from 'node:stream/web';
import { type ErrorCode, GoModKitError, module, netrcCredentials, type zip } from '@gomodkit/core';

/** What a server said to an upload. */
export interface PutAnswer {
  readonly created: boolean;
  /** go.sum lines. */
  readonly text: string;
}

/** How long a server may take to say that it wants the body, in milliseconds; old ones say nothing. */
const patience = 2_000;

/** Publishes a zip at a server. Rejects with `conflict`, `denied`, `invalid_zip` or what else the server says. */
export async function putModule(
  server: string,
  version: module.ModuleVersion,
  body: zip.ByteSource,
  time: string | undefined,
): Promise<PutAnswer> {
  const url = uploadUrl(server, version);
  const headers = {
    ...(await credentialsFor(url)),
    'content-type': 'application/zip',
    'content-length': String(body.size),
    expect: '100-continue',
    ...(time === undefined ? {} : { 'module-time': time }),
  };
  const { status, text } = await send(url, { method: 'PUT', headers }, body);
  if (status === 200 || status === 201) return { created: status === 201, text };
  throw refusal(url, status, text);
}

function uploadUrl(server: string, { path, version }: module.ModuleVersion): URL {
  const base = URL.canParse(server) ? new URL(server) : undefined;
  if (base === undefined || !/^https?:$/.test(base.protocol) || base.username !== '' || base.password !== '') {
    throw new GoModKitError(
      'invalid_argument',
      'the server to publish to is a URL such as https://modules.example.com, without a user or password: those belong into a netrc file',
    );
  }
  return new URL(
    `${base.origin}${base.pathname.replace(/\/+$/, '')}/${module.escapePath(path)}/@v/${module.escapeVersion(version)}.zip`,
  );
}

async function credentialsFor(url: URL): Promise<Record<string, string>> {
  const file = process.env.NETRC || join(homedir(), '.netrc');
  const text = await readFile(file, 'utf8').catch(() => undefined);
  const found = text === undefined ? undefined : await netrcCredentials(text)(url, {});
  const header = found?.Authorization;
  if (typeof header !== 'string') return {};
  if (url.protocol === 'https:' || /^(localhost|127\.[0-9.]+|\[::1\])$/.test(url.hostname))
    return { authorization: header };
  throw new GoModKitError('invalid_argument', `credentials for ${url.host} are not sent over plain http: use https`);
}

interface Answered {
  readonly status: number;
  readonly text: string;
}

function send(url: URL, options: RequestOptions, body: zip.ByteSource): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const start = url.protocol === 'https:' ? httpsRequest : httpRequest;
    const sending = start(url, options);
    let answered = false;
    let begun = false;
    const sendBody = (): void => {
      if (begun || answered) return;
      begun = true;
      const stream = Readable.fromWeb(body.stream() as NodeReadableStream);
      stream.on('error', (error) => sending.destroy(error)).pipe(sending);
    };
    const timer = setTimeout(sendBody, patience);
    sending.on('continue', sendBody);
    sending.on('response', (response) => {
      answered = true;
      clearTimeout(timer);
      readText(response).then((text) => {
        resolve({ status: response.statusCode ?? 0, text });
        sending.destroy();
      }, reject);
    });
    sending.on('error', (cause) => {
      clearTimeout(timer);
      // A server that has answered need not take the rest.
      if (!answered)
        reject(new GoModKitError('upstream_unavailable', `cannot publish to ${url.host}: ${cause.message}`, { cause }));
    });
    sending.flushHeaders();
  });
}

/** More than any refusal has. */
const longestText = 10_000;

async function readText(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const part of response) {
    text += part;
    if (text.length > longestText) break;
  }
  // Whatever the server is, what it says must not steer a terminal.
  return text.slice(0, longestText).replace(/[^\P{C}\n]/gu, '?');
}

const codes: Readonly<Record<number, ErrorCode>> = {
  401: 'denied',
  403: 'denied',
  409: 'conflict',
  413: 'limit_exceeded',
  422: 'invalid_zip',
};

function refusal(url: URL, status: number, text: string): GoModKitError {
  const help =
    status === 404 || status === 405
      ? '; does it take uploads (serve --upload-tokens)?'
      : status === 401
        ? '; put a token into a netrc file'
        : '';
  return new GoModKitError(
    codes[status] ?? 'upstream_unavailable',
    `${url.host} answered ${status}${help}\n${text.trimEnd()}`,
  );
}
