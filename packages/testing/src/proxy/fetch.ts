// The proxy without a port: a `fetch` that asks it directly.
//
// Invariant: behaves as fetch over a network would: resets and hangs included, aborts reject with the signal's reason.

import type { HandlerRequest } from '@gomodkit/core/protocol';
import { toFetch } from '@gomodkit/http-handler/fetch';
import type { Decider, Outcome } from './outcome.ts';

/** `fetch` for one proxy. A string that begins with `/` is taken as the raw request target. */
export type ProxyFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** A fetch that gets what `decide` decides; `closing` ends what hangs. */
export function proxyFetch(decide: Decider, url: string, closing: AbortSignal): ProxyFetch {
  return async (input, init) => {
    const raw = typeof input === 'string' && input.startsWith('/') ? input : undefined;
    const request = new Request(raw === undefined ? (input as string | URL | Request) : url, init);
    request.signal.throwIfAborted();
    const signal = AbortSignal.any([request.signal, closing]);
    const asked: HandlerRequest = { method: request.method, url: raw ?? request.url, headers: request.headers, signal };
    const outcome = await Promise.race([decide(asked), aborted(signal)]);
    if (outcome.type === 'reset') throw networkError();
    return toFetch(async () => (outcome.type === 'answer' ? outcome.response : truncated(outcome)))(request);
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}

/** What fetch says of a connection that was reset. */
function networkError(): TypeError {
  return new TypeError('fetch failed', { cause: Object.assign(new Error('read ECONNRESET'), { code: 'ECONNRESET' }) });
}

function truncated({ response, body }: Extract<Outcome, { type: 'truncated' }>): typeof response {
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      if (body.length > 0) controller.enqueue(body);
    },
    pull(controller) {
      controller.error(new TypeError('terminated', { cause: new Error('other side closed') }));
    },
  });
  return { ...response, body: stream };
}
