// Whole closures: `.info`, `.mod` and `.zip` of every module, fetched from an upstream next door, verified, stored for good.

import { join } from 'node:path';
import { startNode } from '../harness/program.ts';
import type { Contestant, Place, Row } from '../harness/row.ts';
import { startUpstream } from '../harness/servers.ts';

const modules = 300;

function capturing(name: string, storageOf: (place: Place, round: number) => string | undefined): Contestant {
  return {
    name,
    async setup(place) {
      const upstream = await startUpstream();
      const worker = startNode('capture');
      let round = 0;
      return {
        async run() {
          const goMod = goModOf(round);
          const request = { op: 'capture', upstream: upstream.url, storage: storageOf(place, round++), goMod };
          const { milliseconds, processor } = await worker.ask<Answer>(request);
          return { value: (modules * 1000) / milliseconds, details: { processor: processor / modules } };
        },
        async teardown() {
          await Promise.allSettled([worker.stop(), upstream.stop()]);
        },
      };
    },
  };
}

interface Answer {
  readonly milliseconds: number;
  readonly processor: number;
}

/** A project that needs `modules` modules which nobody asked for before. */
function goModOf(round: number): string {
  const lines = Array.from({ length: modules }, (_, at) => `\texample.com/capture/round${round}/m${at} v1.0.0\n`);
  return `module example.com/project\n\ngo 1.24\n\nrequire (\n${lines.join('')})\n`;
}

/** Captured modules per second. */
export const capture: Row = {
  name: 'capture',
  about: `capturing ${modules} modules with their zips from a loopback upstream`,
  unit: 'modules/s',
  better: 'higher',
  details: { processor: 'ms/module' },
  goals: [
    {
      says: 'at least 100 modules/s, on disk',
      met: (median) => {
        const rate = median('on disk');
        return rate === undefined ? undefined : rate >= 100;
      },
    },
  ],
  contestants: [
    capturing('on disk', ({ directory }, round) => join(directory, `modules${round}`)),
    capturing('in memory', () => undefined),
  ],
};
