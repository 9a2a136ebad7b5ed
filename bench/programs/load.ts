// Clients, in a process of their own so that they share no event loop with what they measure.

import { answerLines, timed } from './answer-lines.ts';
import { slowDownloads } from './load-downloads.ts';
import { startProbe } from './load-probe.ts';
import { saturate } from './load-saturate.ts';

let endProbe: (() => Promise<object>) | undefined;

await answerLines({
  saturate,
  slowDownloads,
  /** Begins to ask at a fixed rate, until `endProbe`. */
  async startProbe(request: Parameters<typeof startProbe>[0]) {
    endProbe = startProbe(request);
    return {};
  },
  async endProbe() {
    return (await endProbe?.()) ?? { error: 'no probe runs' };
  },
  /** Asks for all URLs, so many at once. */
  fetchAll: ({ urls, atOnce }: { readonly urls: readonly string[]; readonly atOnce: number }) =>
    timed(async () => {
      const left = urls[Symbol.iterator]();
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          for (const url of left) {
            const response = await fetch(url);
            const body = await response.text();
            if (!response.ok) throw new Error(`${url}: ${response.status} ${body}`);
          }
        }),
      );
    }),
});
