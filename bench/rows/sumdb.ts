// Checksum databases: lookups that are known already, and the sums of a go.sum of 300 lines.

import { binaryOf, goAbsent, goproxy, startGoPeer } from '../harness/peers.ts';
import { type Program, processorTimeOf, startNode } from '../harness/program.ts';
import type { Contestant, Place, Row } from '../harness/row.ts';
import type { RunningServer } from '../harness/servers.ts';
import type { SaturateAnswer } from '../programs/load-saturate.ts';
import { saturatedDetails } from './warm.ts';

const name = 'sum.example/db';
const records = 10_000;
const lines = 300;
const connections = 32;
const seconds = 1.5;

interface Database {
  readonly url: string;
  readonly key: string;
  stop(): Promise<void>;
}

async function startDatabase(): Promise<Database> {
  const program = startNode('sumdb');
  const { port, key } = await program.ask<{ readonly port: number; readonly key: string }>({ op: 'database', records });
  return { url: `http://127.0.0.1:${port}`, key, stop: program.stop };
}

async function startProxy({ url, key }: Database): Promise<RunningServer> {
  const program = startNode('sumdb');
  const { port } = await program.ask<{ readonly port: number }>({ op: 'proxy', url, key });
  return { url: `http://127.0.0.1:${port}`, pid: program.pid, stop: program.stop };
}

function looking(called: string, start: (database: Database, place: Place) => Promise<RunningServer>): Contestant {
  return {
    name: called,
    async setup(place) {
      const database = await startDatabase();
      const server = await start(database, place);
      const load = startNode('load');
      const url = `${server.url}/sumdb/${name}/lookup/example.com/sums/m7@v1.0.0`;
      const first = await fetch(url);
      if (!first.ok) throw new Error(`${url}: ${first.status} ${await first.text()}`);
      return {
        async run() {
          const before = await processorTimeOf(server.pid);
          const request = { op: 'saturate', url, connections, seconds };
          const { rate, requests, ...latency } = await load.ask<SaturateAnswer>(request);
          const spent = (await processorTimeOf(server.pid)) - before;
          const details = Number.isNaN(spent) ? latency : { ...latency, processor: spent / requests };
          return { value: rate, details };
        },
        async teardown() {
          await Promise.allSettled([server, load, database].map((each) => each.stop()));
        },
      };
    },
  };
}

/** Lookups per second through a proxying server. */
export const sumdbProxied: Row = {
  name: 'sumdb-proxied',
  about: `requests for one warm lookup of a proxied checksum database of ${records} records, ${connections} connections`,
  unit: 'requests/s',
  better: 'higher',
  details: saturatedDetails,
  contestants: [
    looking('gomodkit', startProxy),
    {
      ...looking(goproxy.name, ({ url }, { directory }) => {
        const sumdb = { name, url: `${url}/sumdb/${name}` };
        return goproxy.start(binaryOf(goproxy) ?? '', { upstream: url, directory, sumdb });
      }),
      absent: () => (binaryOf(goproxy) === undefined ? `${goproxy.variable} names no program` : undefined),
    },
  ],
};

function verifying(called: string, warm: boolean, start: (place: Place) => Program): Contestant {
  return {
    name: `${called}, ${warm ? 'warm' : 'cold'}`,
    async setup(place) {
      const { url, key, stop } = await startDatabase();
      const program = start(place);
      const request = { op: 'verify', url, key, lines };
      if (warm) await program.ask({ ...request, warm: false });
      return {
        run: async () => ({
          value: (await program.ask<{ readonly milliseconds: number }>({ ...request, warm })).milliseconds,
        }),
        teardown: async () => {
          await Promise.allSettled([program.stop(), stop()]);
        },
      };
    },
  };
}

const node = (): Program => startNode('sumdb');
const go = ({ shared }: Place): Program => startGoPeer(shared);

/** Verifying a go.sum. */
export const sumdbVerify: Row = {
  name: 'sumdb-verify',
  about: `verifying a go.sum of ${lines} lines with empty caches, and with caches as after a restart`,
  unit: 'ms',
  better: 'lower',
  contestants: [
    verifying('gomodkit', false, node),
    { ...verifying('x/mod sumdb.Client (Go)', false, go), absent: goAbsent },
    verifying('gomodkit', true, node),
    { ...verifying('x/mod sumdb.Client (Go)', true, go), absent: goAbsent },
  ],
};
