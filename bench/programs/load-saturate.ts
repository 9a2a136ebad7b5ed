// As many requests as the server answers, over a fixed number of connections.

import { createHistogram } from 'node:perf_hooks';
import autocannon from 'autocannon';

/** What to ask. */
export interface SaturateRequest {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
}

/** Requests per second and milliseconds. */
export interface SaturateAnswer {
  readonly requests: number;
  readonly rate: number;
  readonly p50: number;
  readonly p99: number;
}

/** Rejects when any answer was not 200. */
export async function saturate({ url, connections, seconds }: SaturateRequest): Promise<SaturateAnswer> {
  // autocannon's own histogram counts whole milliseconds.
  const microseconds = createHistogram({ lowest: 1, highest: 60_000_000, figures: 3 });
  let first = 0;
  let last = 0;
  const result = await new Promise<autocannon.Result>((resolve, reject) => {
    const options = { url, connections, duration: seconds, sampleInt: 100, setupClient: dropBodies };
    const run = autocannon(options, (error: unknown, done) => (error === null ? resolve(done) : reject(error)));
    run.on('response', (_client, _status, _bytes, milliseconds) => {
      microseconds.record(Math.max(1, Math.round(milliseconds * 1000)));
      last = performance.now();
      first ||= last;
    });
  });
  if (result.non2xx > 0 || result.errors > 0 || microseconds.count < 2) {
    throw new Error(`${url}: ${result.non2xx} answers were not 200, ${result.errors} requests failed`);
  }
  return {
    requests: microseconds.count,
    rate: ((microseconds.count - 1) * 1000) / (last - first),
    p50: microseconds.percentile(50) / 1000,
    p99: microseconds.percentile(99) / 1000,
  };
}

/** autocannon gathers every body as a text, which for zips takes longer than serving them. */
function dropBodies(client: { pipelinedRequests?: { addBody?: () => void } } & object): void {
  if (client.pipelinedRequests?.addBody !== undefined) client.pipelinedRequests.addBody = () => {};
}
