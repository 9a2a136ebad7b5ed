// Cold modules: `.info` and `.mod` fetched from an upstream next door, checked, stored, answered.

import { join } from 'node:path';
import { binaryOf, goproxy } from '../harness/peers.ts';
import { processorTimeOf, startNode } from '../harness/program.ts';
import type { Contestant, Place, Row } from '../harness/row.ts';
import { type RunningServer, startGomodkit, startUpstream } from '../harness/servers.ts';

const modules = 400;
const atOnce = 16;

function cold(name: string, start: (place: Place, upstream: string) => Promise<RunningServer>): Contestant {
  return {
    name,
    async setup(place) {
      const upstream = await startUpstream();
      const server = await start(place, upstream.url);
      const load = startNode('load');
      let round = 0;
      return {
        async run() {
          const prefix = `${server.url}/example.com/cold/round${round++}/m`;
          const urls = Array.from({ length: modules }, (_, index) => `${prefix}${index}/@v/v1.0.0.info`);
          const before = await processorTimeOf(server.pid);
          const { milliseconds } = await load.ask<{ readonly milliseconds: number }>({ op: 'fetchAll', urls, atOnce });
          const processor = ((await processorTimeOf(server.pid)) - before) / modules / 1000;
          return { value: (modules * 1000) / milliseconds, details: Number.isNaN(processor) ? {} : { processor } };
        },
        async teardown() {
          await Promise.allSettled([server, load, upstream].map((each) => each.stop()));
        },
      };
    },
  };
}

/** Cold modules per second. */
export const coldInfo: Row = {
  name: 'cold-info',
  about: `.info of ${modules} modules that nobody asked for before, ${atOnce} at once`,
  unit: 'modules/s',
  better: 'higher',
  details: { processor: 'ms/module' },
  contestants: [
    cold('gomodkit', ({ directory }, upstream) => startGomodkit({ upstream, storage: join(directory, 'modules') })),
    cold('gomodkit, in memory', (_, upstream) => startGomodkit({ upstream })),
    {
      ...cold(goproxy.name, ({ directory }, upstream) =>
        goproxy.start(binaryOf(goproxy) ?? '', { upstream, directory }),
      ),
      absent: () => (binaryOf(goproxy) === undefined ? `${goproxy.variable} names no program` : undefined),
    },
  ],
};
