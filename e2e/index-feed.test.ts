// The index with four servers on one directory, killed with SIGKILL at random moments: complete and without duplicates, for the library and
// for a client in the style of pkgsite's poller, which knows nothing but the last timestamp.

import { setTimeout as sleep } from 'node:timers/promises';
import { createRepository, memorySource } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { startTestProxy, tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import type { Modules } from './support/graph.ts';
import { type ServerProgram, serve } from './support/program.ts';
import { randomNumbers, testSeed } from './support/random.ts';

const rounds = process.env.GOMODKIT_TEST_SCALE === 'full' ? 25 : 1;
const servers = 4;
const modulesPerRound = 60;
const keep = closeAfterEach();

it(`${rounds * servers} kills leave an index that is complete and without duplicates`, {
  timeout: 60_000 + rounds * 30_000,
}, async () => {
  const seed = testSeed();
  console.log(`index: ${rounds} rounds of ${servers} servers, GOMODKIT_TEST_SEED=${seed}`);
  const random = randomNumbers(seed);
  const names = Array.from({ length: rounds }, (_, round) =>
    Array.from({ length: modulesPerRound }, (_, i) => `example.com/round${round}/m${i}`),
  );
  const modules: Modules = Object.fromEntries(
    names.flat().map((path) => [`${path}@v1.0.0`, { files: { 'go.mod': `module ${path}\n` } }]),
  );
  const upstream = keep(await startTestProxy({ modules }));
  const store = keep(await tempDirectory()).path;
  const start = async (): Promise<ServerProgram> =>
    keep(await serve(['--storage', store, '--upstream', upstream.url, '--sumdb', 'off']));

  const seen = new Set<string>();
  let since = '';
  const poll = async (url: string): Promise<void> => {
    for (;;) {
      const entries = await page(`${url}/index?limit=50&since=${since}`);
      const fresh = entries.filter(({ Path, Version }) => !seen.has(`${Path}@${Version}`));
      if (fresh.length === 0) return;
      for (const { Path, Version } of fresh) seen.add(`${Path}@${Version}`);
      since = entries.at(-1)?.Timestamp ?? since;
    }
  };

  for (const paths of names) {
    const programs = await Promise.all(Array.from({ length: servers }, start));
    await Promise.all(
      programs.map((program, i) => askAndKill(program, i % 2 === 0 ? paths : [...paths].reverse(), random())),
    );
  }
  // Notes of the dead are left alone for some seconds.
  await sleep(6000);
  const last = await start();
  await poll(last.url);
  const repository = createRepository({ storage: directoryStorage(store), source: memorySource({}) });
  const { entries } = await repository.index({ include: 'all' });
  expect(await repository.rebuildIndex(), 'versions without an entry').toBe(0);
  await repository.close();
  const entered = entries.map(({ path, version }) => `${path}@${version}`);
  expect(new Set(entered).size).toBe(entered.length);
  expect(seen).toEqual(new Set(entered));
  // The kills did interrupt something, and not everything.
  expect(entered.length).toBeGreaterThan(0);
  // What was missing is captured now, and nothing twice.
  for (const path of names.flat()) expect((await fetch(`${last.url}/${path}/@v/v1.0.0.info`)).status).toBe(200);
  await poll(last.url);
  expect([...seen].sort()).toEqual(Object.keys(modules).sort());
});

/** Asks for modules, eight at a time, until the server is killed. */
async function askAndKill(server: ServerProgram, paths: readonly string[], when: number): Promise<void> {
  let answered = 0;
  const rest = [...paths];
  const dead = new AbortController();
  const worker = async (): Promise<void> => {
    for (let path = rest.shift(); path !== undefined && !dead.signal.aborted; path = rest.shift()) {
      const response = await fetch(`${server.url}/${path}/@v/v1.0.0.info`).catch(() => undefined);
      await response?.arrayBuffer().catch(() => {});
      answered++;
      if (answered === Math.ceil(when * paths.length)) {
        dead.abort();
        await sleep(when * 10);
        server.kill('SIGKILL');
      }
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  server.kill('SIGKILL');
  await server.exited;
}

interface Line {
  readonly Path: string;
  readonly Version: string;
  readonly Timestamp: string;
}

async function page(url: string): Promise<Line[]> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  const text = await response.text();
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);
}
