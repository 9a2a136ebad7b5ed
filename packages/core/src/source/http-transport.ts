// Files of a proxy over http and https.
//
// Invariants:
// - At most `concurrency` answers at once, bodies still streaming included; nobody holds a slot while waiting to try again.
// - A zip is tried again only until its body begins: what streams cannot be taken back.
// - Answers are whole or an error, within their total time: a server that drips holds no slot for ever.

import { createLimiter } from '../async/limiter.ts';
import { readAll } from '../bytes/source.ts';
import { openBody, readSome } from './http-body.ts';
import { discard, type Exchange, exchange } from './http-exchange.ts';
import { createGuard, type Guard } from './http-guard.ts';
import { withRetries } from './http-retry.ts';
import type { HttpSettings } from './http-settings.ts';
import { statusError } from './http-status.ts';
import { reasonBytes, reasonOf } from './reason.ts';
import type { SourceZip } from './source.ts';
import type { FetchRequest, Transport } from './transport.ts';

/** A transport over `settings.fetch`. */
export function httpTransport(settings: HttpSettings): Transport {
  const limiter = createLimiter(settings.concurrency);
  const { timeouts, retry, clock, name } = settings;

  const open = async (request: FetchRequest, total: number): Promise<SourceZip> => {
    const guard = createGuard(name, request.signal, await limiter.acquire(request.signal));
    guard.deadline(total, `no whole answer for ${request.what}`);
    let answer: Exchange | undefined;
    try {
      const stopHeaders = guard.deadline(timeouts.headers, `no answer for ${request.what}`);
      answer = await exchange(settings, request, guard);
      stopHeaders();
      if (answer.response.status !== 200) throw await refusal(settings, request, answer, guard);
      return openBody(settings, request, answer, guard);
    } catch (error) {
      if (answer !== undefined) discard(answer.response);
      guard.close();
      throw error;
    }
  };

  return {
    name,
    open: (request) => withRetries(() => open(request, timeouts.zip), retry, clock, request.signal),
    read: (request) =>
      withRetries(async () => readAll((await open(request, timeouts.total)).body), retry, clock, request.signal),
  };
}

async function refusal(
  settings: HttpSettings,
  { what, signal }: FetchRequest,
  answer: Exchange,
  guard: Guard,
): Promise<Error> {
  const { response, secrets } = answer;
  const stop = guard.deadline(settings.timeouts.idle, `no reason for the refusal of ${what}`);
  const body = await readSome(response, reasonBytes, guard).catch(() => {
    signal?.throwIfAborted();
    // The status is known: a reason that does not come makes it no less true.
    return new Uint8Array(0);
  });
  stop();
  return statusError({
    upstream: settings.name,
    what,
    status: response.status,
    reason: reasonOf(body, response.headers.get('content-type'), secrets),
    retryAfter: response.headers.get('retry-after'),
  });
}
