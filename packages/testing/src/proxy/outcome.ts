// What becomes of a request: the answer of core's handler, bent by at most one fault.
//
// Invariant: this is the only place where faults have their effect, for the server and for `fetch` alike; how a connection is cut is
// left to who owns it.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Handler, HandlerRequest, HandlerResponse } from '@gomodkit/core/protocol';
import { type DecidingPlan, type Fault, nameOf } from '../faults/fault.ts';
import type { RecordingLog } from '../requests/log.ts';
import { describeRequest } from '../requests/request.ts';

/** An answer, or the lack of one. */
export type Outcome =
  | { readonly type: 'answer'; readonly response: HandlerResponse }
  | { readonly type: 'truncated'; readonly response: HandlerResponse; readonly body: Uint8Array }
  | { readonly type: 'reset' };

/** What {@link createDecider} needs. */
export interface DeciderParts {
  readonly handler: Handler;
  readonly faults: DecidingPlan;
  readonly log: RecordingLog;
}

/** Decides about one request. Rejects with the reason of its signal when that aborts before there is an outcome. */
export type Decider = (request: HandlerRequest) => Promise<Outcome>;

/** Logs, applies faults, asks the handler. */
export function createDecider({ handler, faults, log }: DeciderParts): Decider {
  return async (request) => {
    const described = describeRequest(request.method, request.url);
    const logged = log.record(described);
    const fault = faults.decide(described);
    if (fault !== undefined) logged({ fault: nameOf(fault) });
    const outcome = await (fault === undefined
      ? handler(request).then(answered)
      : suffer(fault, request, handler)
    ).catch((error) => failed(error, request));
    if (outcome.type !== 'reset') logged({ status: outcome.response.status });
    return outcome;
  };
}

async function suffer(fault: Fault, request: HandlerRequest, handler: Handler): Promise<Outcome> {
  const { latency } = fault;
  if (latency !== undefined) await sleep(latency, undefined, { signal: request.signal }).catch(() => {});
  request.signal?.throwIfAborted();
  if ('reset' in fault) return { type: 'reset' };
  if ('hang' in fault) return forever(request.signal);
  if ('status' in fault) return answered(text(fault.status, fault.body ?? `fault: ${nameOf(fault)}\n`, fault.headers));
  const response = await handler(request);
  if ('bytes' in fault) return answered(await replaced(response, fault.bytes));
  if (!('truncate' in fault)) return answered(response);
  return { type: 'truncated', response, body: (await bodyOf(response)).subarray(0, fault.truncate) };
}

/** Functions in a fault may throw: whoever wrote the test is to read why. */
function failed(error: unknown, { signal }: HandlerRequest): Outcome {
  signal?.throwIfAborted();
  return answered(text(500, `test proxy: a fault failed: ${error instanceof Error ? error.message : error}\n`));
}

function answered(response: HandlerResponse): Outcome {
  return { type: 'answer', response };
}

function forever(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason));
  });
}

async function replaced(
  response: HandlerResponse,
  bytes: Extract<Fault, { bytes: unknown }>['bytes'],
): Promise<HandlerResponse> {
  const right = await bodyOf(response);
  const body = toBytes(typeof bytes === 'function' ? bytes(right) : bytes);
  return { status: 200, headers: { ...response.headers, 'content-length': String(body.length) }, body };
}

function text(
  status: number,
  body: string | Uint8Array,
  headers: Readonly<Record<string, string>> = {},
): HandlerResponse {
  const bytes = toBytes(body);
  const standard = { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(bytes.length) };
  return { status, headers: { ...standard, ...headers }, body: bytes };
}

async function bodyOf({ body }: HandlerResponse): Promise<Uint8Array> {
  if (body === null || body instanceof Uint8Array) return body ?? new Uint8Array();
  return new Uint8Array(await new Response(body as ConstructorParameters<typeof Response>[0]).arrayBuffer());
}

function toBytes(content: string | Uint8Array): Uint8Array {
  return typeof content === 'string' ? new TextEncoder().encode(content) : content;
}
