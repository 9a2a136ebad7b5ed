// Memory of a server that ingests the largest zip there may be and serves it to slow clients. It must be bounded, and not grow with
// the zip.

import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { binaryOf, goproxy } from '../harness/peers.ts';
import { forgetPeak, memoryOf, type Program, startNode } from '../harness/program.ts';
import type { Contestant, Place, Row, Sample } from '../harness/row.ts';
import { type RunningServer, startGomodkit, startUpstream } from '../harness/servers.ts';
import { bigModule, bigSize, bigZip, tenthSize } from './fixtures.ts';

const megabyte = 1e6;
const clients = 4;
const bytesPerSecond = 64 * megabyte;
const path = `/${bigModule.path}/@v/${bigModule.version}.zip`;

type Start = (upstream: string, directory: string) => Promise<RunningServer>;

function ingesting(name: string, size: number, start: Start): Contestant {
  return {
    name,
    async setup(place) {
      const upstream = await startUpstream({
        [`${bigModule.path}@${bigModule.version}`]: await bigZip(place.shared, size),
      });
      const load = startNode('load');
      return {
        run: () => inFreshDirectory(place, (directory) => run(start, upstream.url, directory, load)),
        async teardown() {
          await Promise.allSettled([upstream.stop(), load.stop()]);
        },
      };
    },
  };
}

async function inFreshDirectory(place: Place, use: (directory: string) => Promise<Sample>): Promise<Sample> {
  const directory = await mkdtemp(join(place.directory, 'run-'));
  try {
    return await use(directory);
  } finally {
    // Half a gigabyte each time: not left for later.
    await rm(directory, { recursive: true });
  }
}

async function run(start: Start, upstream: string, directory: string, load: Program): Promise<Sample> {
  const server = await start(upstream, directory);
  try {
    const idle = (await memoryOf(server.pid)).resident;
    const begun = performance.now();
    const response = await fetch(server.url + path, { method: 'HEAD' });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    const seconds = (performance.now() - begun) / 1000;
    const ingesting = (await memoryOf(server.pid)).peak;
    await forgetPeak(server.pid);
    await load.ask({ op: 'slowDownloads', url: server.url + path, clients, bytesPerSecond });
    const serving = (await memoryOf(server.pid)).peak;
    const speed = Number(response.headers.get('content-length')) / megabyte / seconds;
    return {
      value: Math.max(ingesting, serving) / megabyte,
      details: { idle: idle / megabyte, ingesting: ingesting / megabyte, serving: serving / megabyte, speed },
    };
  } finally {
    await server.stop();
  }
}

const gomodkit: Start = (upstream, directory) => startGomodkit({ upstream, storage: join(directory, 'modules') });
const [big, tenth] = ['gomodkit, 495 MiB', 'gomodkit, 50 MiB'];

/** Peak of resident memory. */
export const memory500mb: Row = {
  name: 'memory-500mb',
  about: `peak memory while a zip of 495 MiB is ingested, then served to ${clients} slow clients`,
  unit: 'MB resident at most',
  better: 'lower',
  details: { idle: 'MB', ingesting: 'MB', serving: 'MB', speed: 'MB/s ingested' },
  mostRounds: 2,
  warmUp: false,
  goals: [
    { says: 'under 200 MB', met: (median) => below(median(big), 200) },
    {
      says: 'flat: not over 1.25 times the peak with a tenth of the size',
      met: (median) => below(median(big), 1.25 * (median(tenth) ?? Number.NaN)),
    },
  ],
  contestants: [
    ingesting(big, bigSize, gomodkit),
    ingesting(tenth, tenthSize, gomodkit),
    {
      ...ingesting(`${goproxy.name}, 495 MiB`, bigSize, (upstream, directory) =>
        goproxy.start(binaryOf(goproxy) ?? '', { upstream, directory }),
      ),
      absent: () => (binaryOf(goproxy) === undefined ? `${goproxy.variable} names no program` : undefined),
    },
  ].map((each) => (process.platform === 'linux' ? each : { ...each, absent: () => 'it needs /proc' })),
};

function below(value: number | undefined, limit: number): boolean | undefined {
  return value === undefined || Number.isNaN(limit) ? undefined : value < limit;
}
