// The build list of 600 modules whose go.mod files are all at hand, from the first file to the last line.

import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { promisify } from 'node:util';
import { goAbsent } from '../harness/peers.ts';
import { startNode } from '../harness/program.ts';
import type { Contestant, Row } from '../harness/row.ts';

const modules = 600;
const versions = 3;
/** How many others each of them requires. */
const requirements = 12;

/** Writes the modules as a module cache has them; resolves to the go.mod of a main module. */
async function writeGraph(directory: string): Promise<string> {
  const pathOf = (number: number): string => `example.com/bench/m${number % modules}`;
  for (let number = 0; number < modules; number++) {
    const folder = join(directory, 'cache/download', pathOf(number), '@v');
    await mkdir(folder, { recursive: true });
    const files: [string, string][] = [['list', '']];
    for (let version = 0; version < versions; version++) {
      const lines = Array.from({ length: requirements }, (_, i) => {
        const other = number * 7 + i * 53 + 1;
        return `\t${pathOf(other)} v1.${(number + i + version) % versions}.0${i % 2 === 0 ? '' : ' // indirect'}\n`;
      });
      const goMod = `module ${pathOf(number)}\n\ngo 1.16\n\nrequire (\n${lines.join('')})\n`;
      files.push([`v1.${version}.0.mod`, goMod], [`v1.${version}.0.info`, `{"Version":"v1.${version}.0"}`]);
    }
    await Promise.all(files.map(([name, text]) => writeFile(join(folder, name), text)));
  }
  // At the versions that are selected: a go.mod that needs no update.
  const required = Array.from({ length: 20 }, (_, i) => `require ${pathOf(i * 31)} v1.${versions - 1}.0\n`);
  return `module example.com/bench/main\n\ngo 1.16\n\n${required.join('')}`;
}

const library: Contestant = {
  name: 'gomodkit',
  async setup({ directory }) {
    const goMod = await writeGraph(directory);
    const worker = startNode('worker');
    return {
      async run() {
        const request = { op: 'buildList', directory: join(directory, 'cache/download'), goMod };
        const { milliseconds, found } = await worker.ask<{ readonly milliseconds: number; readonly found: number }>(
          request,
        );
        check(found);
        return { value: milliseconds };
      },
      teardown: worker.stop,
    };
  },
};

const go: Contestant = {
  name: 'go list -m all',
  absent: goAbsent,
  async setup({ directory }) {
    const main = join(directory, 'main');
    await mkdir(main);
    await writeFile(join(main, 'go.mod'), await writeGraph(directory));
    const settings = { GOFLAGS: '-mod=mod', GOPROXY: 'off', GOSUMDB: 'off', GOTOOLCHAIN: 'local', GOWORK: 'off' };
    const env = { ...process.env, ...settings, GOMODCACHE: directory };
    return {
      async run() {
        const start = performance.now();
        const { stdout } = await promisify(execFile)('go', ['list', '-m', 'all'], { cwd: main, env });
        const value = performance.now() - start;
        check(stdout.trim().split('\n').length);
        return { value };
      },
      teardown: async () => {},
    };
  },
};

function check(found: number): void {
  if (found !== modules + 1) throw new Error(`the build list has ${found} modules, not ${modules + 1}`);
}

/** Milliseconds to a build list. */
export const buildList: Row = {
  name: 'build-list',
  about: `build list of ${modules} modules, every version of which has to be read; go starts a process for it`,
  unit: 'ms',
  better: 'lower',
  goals: [
    {
      says: 'faster than go list -m all on the same cache',
      met(median) {
        const [ours, theirs] = [median(library.name), median(go.name)];
        return ours === undefined || theirs === undefined ? undefined : ours < theirs;
      },
    },
  ],
  contestants: [library, go],
};
