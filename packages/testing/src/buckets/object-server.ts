// A fake object store on a loopback port: requests whole, answers whole, faults between them.
//
// Invariants:
// - close() ends every connection, whatever hangs on it.
// - A request's operation is known from its head: a fault may hit before its body was read.

import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type ObjectFault, ObjectFaults, type WorkFaults, workFaults } from './object-fault.ts';

/** The head of a request. */
export interface ObjectRequestHead {
  readonly method: string;
  /** Decoded, without the leading slash. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
}

/** A request with its body. */
export interface ObjectRequest extends ObjectRequestHead {
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
  operationOf(request: ObjectRequestHead): string;
  /** Does it. */
  answer(operation: string, request: ObjectRequest, faults: WorkFaults): ObjectAnswer;
  /** The form of an error. */
  error(status: number, code: string): ObjectAnswer;
  /** Names of the headers that carry checksums of bodies. */
  readonly checksumHeaders: readonly string[];
}

/** A running server. */
export interface ObjectServer {
  /** `http://127.0.0.1:PORT` */
  readonly endpoint: string;
  readonly faults: ObjectFaults;
  /** The operations that were asked for, in order, faults included. */
  readonly operations: readonly string[];
  /** How many connections clients hold open now. */
  connections(): number;
  /** Ends every connection. Idempotent. */
  close(): Promise<void>;
}

/** Serves on a free port of 127.0.0.1. */
export async function serveObjects(service: ObjectService, plan: readonly ObjectFault[] = []): Promise<ObjectServer> {
  const faults = new ObjectFaults(plan);
  const operations: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((message, response) => {
    const head = headOf(message);
    const operation = service.operationOf(head);
    operations.push(operation);
    const exchange = { service, head, operation, message, response };
    handle(exchange, faults.decide(operation)).catch(() => message.socket.destroy());
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    faults,
    operations,
    connections: () => sockets.size,
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Exchange {
  readonly service: ObjectService;
  readonly head: ObjectRequestHead;
  readonly operation: string;
  readonly message: IncomingMessage;
  readonly response: ServerResponse;
}

async function handle(exchange: Exchange, fault: ObjectFault | undefined): Promise<void> {
  const { service, operation, head, message } = exchange;
  const refusal = fault !== undefined && 'status' in fault ? fault : undefined;
  if (refusal?.after !== undefined) {
    await readBytes(message, refusal.after);
    return sendAndClose(exchange, service.error(refusal.status, refusal.code ?? 'ServiceUnavailable'));
  }
  const request = { ...head, body: dechunked(head, await readBytes(message)) };
  if (fault === undefined) return send(exchange, service.answer(operation, request, workFaults(fault)));
  if (refusal !== undefined) return send(exchange, service.error(refusal.status, refusal.code ?? 'ServiceUnavailable'));
  if ('reset' in fault) return void message.socket.resetAndDestroy();
  if ('stall' in fault) return;
  const arrived = 'damage' in fault ? { ...request, body: changed(request.body) } : request;
  const answer = service.answer(operation, arrived, workFaults(fault));
  if ('lost' in fault) return void message.socket.resetAndDestroy();
  if ('truncate' in fault || 'freeze' in fault) return sendPart(exchange, answer, fault);
  if ('wrongChecksum' in fault) return send(exchange, misstated(answer, service.checksumHeaders));
  return send(exchange, 'corrupt' in fault ? { ...answer, body: changed(bytesOf(answer)) } : answer);
}

function headOf(message: IncomingMessage): ObjectRequestHead {
  const url = new URL(message.url ?? '/', 'http://127.0.0.1');
  return {
    method: message.method ?? 'GET',
    path: decodeURIComponent(url.pathname.slice(1)),
    query: url.searchParams,
    headers: message.headers,
  };
}

/** The body of a request, or its beginning. */
async function readBytes(message: IncomingMessage, limit: number = Number.POSITIVE_INFINITY): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  if (limit > 0) {
    for await (const chunk of message.iterator({ destroyOnReturn: false })) {
      chunks.push(chunk as Uint8Array);
      size += (chunk as Uint8Array).length;
      if (size >= limit) break;
    }
  }
  return Buffer.concat(chunks);
}

/** The data of an `aws-chunked` body: `SIZE[;…]\r\n DATA \r\n`, until a chunk of size 0. */
function dechunked({ headers }: ObjectRequestHead, body: Buffer): Uint8Array {
  if (headers['content-encoding']?.includes('aws-chunked') !== true) return body;
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

function send({ message, response }: Exchange, answer: ObjectAnswer): void {
  const body = bytesOf(answer);
  response.writeHead(answer.status, { 'content-length': body.length, ...answer.headers });
  response.end(message.method === 'HEAD' ? undefined : body);
}

/** Answers a request whose body was not read to its end. */
function sendAndClose(exchange: Exchange, answer: ObjectAnswer): void {
  const { message, response } = exchange;
  response.once('finish', () => message.socket.destroySoon());
  send(exchange, { ...answer, headers: { ...answer.headers, connection: 'close' } });
}

function sendPart(
  { message, response }: Exchange,
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

/** A copy with one bit changed in its middle. */
function changed(bytes: Uint8Array): Uint8Array {
  const copy = Uint8Array.from(bytes);
  if (copy.length > 0) copy[copy.length >> 1] = (copy[copy.length >> 1] ?? 0) ^ 1;
  return copy;
}

/** The answer with other checksums, of the same form. */
function misstated(answer: ObjectAnswer, names: readonly string[]): ObjectAnswer {
  const headers = Object.entries(answer.headers ?? {}).map(([name, value]) => {
    const other = (text: string): string => (text.startsWith('A') ? 'B' : 'A') + text.slice(1);
    return [name, names.includes(name) ? value.replace(/[^=,]+={0,2}(?=,|$)/g, other) : value];
  });
  return { ...answer, headers: Object.fromEntries(headers) };
}
