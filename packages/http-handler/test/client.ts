// HTTP clients for tests that must see what is really on the wire.

import { once } from 'node:events';
import { type Agent, type IncomingMessage, request } from 'node:http';
import { connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
}

export interface Ask {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly agent?: Agent;
  readonly body?: string;
}

/** Sends `target` as it is and opens the answer. */
export function open(
  port: number,
  target: string,
  { method = 'GET', headers = {}, agent, body }: Ask = {},
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: target, method, headers, agent: agent ?? false };
    request(options, resolve).on('error', reject).end(body);
  });
}

/** Sends `target` as it is and reads the whole answer; rejects when it is cut off. */
export async function ask(port: number, target: string, options: Ask = {}): Promise<Answer> {
  const message = await open(port, target, options);
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return { status: message.statusCode ?? 0, headers: message.headers, body: Buffer.concat(chunks) };
}

/** Sends `text` over a fresh connection and resolves to everything that came until the server closed it. */
export async function exchangeText(port: number, text: string): Promise<string> {
  const socket = await dial(port);
  let received = '';
  socket.setEncoding('latin1').on('data', (data: string) => {
    received += data;
  });
  socket.write(text);
  await once(socket, 'close');
  return received;
}

/** A connection to the server. What goes wrong with it is seen as its end. */
export async function dial(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  socket.on('error', () => {});
  return socket;
}
