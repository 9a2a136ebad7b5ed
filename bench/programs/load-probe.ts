// A light, steady stream of requests that shows how long a client waits.
//
// Invariant: a request counts from when it was due, not from when it could be sent: a server that stalls must not be asked less.

import { Agent, get } from 'node:http';
import { createHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to ask, and how often. */
export interface ProbeRequest {
  readonly url: string;
  readonly perSecond: number;
}

/** Milliseconds. */
export interface ProbeAnswer {
  readonly requests: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** Starts asking. The result ends it and gathers the numbers. */
export function startProbe({ url, perSecond }: ProbeRequest): () => Promise<ProbeAnswer> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const microseconds = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  const start = performance.now();
  const failures: unknown[] = [];
  const pending = new Set<Promise<void>>();
  let sent = 0;
  let ended = false;

  const sendDue = (): void => {
    for (; !ended && start + (sent * 1000) / perSecond <= performance.now(); sent++) {
      const due = start + (sent * 1000) / perSecond;
      const answer = ask(agent, url).then(
        () => microseconds.record(Math.max(1, Math.round((performance.now() - due) * 1000))),
        (error: unknown) => failures.push(error),
      );
      const done: Promise<void> = answer.then(() => {
        pending.delete(done);
      });
      pending.add(done);
    }
  };
  const running = (async () => {
    for (; !ended; await sleep(1)) sendDue();
  })();

  return async () => {
    ended = true;
    await running;
    await Promise.all(pending);
    agent.destroy();
    if (failures.length > 0) throw failures[0];
    const [p50, p99] = [50, 99].map((share) => microseconds.percentile(share) / 1000);
    return { requests: sent, p50: p50 ?? 0, p99: p99 ?? 0, max: microseconds.max / 1000 };
  };
}

function ask(agent: Agent, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = get(url, { agent }, (response) => {
      response.resume();
      response.once('end', () => {
        if (response.statusCode === 200) resolve();
        else reject(new Error(`${url}: ${response.statusCode}`));
      });
      response.once('error', reject);
    });
    // A server may close an idle connection in the moment in which it is used again; clients then open another one.
    request.once('error', (error) => (request.reusedSocket ? resolve(ask(agent, url)) : reject(error)));
  });
}
