// Warm hits: what a proxy does most of the time.

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { athens, binaryOf, goproxy, type OtherProxy } from '../harness/peers.ts';
import { processorTimeOf, startNode } from '../harness/program.ts';
import type { Contestant, Place, Row } from '../harness/row.ts';
import { type RunningServer, startBare, startGomodkit, startUpstream } from '../harness/servers.ts';
import type { BareRequest } from '../programs/bare-server.ts';
import type { SaturateAnswer } from '../programs/load-saturate.ts';
import { warmModule, warmZip } from './fixtures.ts';

const connections = 32;
const seconds = 1.5;

/** Details of rows that saturate a server. */
export const saturatedDetails = { p50: 'ms', p99: 'ms', processor: 'µs/request' } as const;

/** Starts a server that can answer the path, cold or warm. */
type Start = (place: Place, upstream: string, path: string) => Promise<RunningServer>;

/** A contestant that answers `path` to as many requests as it can, having answered it before. */
export function saturated(name: string, path: string, start: Start): Contestant {
  return {
    name,
    async setup(place) {
      const zip = await warmZip(place.shared);
      const upstream = await startUpstream({ [`${warmModule.path}@${warmModule.version}`]: zip });
      const running = [upstream];
      const load = startNode('load');
      const stopAll = async (): Promise<void> => {
        await Promise.allSettled([load, ...running].map((each) => each.stop()));
      };
      try {
        const server = await start(place, upstream.url, path);
        running.push(server);
        const url = server.url + path;
        const first = await fetch(url);
        const body = await first.arrayBuffer();
        if (!first.ok) throw new Error(`${url}: ${first.status} ${new TextDecoder().decode(body)}`);
        return {
          async run() {
            const request = { op: 'saturate', url, connections, seconds };
            const before = await processorTimeOf(server.pid);
            const { rate, requests, ...latency } = await load.ask<SaturateAnswer>(request);
            const spent = (await processorTimeOf(server.pid)) - before;
            const details = Number.isNaN(spent) ? latency : { ...latency, processor: spent / requests };
            return { value: rate, details };
          },
          teardown: stopAll,
        };
      } catch (error) {
        await stopAll();
        throw error;
      }
    },
  };
}

/** gomodkit over a directory. */
export const startWithDirectory: Start = ({ directory }, upstream) =>
  startGomodkit({ upstream, storage: join(directory, 'modules') });

function bare(name: string, from: BareRequest['from']): (path: string) => Contestant {
  return (path) =>
    saturated(name, path, async ({ directory }, upstream) => {
      // The headers are what gomodkit answers, so that both send the same bytes.
      const { headers, bytes } = await answerOf(directory, upstream, path);
      const file = join(directory, 'bytes');
      await writeFile(file, bytes);
      return startBare({ path, headers, file, from });
    });
}

async function answerOf(directory: string, upstream: string, path: string) {
  const server = await startWithDirectory({ directory, shared: directory }, upstream, path);
  try {
    const response = await fetch(server.url + path);
    const bytes = new Uint8Array(await response.arrayBuffer());
    const ours = [...response.headers].filter(([name]) => !['connection', 'date', 'keep-alive'].includes(name));
    return { headers: Object.fromEntries(ours), bytes };
  } finally {
    await server.stop();
  }
}

function other(proxy: OtherProxy): (path: string) => Contestant {
  return (path) => ({
    ...saturated(proxy.name, path, ({ directory }, upstream) =>
      proxy.start(binaryOf(proxy) ?? '', { upstream, directory }),
    ),
    absent: () => (binaryOf(proxy) === undefined ? `${proxy.variable} names no program` : undefined),
  });
}

function warm(kind: 'info' | 'mod' | 'zip'): Row {
  const path = `/${warmModule.path}/@v/${warmModule.version}.${kind}`;
  const files = kind === 'zip' ? [bare('node:http, from disk', 'disk')] : [];
  return {
    name: `warm-${kind}`,
    about: `requests for one warm .${kind}, ${connections} connections`,
    unit: 'requests/s',
    better: 'higher',
    details: saturatedDetails,
    contestants: [
      saturated('gomodkit', path, startWithDirectory),
      ...[bare('node:http, from memory', 'memory'), ...files, other(goproxy), other(athens)].map((make) => make(path)),
    ],
  };
}

/** Warm `.info`. */
export const warmInfo: Row = warm('info');
/** Warm `.mod`. */
export const warmMod: Row = warm('mod');
/** Warm `.zip`. */
export const warmZips: Row = warm('zip');
