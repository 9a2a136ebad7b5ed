// A fake object store on a loopback port: requests whole, answers whole, faults between them.
//
// Invariant: close() ends every connection, whatever hangs on it.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type ObjectFault, ObjectFaults } from './object-fault.ts';

/** A request with its body. */
export interface ObjectRequest {
  readonly method: string;
  /** Decoded, without the leading slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
}

/** An answer. */
export interface ObjectAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** For HEAD: whose length is announced. */
  readonly body?: Uint8Array | string | undefined;
}

/** What a service does with requests. */
export interface ObjectService {
  /** What the request asks for, as the service calls it. */
  operationOf(request: ObjectRequest): string;
  /** Does it. `conditional` is false where conditions are to be ignored. */
  answer(operation: string, request: ObjectRequest, conditional: boolean): ObjectAnswer;
  /** The form of an error. */
  error(status: number, code: string): ObjectAnswer;
}

/** A running server. */
export interface ObjectServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly faults: ObjectFaults;
  /** The operations that were asked for, in order, faults included. */
  readonly operations: readonly string[];
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

/** Serves on a free port of 127.0.0.1. */
export async function serveObjects(service: ObjectService, plan: readonly ObjectFault[] = []): Promise<ObjectServer> {
  const faults = new ObjectFaults(plan);
  const operations: string[] = [];
  const server = createServer((message, response) => {
    handle(service, faults, operations, message, response).catch(() => message.socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    operations,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function handle(
  service: ObjectService,
  faults: ObjectFaults,
  operations: string[],
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(message);
  const operation = service.operationOf(request);
  operations.push(operation);
  const fault = faults.decide(operation);
  if (fault === undefined) return send(response, message, service.answer(operation, request, true));
  if ('status' in fault)
    return send(response, message, service.error(fault.status, fault.code ?? 'ServiceUnavailable'));
  if ('reset' in fault) return void message.socket.resetAndDestroy();
  if ('stall' in fault) return;
  const answer = service.answer(operation, request, !('unconditional' in fault));
  if ('lost' in fault) return void message.socket.resetAndDestroy();
  if ('truncate' in fault || 'freeze' in fault) return sendPart(response, message, answer, fault);
  return send(response, message, 'corrupt' in fault ? corrupted(answer) : answer);
}

async function readRequest(message: IncomingMessage): Promise<ObjectRequest> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of message) chunks.push(chunk as Uint8Array);
  const url = new URL(message.url ?? '/', 'http://127.0.0.1');
  const body = Buffer.concat(chunks);
  const chunked = message.headers['content-encoding']?.includes('aws-chunked') === true;
  return {
    method: message.method ?? 'GET',
    path: decodeURIComponent(url.pathname.slice(1)),
    query: url.searchParams,
    headers: message.headers,
    body: chunked ? dechunked(body) : body,
  };
}

/** The data of an `aws-chunked` body: `SIZE[;…]\r\n DATA \r\n`, until a chunk of size 0. */
function dechunked(body: Buffer): Uint8Array {
  const data: Uint8Array[] = [];
  for (let at = 0; ; ) {
    const end = body.indexOf('\r\n', at);
    const size = Number.parseInt(body.toString('latin1', at, end), 16);
    if (end < 0 || !(size > 0)) return Buffer.concat(data);
    data.push(body.subarray(end + 2, end + 2 + size));
    at = end + 2 + size + 2;
  }
}

function bytesOf({ body = '' }: ObjectAnswer): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body) : body;
}

function send(response: ServerResponse, message: IncomingMessage, answer: ObjectAnswer): void {
  const body = bytesOf(answer);
  response.writeHead(answer.status, { 'content-length': body.length, ...answer.headers });
  response.end(message.method === 'HEAD' ? undefined : body);
}

function sendPart(
  response: ServerResponse,
  message: IncomingMessage,
  answer: ObjectAnswer,
  fault: { readonly truncate: number } | { readonly freeze: number },
): void {
  const body = bytesOf(answer);
  const part = body.subarray(0, 'truncate' in fault ? fault.truncate : fault.freeze);
  response.writeHead(answer.status, { 'content-length': body.length, ...answer.headers });
  response.flushHeaders();
  response.write(part, () => {
    if ('truncate' in fault) message.socket.end(() => message.socket.destroy());
  });
}

function corrupted(answer: ObjectAnswer): ObjectAnswer {
  const body = Uint8Array.from(bytesOf(answer));
  if (body.length > 0) body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
  return { ...answer, body };
}
