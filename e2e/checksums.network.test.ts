// A graph of hundreds of public modules, verified with sum.golang.org as the upstream of the go command here passes it on: by the real go
// command through a server, and by the client.

import { memoryStorage, sourceFromGoEnv, sumdb } from '@gomodkit/core';
import { findGo, goCommand, tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { serve } from './support/program.ts';

const project = {
  'go.mod':
    'module example.com/project\n\ngo 1.26\n\nrequire (\n\thelm.sh/helm/v3 v3.22.0\n\tgithub.com/caddyserver/caddy/v2 v2.11.9\n)\n',
};
const variables = { GOSUMDB: 'sum.golang.org', GOTOOLCHAIN: 'local' };
const name = 'sum.golang.org';
const minutes = 1_200_000;

describeWithGo('a graph of more than 200 modules', () => {
  const keep = closeAfterAll();

  it('verifies through a server and through the client', { timeout: minutes }, async () => {
    expect(await findGo()).toBeDefined();
    const store = keep(await tempDirectory()).path;
    const server = keep(await serve(['--storage', store], { env: process.env as Record<string, string> }));
    expect(server.stdout).toMatch(/sumdb {5}sum\.golang\.org/);
    const go = keep(await goWith(server.url, project, variables));
    await go.run('mod', 'download', 'helm.sh/helm/v3');
    await go.run('list', '-m', 'all');
    const goSum = await go.read('go.sum');
    const lines = goSum.trim().split('\n');
    expect(lines.length).toBeGreaterThan(200);

    const { stdout } = await goCommand(['env', 'GOPROXY']);
    const through = await sourceFromGoEnv({ GOPROXY: stdout.trim() });
    const storage = memoryStorage();
    const proxy = sumdb.createSumdbProxy({
      storage,
      databases: [{ key: name, remote: sumdb.databaseRemote({ name, through }) }],
    });
    const verifyAll = async (client: sumdb.SumdbClient): Promise<void> => {
      await Promise.all(
        lines.map((line) => {
          const [path = '', version = '', sum = ''] = line.split(' ');
          return client.verify(path, version, sum);
        }),
      );
    };
    await verifyAll(proxy.client(name));
    // And one that has nothing but the proxy.
    await verifyAll(sumdb.createSumdbClient({ key: name, remote: (path, call) => proxy.sumdb(name, path, call) }));
    const head = await proxy.client(name).head();
    console.log(`${lines.length} lines of go.sum verified, tree of ${head?.size} records`);
  });
});
