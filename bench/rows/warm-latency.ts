// How long a warm hit takes while cold work goes on beside it (protocol-cases row 52): cold work must not delay it.

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startNode } from '../harness/program.ts';
import type { Contestant, Row } from '../harness/row.ts';
import { startGomodkit, startUpstream } from '../harness/servers.ts';
import type { ProbeAnswer } from '../programs/load-probe.ts';
import { bigModule, bigSize, bigZip } from './fixtures.ts';

const perSecond = 500;
const seconds = 3;

/** Goes on beside the warm hits; when it resolves, they end. */
type Beside = (server: string) => Promise<void>;

const quiet: Beside = () => sleep(seconds * 1000);

const ingesting: Beside = async (server) => {
  const response = await fetch(`${server}/${bigModule.path}/@v/${bigModule.version}.zip`, { method: 'HEAD' });
  if (!response.ok) throw new Error(`the zip: ${response.status}`);
};

const hanging: Beside = async (server) => {
  const leave = new AbortController();
  const hung = Array.from({ length: 40 }, (_, index) =>
    fetch(`${server}/example.com/hung/m${index}/@v/v1.0.0.info`, { signal: leave.signal }),
  );
  await sleep(seconds * 1000);
  leave.abort();
  const outcomes = await Promise.allSettled(hung);
  if (outcomes.some(({ status }) => status === 'fulfilled')) throw new Error('a fetch that should hang was answered');
};

function probed(name: string, beside: Beside): Contestant {
  return {
    name,
    async setup({ directory, shared }) {
      const zip = await bigZip(shared, bigSize);
      const upstream = await startUpstream({ [`${bigModule.path}@${bigModule.version}`]: zip });
      const load = startNode('load');
      return {
        async run() {
          const storage = await mkdtemp(join(directory, 'modules-'));
          const server = await startGomodkit({ upstream: upstream.url, storage });
          try {
            const url = `${server.url}/example.com/cold/warm/@v/v1.0.0.info`;
            // Server and client get hot before the clock runs.
            await load.ask({ op: 'saturate', url, connections: 8, seconds: 0.5 });
            await load.ask({ op: 'startProbe', url, perSecond });
            await sleep(1000);
            await load.ask({ op: 'endProbe' });
            await load.ask({ op: 'startProbe', url, perSecond });
            await beside(server.url);
            const { p50, p99, max } = await load.ask<ProbeAnswer>({ op: 'endProbe' });
            return { value: p99, details: { p50, max } };
          } finally {
            await server.stop();
            await rm(storage, { recursive: true });
          }
        },
        async teardown() {
          await Promise.allSettled([upstream.stop(), load.stop()]);
        },
      };
    },
  };
}

/** 99 of 100 warm hits are answered within so many milliseconds. */
export const warmLatency: Row = {
  name: 'warm-latency',
  about: `p99 of a warm .info, ${perSecond} requests/s, with and without cold work beside it`,
  unit: 'ms, p99',
  better: 'lower',
  details: { p50: 'ms', max: 'ms' },
  mostRounds: 3,
  warmUp: false,
  contestants: [
    probed('nothing beside it', quiet),
    probed('40 cold fetches hang', hanging),
    probed('495 MiB zip ingested', ingesting),
  ],
};
