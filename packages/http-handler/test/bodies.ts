// Handlers and bodies for tests.

import type { Handler, HandlerRequest, HandlerResponse } from '@gomodkit/core/protocol';

export interface ObservedBody {
  readonly stream: ReadableStream<Uint8Array>;
  /** Bytes that were asked of it so far. */
  readonly delivered: () => number;
  /** Resolves with the reason when it is cancelled. */
  readonly cancelled: Promise<unknown>;
}

/** A pull-driven stream of `size` bytes; then it ends, or fails with `error`. */
export function observedBody(
  size: number,
  { chunk = 64 * 1024, error }: { chunk?: number; error?: Error } = {},
): ObservedBody {
  let delivered = 0;
  let cancel: (reason: unknown) => void;
  const cancelled = new Promise<unknown>((resolve) => {
    cancel = resolve;
  });
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (delivered < size) {
          const length = Math.min(chunk, size - delivered);
          controller.enqueue(new Uint8Array(length).fill(delivered / chunk));
          delivered += length;
        } else if (error === undefined) controller.close();
        else controller.error(error);
      },
      cancel(reason) {
        cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, delivered: () => delivered, cancelled };
}

/** A stream that never delivers. */
export function silentBody(): ObservedBody {
  let cancel: (reason: unknown) => void;
  const cancelled = new Promise<unknown>((resolve) => {
    cancel = resolve;
  });
  const stream = new ReadableStream<Uint8Array>({
    cancel(reason) {
      cancel(reason);
    },
  });
  return { stream, delivered: () => 0, cancelled };
}

/** A plain text answer. */
export function text(body: string, status = 200, headers: Record<string, string> = {}): HandlerResponse {
  const bytes = new TextEncoder().encode(body);
  return {
    status,
    headers: { 'content-type': 'text/plain; charset=utf-8', 'content-length': String(bytes.length), ...headers },
    body: bytes,
  };
}

/** Like core's handler in what matters here: HEAD has no body, other methods are 405, and the body says which target arrived. */
export const echo: Handler = async ({ method, url }) => {
  if (method !== 'GET' && method !== 'HEAD') return text('method not allowed\n', 405, { allow: 'GET, HEAD' });
  const answer = text(`target ${url}\n`);
  return method === 'HEAD' ? { ...answer, body: null } : answer;
};

/** A handler and a promise of the request that reaches it. */
export function observed(handler: Handler): { readonly handler: Handler; readonly arrived: Promise<HandlerRequest> } {
  let arrive: (request: HandlerRequest) => void;
  const arrived = new Promise<HandlerRequest>((resolve) => {
    arrive = resolve;
  });
  return {
    arrived,
    handler: (request) => {
      arrive(request);
      return handler(request);
    },
  };
}

/** Resolves when `signal` aborts. */
export function aborted(signal: AbortSignal | undefined): Promise<unknown> {
  if (signal === undefined) throw new Error('the request has no signal');
  return new Promise((resolve) => {
    if (signal.aborted) resolve(signal.reason);
    else signal.addEventListener('abort', () => resolve(signal.reason));
  });
}
