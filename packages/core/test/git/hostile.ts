// Behaviours of servers that are slow, broken or hostile, for GitServer.behave.
//
// Invariant: whatever has no end of its own (endless packs and lists, stalls) ends when the client goes or the server closes.

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { setImmediate, setTimeout } from 'node:timers/promises';
import {
  beforePack,
  flush,
  type PackObject,
  packedObject,
  packFrame,
  packHeader,
  packOf,
  pktLine,
} from './pkt-line.ts';
import type { Behaviour, Exchange, Stage } from './server.ts';

/** A list of refs: what `listing` behaviours replace. In protocol 2 the advertisement before it is git's own. */
export type Where = Stage | 'listing';

/** Behaves like this at one stage, and well at the others. `times`: only so often. */
export function only(where: Where, behaviour: Behaviour, times: number = Number.POSITIVE_INFINITY): Behaviour {
  let left = times;
  return (exchange) => {
    if (!isAt(where, exchange) || left === 0) return exchange.next();
    left--;
    return behaviour(exchange);
  };
}

function isAt(where: Where, { request }: Exchange): boolean {
  if (where !== 'listing') return request.stage === where;
  return request.stage === 'refs' || (request.stage === 'advertisement' && request.protocol < 2);
}

/** Answers with this status. */
export function status(
  code: number,
  headers: Readonly<Record<string, string>> = {},
  body = `status ${code}\n`,
): Behaviour {
  return ({ response }) => {
    response.writeHead(code, { 'Content-Type': 'text/plain', ...headers }).end(body);
  };
}

/** Redirects: everything, query included, moves to the same path below another base. */
export function redirectTo(base: string, code = 302): Behaviour {
  return ({ request, response }) => {
    response.writeHead(code, { Location: base + request.path }).end();
  };
}

/** Redirects to ever new paths of the same server. */
export function redirectLoop(): Behaviour {
  let count = 0;
  return ({ request, response }) => {
    const path = request.path.replace(/^\/loop\d+/, '');
    response.writeHead(302, { Location: `/loop${++count}${path}` }).end();
  };
}

/** Never sends so much as a status. */
export function stall(): Behaviour {
  return ({ gone }) => untilAborted(gone);
}

/** Answers well for so many bytes of the body (0: the headers alone), and then sends nothing more. */
export function stallAfter(bytes: number): Behaviour {
  return async (exchange) => {
    limitBody(exchange.response, bytes, () => {});
    await exchange.next();
    await untilAborted(exchange.gone);
  };
}

/** Sends so many bytes of the body and ends: as if that were all, or by dropping the connection. */
export function truncateAfter(bytes: number, how: 'ends' | 'drops' = 'ends'): Behaviour {
  return ({ next, response }) => {
    const end = response.end.bind(response);
    limitBody(response, bytes, () => (how === 'ends' ? end() : response.destroy()));
    return next();
  };
}

/** Sends one byte of the body every so many milliseconds. */
export function trickle(milliseconds: number): Behaviour {
  return (exchange) =>
    changeBody(exchange, async (body, response) => {
      for (const byte of body) {
        if (exchange.gone.aborted) return;
        response.write(Uint8Array.of(byte));
        await pause(milliseconds, exchange.gone);
      }
      response.end();
    });
}

/** Changes one byte of the body, counted from its end where `at` is negative; in answers with packs that may be one of a message. */
export function flipByte(at: number): Behaviour {
  return (exchange) =>
    changeBody(exchange, (body, response) => {
      const place = at < 0 ? body.length + at : at;
      body[place] = (body[place] ?? 0) ^ 0x55;
      response.end(body);
    });
}

/** Changes one byte of the pack, counted from its end where `at` is negative: the last 20 are its checksum. */
export function flipPackByte(at: number): Behaviour {
  return only('pack', (exchange) =>
    changeBody(exchange, (body, response) => {
      const places = packPlaces(body);
      const place = places.at(at);
      if (place === undefined) throw new Error('there is no such byte in the pack');
      body[place] = (body[place] ?? 0) ^ 0x55;
      response.end(body);
    }),
  );
}

