// Modules from repositories, next to the go command in direct mode. Both have git's smart HTTP from the same server on loopback.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import type { RepositoryShape } from '../fixtures/git-repository.ts';
import { goAbsent } from '../harness/peers.ts';
import { TreeMemory } from '../harness/process-tree.ts';
import { type Program, startNode } from '../harness/program.ts';
import type { Contestant, Place, Row, Sample } from '../harness/row.ts';

const modulePath = 'example.com/bench.git';
const large: RepositoryShape = { modulePath, files: 2000, tags: 12 };
const tagged: RepositoryShape = { modulePath, files: 250, tags: 30 };
const heavy: RepositoryShape = { modulePath, files: 50, tags: 1, blobs: { count: 300, size: 1_050_000 } };

const versionsOf = ({ tags }: RepositoryShape): string[] => Array.from({ length: tags }, (_, i) => `v0.${i + 1}.0`);

type Engine = 'git' | 'isomorphic';

/** Makes the repository unless it is there, and serves it. */
async function startServer(
  shared: string,
  name: string,
  shape: RepositoryShape,
): Promise<Program & { readonly url: string }> {
  const program = startNode('git');
  const root = join(shared, `git-${name}`);
  if (!existsSync(root)) {
    await mkdir(`${root}.part`);
    await program.ask({ op: 'writeRepository', directory: join(`${root}.part`, 'bench.git'), shape });
    await rename(`${root}.part`, root);
  }
  const { port } = await program.ask<{ readonly port: number }>({ op: 'serve', root });
  return { ...program, url: `http://127.0.0.1:${port}` };
}

/** gomodkit in a process that is warm. */
function ours(
  name: string,
  engine: Engine,
  fixture: string,
  shape: RepositoryShape,
  versions: readonly string[],
): Contestant {
  return {
    name,
    async setup({ directory, shared }) {
      const server = await startServer(shared, fixture, shape);
      const worker = startNode('git');
      return {
        run: () =>
          inFresh(directory, async (place) => {
            const [cache, storage] = [join(place, 'cache'), join(place, 'modules')];
            const memory = process.platform === 'linux' ? new TreeMemory(worker.pid) : undefined;
            const request = { op: 'store', engine, server: server.url, modulePath, versions, cache, storage };
            const { milliseconds } = await worker
              .ask<{ readonly milliseconds: number }>(request)
              .catch(async (error) => {
                await memory?.stop();
                throw error;
              });
            const peak = await memory?.stop();
            return { value: milliseconds, details: peak === undefined ? {} : { memory: peak / 1e6 } };
          }),
        async teardown() {
          await Promise.allSettled([worker.stop(), server.stop()]);
        },
      };
    },
  };
}

/** The go command, started once for each version. `cache`: kept between versions, or a new one for each. */
function theirs(
  name: string,
  cache: 'kept' | 'new',
  fixture: string,
  shape: RepositoryShape,
  versions: readonly string[],
): Contestant {
  return {
    name,
    absent: goAbsent,
    async setup({ directory, shared }) {
      const server = await startServer(shared, fixture, shape);
      const config = join(directory, 'gitconfig');
      await writeFile(config, `[url "${server.url}/"]\n\tinsteadOf = https://example.com/\n`);
      const caches = (): Promise<string> => mkdtemp(join(directory, 'modcache-'));
      return {
        async run() {
          const made = [await caches()];
          let value = 0;
          for (const version of versions) {
            if (cache === 'new') made.push(await caches());
            const begun = performance.now();
            await goDownload(version, config, made.at(-1) ?? '', directory);
            value += performance.now() - begun;
          }
          for (const each of made) await rm(each, { recursive: true });
          return { value };
        },
        teardown: server.stop,
      };
    },
  };
}

