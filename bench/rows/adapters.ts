// The same warm hit through every adapter: what a framework costs.

import { join } from 'node:path';
import type { Row } from '../harness/row.ts';
import { startGomodkit } from '../harness/servers.ts';
import type { Adapter } from '../programs/adapters.ts';
import { warmModule } from './fixtures.ts';
import { saturated, saturatedDetails } from './warm.ts';

const names: Readonly<Record<Adapter, string>> = {
  node: 'node:http',
  express: 'Express',
  fastify: 'Fastify',
  koa: 'Koa',
  hono: 'Hono',
  fetch: 'Fetch',
};

/** Warm `.info` by adapter. Hono and Fetch run on @hono/node-server. */
export const adapterRow: Row = {
  name: 'adapters',
  about: 'requests for one warm .info through each adapter',
  unit: 'requests/s',
  better: 'higher',
  details: saturatedDetails,
  mostRounds: 3,
  contestants: (Object.keys(names) as Adapter[]).map((adapter) =>
    saturated(names[adapter], `/${warmModule.path}/@v/${warmModule.version}.info`, ({ directory }, upstream) =>
      startGomodkit({ upstream, storage: join(directory, 'modules'), adapter }),
    ),
  ),
};