/** Where in a body the bytes of the pack are: in side band 1, or from `PACK` on. */
function packPlaces(body: Buffer): number[] {
  const places: number[] = [];
  for (let at = 0; at + 4 <= body.length; ) {
    if (body.toString('latin1', at, at + 4) === 'PACK') return range(at, body.length);
    const length = Math.max(4, Number.parseInt(body.toString('latin1', at, at + 4), 16));
    if (length > 4 && body[at + 4] === 1) places.push(...range(at + 5, at + length));
    at += length;
  }
  return places;
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Answers with these refs, in the protocol that is spoken. */
export function refsNamed(refs: readonly (readonly [name: string, hash: string])[]): Behaviour {
  return refsFrom(() => refs);
}

/** Refs without end, or so many. */
export function manyRefs(hash: string, count: number = Number.POSITIVE_INFINITY): Behaviour {
  return refsFrom(function* () {
    for (let i = 0; i < count; i++) yield [`refs/tags/v0.${i}.0`, hash] as const;
  });
}

function refsFrom(list: () => Iterable<readonly [name: string, hash: string]>): Behaviour {
  return only('listing', async (exchange) => {
    const { request, response } = exchange;
    const below2 = request.stage === 'advertisement';
    response.writeHead(200, {
      'Content-Type': `application/x-git-upload-pack-${below2 ? 'advertisement' : 'result'}`,
    });
    if (below2) response.write(Buffer.concat([pktLine('# service=git-upload-pack\n'), flush]));
    let capabilities = below2 ? '\0multi_ack_detailed no-done side-band-64k ofs-delta shallow agent=git/2.39.5' : '';
    let lines: Buffer[] = [];
    for (const [name, hash] of list()) {
      lines.push(pktLine(`${hash} ${name}${capabilities}\n`));
      capabilities = '';
      if (lines.length < 1000) continue;
      await send(exchange, Buffer.concat(lines));
      if (exchange.gone.aborted) return;
      lines = [];
    }
    response.end(Buffer.concat([...lines, flush]));
  });
}

/** Answers requests for objects with exactly these, whatever was asked. */
export function packWith(objects: readonly PackObject[]): Behaviour {
  return only('pack', ({ request, response }) => {
    beginPack(request, response);
    response.end(Buffer.concat([packFrame(request, packOf(objects)), flush]));
  });
}

/**
 * A pack without end, of valid blobs: `random` ones, which take as much room unpacked, or `zeros`, which are a thousand times larger
 * than what is sent.
 */
export function endlessPack(kind: 'random' | 'zeros' = 'random'): Behaviour {
  return only('pack', async (exchange) => {
    beginPack(exchange.request, exchange.response);
    await send(exchange, packFrame(exchange.request, packHeader(1_000_000)));
    const zeros = packFrame(exchange.request, packedObject(['blob', new Uint8Array(4 << 20)]));
    while (!exchange.gone.aborted) {
      const next = kind === 'zeros' ? zeros : packFrame(exchange.request, packedObject(['blob', randomBytes(1 << 16)]));
      await send(exchange, next);
    }
  });
}

/** A pack of one blob whose header promises `size` bytes, of which few come. */
export function boastingPack(size: number): Behaviour {
  return only('pack', ({ request, response }) => {
    beginPack(request, response);
    const bytes = Buffer.concat([packHeader(1), packedObject(['blob', Buffer.from('small')], size)]);
    response.end(Buffer.concat([packFrame(request, bytes), flush]));
  });
}

/** Progress messages for ever, and no pack. */
export function endlessProgress(milliseconds = 20): Behaviour {
  return only('pack', async (exchange) => {
    beginPack(exchange.request, exchange.response);
    while (!exchange.gone.aborted) {
      exchange.response.write(pktLine('\x02Counting objects: 1\r'));
      await pause(milliseconds, exchange.gone);
    }
  });
}

function beginPack(request: Exchange['request'], response: ServerResponse): void {
  response.writeHead(200, { 'Content-Type': 'application/x-git-upload-pack-result' });
  response.write(beforePack(request));
}

/** Passes the first bytes of a body on and drops the rest; `then` is called once, when they have been passed on or the body has ended. */
function limitBody(response: ServerResponse, bytes: number, then: () => void): void {
  let left = bytes;
  let done = false;
  const write = response.write.bind(response);
  const finish = (): void => {
    if (done) return;
    done = true;
    then();
  };
  const take = (chunk: Uint8Array): boolean => {
    if (left > 0) write(chunk.subarray(0, left));
    left -= chunk.length;
    if (left <= 0) finish();
    return true;
  };
  response.removeHeader('Content-Length');
  response.write = ((chunk: Uint8Array) => take(Buffer.from(chunk))) as ServerResponse['write'];
  response.end = ((chunk?: Uint8Array) => {
    if (chunk !== undefined) take(Buffer.from(chunk));
    response.flushHeaders();
    finish();
    return response;
  }) as ServerResponse['end'];
}

/** Gives the whole body that git answers to `change`, which sends another. */
async function changeBody(
  { next, response }: Exchange,
  change: (body: Buffer, response: ServerResponse) => Promise<void> | void,
): Promise<void> {
  const chunks: Buffer[] = [];
  const { end, write } = response;
  response.write = ((chunk: Uint8Array) => chunks.push(Buffer.from(chunk)) > 0) as ServerResponse['write'];
  response.end = ((chunk?: Uint8Array) => {
    if (chunk !== undefined) chunks.push(Buffer.from(chunk));
    return response;
  }) as ServerResponse['end'];
  await next();
  Object.assign(response, { write, end });
  await change(Buffer.concat(chunks), response);
}

async function send({ gone, response }: Exchange, bytes: Uint8Array): Promise<void> {
  if (gone.aborted) return;
  if (!response.write(bytes)) await once(response, 'drain', { signal: gone }).catch(() => {});
  // A turn of the event loop each time: a socket may drain within one, and nobody could end this.
  await setImmediate();
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => {});
}