async function goDownload(version: string, config: string, cache: string, directory: string): Promise<void> {
  const env = {
    PATH: process.env.PATH,
    HOME: directory,
    GOCACHE: join(directory, 'gocache'),
    GOENV: 'off',
    GOFLAGS: '-modcacherw',
    GOMODCACHE: cache,
    GOPATH: join(directory, 'gopath'),
    GOPROXY: 'direct',
    GOSUMDB: 'off',
    GOTOOLCHAIN: 'local',
    GIT_CONFIG_GLOBAL: config,
    GIT_CONFIG_NOSYSTEM: '1',
  };
  await promisify(execFile)('go', ['mod', 'download', `${modulePath}@${version}`], { cwd: directory, env });
}

async function inFresh(directory: string, use: (place: string) => Promise<Sample>): Promise<Sample> {
  const place = await mkdtemp(join(directory, 'run-'));
  try {
    return await use(place);
  } finally {
    await rm(place, { recursive: true });
  }
}

type Median = (contestant: string) => number | undefined;

/** The goal that one contestant takes at most so many times what another does. */
function atMost(
  times: number,
  name: string,
  other: string,
): { says: string; met(median: Median): boolean | undefined } {
  return {
    says: `${name}: at most ${times} times ${other}`,
    met(median) {
      const [own, its] = [median(name), median(other)];
      return own === undefined || its === undefined ? undefined : own <= times * its;
    },
  };
}

const [go, git, isomorphic] = ['go mod download', 'gomodkit, git', 'gomodkit, isomorphic-git'];
const newest = versionsOf(large).slice(-1);

/** Milliseconds from nothing to a stored module. */
export const gitModule: Row = {
  name: 'git-module',
  about: `from nothing to a stored module: ${large.files} files, 14 MB, the newest of ${large.tags} tags`,
  unit: 'ms',
  better: 'lower',
  details: { memory: 'MB with children' },
  goals: [atMost(0.8, git, go), atMost(2.5, isomorphic, go)],
  contestants: [
    theirs(go, 'new', 'large', large, newest),
    ours(git, 'git', 'large', large, newest),
    ours(isomorphic, 'isomorphic', 'large', large, newest),
  ],
};

const one = 'go mod download, one module cache';

/** Milliseconds for every tag of a repository. */
export const gitTags: Row = {
  name: 'git-tags',
  about: `all ${tagged.tags} tags of a repository of ${tagged.files} files; go starts from nothing for each, or keeps its module cache`,
  unit: 'ms',
  better: 'lower',
  details: { memory: 'MB with children' },
  mostRounds: 3,
  goals: [atMost(0.3, git, go)],
  contestants: [
    theirs(go, 'new', 'tagged', tagged, versionsOf(tagged)),
    theirs(one, 'kept', 'tagged', tagged, versionsOf(tagged)),
    ours(git, 'git', 'tagged', tagged, versionsOf(tagged)),
    ours(isomorphic, 'isomorphic', 'tagged', tagged, versionsOf(tagged)),
  ],
};

const heavyOne: Contestant = ours(git, 'git', 'heavy', heavy, versionsOf(heavy));

/** Peak of memory for a large repository. */
export const gitMemory: Row = {
  name: 'git-memory',
  about: 'peak memory, children counted, while a module of 315 MB is stored from a repository of that size',
  unit: 'MB resident at most',
  better: 'lower',
  details: { time: 'ms' },
  mostRounds: 2,
  warmUp: false,
  goals: [{ says: 'at most 200 MB', met: (median: Median) => within(median(git), 200) }],
  contestants: [
    {
      ...heavyOne,
      absent: () => (process.platform === 'linux' ? undefined : 'it needs /proc'),
      async setup(place: Place) {
        const ready = await heavyOne.setup(place);
        return {
          ...ready,
          async run() {
            const { details = {}, value } = await ready.run();
            return { value: details.memory ?? Number.NaN, details: { time: value } };
          },
        };
      },
    },
  ],
};

function within(value: number | undefined, limit: number): boolean | undefined {
  return value === undefined ? undefined : value <= limit;
}
