// Two servers on one directory (protocol-cases row 55): concurrent clients of both, and an upstream whose tag moved between them.

import { pathToFileURL } from 'node:url';
import { startTestProxy, tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { syntheticGraph } from './support/graph.ts';
import { type ServerProgram, serve } from './support/program.ts';
import { checkStore } from './support/store.ts';

const keep = closeAfterEach();

async function twoServers(upstreams: readonly [string, string]): Promise<{ servers: ServerProgram[]; store: string }> {
  const store = keep(await tempDirectory()).path;
  const start = async (upstream: string) => keep(await serve(['--storage', store, '--upstream', upstream]));
  return { store, servers: await Promise.all(upstreams.map(start)) };
}

const goMod = 'module example.com/moved\n\ngo 1.21\n';
const moved = (content: string) => ({
  'example.com/moved@v1.0.0': { files: { 'go.mod': goMod, 'm.go': `package m\n\nconst Is = "${content}"\n` } },
});
const zipPath = '/example.com/moved/@v/v1.0.0.zip';

it('serve the first capture both, whichever was asked for it first', async () => {
  const [one, two] = [
    keep(await startTestProxy({ modules: moved('one') })),
    keep(await startTestProxy({ modules: moved('two') })),
  ];
  const { servers, store } = await twoServers([one.url, two.url]);
  const ask = async (server: ServerProgram): Promise<Buffer> => {
    const response = await fetch(server.url + zipPath);
    expect(response.status).toBe(200);
    return Buffer.from(await response.arrayBuffer());
  };
  // Both at once: one of them loses.
  const first = await Promise.all(servers.map(ask));
  const again = await Promise.all(servers.map(ask));
  for (const bytes of [...first, ...again]) expect(bytes.equals(again[0] ?? Buffer.alloc(0))).toBe(true);
  const winners = await Promise.allSettled([checkStore(store, moved('one')), checkStore(store, moved('two'))]);
  expect(winners.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
});

describeWithGo('with go clients of both', () => {
  it('build the same from one cold directory', async () => {
    const graph = syntheticGraph();
    const upstream = keep(await startTestProxy({ modules: graph.modules, faults: [{ latency: 2 }] }));
    const { servers, store } = await twoServers([upstream.url, upstream.url]);
    const clients = await Promise.all(
      [...servers, ...servers].map(async ({ url }) => keep(await goWith(url, graph.project))),
    );
    await Promise.all(clients.map((go) => go.run('mod', 'download', 'all')));
    const sums = new Set<string>();
    for (const go of clients) {
      expect((await go.run('mod', 'verify')).stdout).toBe('all modules verified\n');
      await go.run('list', '-m', 'all');
      sums.add(await go.read('go.sum'));
    }
    expect(sums.size).toBe(1);
    await checkStore(store, graph.modules);
    const offline = keep(await goWith(pathToFileURL(store).href, graph.project));
    await offline.run('build', '-o', 'project', './...');
    expect(await offline.exec('./project')).toBe(graph.output);
  });
});
