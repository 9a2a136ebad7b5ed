// Pages of the index feed: whether their cost grows with the feed.

import { startNode } from '../harness/program.ts';
import type { Contestant, Row } from '../harness/row.ts';
import type { IndexPagesAnswer, IndexPagesRequest } from '../programs/worker-index.ts';

const pages = 50;

function feedOf(name: string, entries: number): Contestant {
  return {
    name,
    async setup() {
      const worker = startNode('worker');
      return {
        async run() {
          const request: IndexPagesRequest & { op: 'indexPages' } = { op: 'indexPages', entries, pages };
          const { milliseconds, calls } = await worker.ask<IndexPagesAnswer>(request);
          return { value: milliseconds, details: { calls } };
        },
        teardown: worker.stop,
      };
    },
  };
}

const [short, long] = ['10,000 entries', '1,000,000 entries'] as const;

/** Milliseconds per page. */
export const indexPage: Row = {
  name: 'index-page',
  about: 'a page of 2,000 entries of the index, at instants all over the feed, from memory',
  unit: 'ms/page',
  better: 'lower',
  details: { calls: 'storage calls' },
  goals: [
    {
      says: 'a page of a feed a hundred times as long costs at most twice as much',
      met: (median) => {
        const [a, b] = [median(short), median(long)];
        return a === undefined || b === undefined ? undefined : b <= 2 * a;
      },
    },
  ],
  contestants: [feedOf(short, 10_000), feedOf(long, 1_000_000)],
};
