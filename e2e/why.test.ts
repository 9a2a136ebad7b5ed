// Generated modules with packages: what is needed and why is what the go command says, for every module and many packages.

import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { isGoModKitError } from '@gomodkit/core/errors';
import { parse } from '@gomodkit/core/modfile';
import { directoryFiles, formatWhy, type LoadPackagesOptions, why, whyModules } from '@gomodkit/core/packages';
import { upstreamSource } from '@gomodkit/core/source';
import { goCommand, goEnvironment, tempDirectory } from '@gomodkit/testing';
import { describe, expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo } from './support/go.ts';
import {
  type GeneratedPackages,
  generatePackages,
  writeMainPackages,
  writeModules,
} from './support/package-modules.ts';
import { inParallel } from './support/parallel.ts';
import { randomNumbers, testSeed } from './support/random.ts';

const count = process.env.GOMODKIT_TEST_SCALE === 'full' ? 1_200 : 60;
const batch = 60;

describeWithGo('generated packages', () => {
  const keep = closeAfterEach();
  const seed = testSeed();

  describe.each(Array.from({ length: count / batch }, (_, i) => i * batch))(`seed ${seed}, from %i`, (start) => {
    it('agree with go mod why and go mod why -m', { timeout: 600_000 }, async () => {
      const proxy = keep(await tempDirectory());
      const work = keep(await tempDirectory());
      const goproxy = pathToFileURL(proxy.path).href;
      const env = keep(goEnvironment({ goproxy, variables: { GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' } }));
      const numbers = Array.from({ length: batch }, (_, i) => start + i);
      const differences = await inParallel(numbers, 3, async (number) => {
        const set = generatePackages(randomNumbers(seed + number), `p${number}`);
        const cwd = join(work.path, String(number));
        await writeModules(proxy.path, set);
        await writeMainPackages(cwd, set);
        const go = async (...args: string[]): Promise<string> => {
          const { code, stdout, stderr } = await goCommand(['mod', 'why', ...args], {
            cwd,
            env: env.variables,
            allowFailure: true,
          });
          return code === 0 ? stdout : `refused: ${stderr}`;
        };
        const ours = await answers(set, cwd, goproxy);
        const theirs = { modules: await go('-m', ...set.modules), packages: await go(...set.packages) };
        return describeDifference(number, set, ours, theirs);
      });
      expect(differences.filter((difference) => difference !== undefined).slice(0, 1)).toEqual([]);
    });
  });
});

interface Answers {
  readonly modules: string;
  readonly packages: string;
}

async function answers(set: GeneratedPackages, cwd: string, goproxy: string): Promise<Answers> {
  const main = { goMod: parse('go.mod', set.graph.goMod), files: await directoryFiles(cwd) };
  const options: LoadPackagesOptions = {
    source: upstreamSource(goproxy),
    replacementFiles: (directory) => directoryFiles(resolve(cwd, directory)),
    openZips: 3,
  };
  return {
    modules: await orRefused(async () => formatWhy(await whyModules(main, set.modules, options), 'module')),
    packages: await orRefused(async () => formatWhy(await why(main, set.packages, options), 'package')),
  };
}

async function orRefused(work: () => Promise<string>): Promise<string> {
  try {
    return await work();
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return `refused: ${error.message}`;
  }
}

/** Refusals say the same in other words. */
function isSame(ours: string, theirs: string): boolean {
  return ours === theirs || (ours.startsWith('refused') && theirs.startsWith('refused'));
}

function describeDifference(
  number: number,
  set: GeneratedPackages,
  ours: Answers,
  theirs: Answers,
): string | undefined {
  const kind = (['modules', 'packages'] as const).find((each) => !isSame(ours[each], theirs[each]));
  if (kind === undefined) return undefined;
  const [a, b] = [ours[kind].split('\n\n'), theirs[kind].split('\n\n')];
  const at = a.findIndex((each, i) => each !== b[i]);
  const files = [...set.files].flatMap(([name, each]) =>
    [...each].map(([file, text]) => `-- ${name}/${file} --\n${text}`),
  );
  const mainFiles = [...set.mainFiles].map(([file, text]) => `-- ${file} --\n${text}`);
  const goMods = [...set.graph.modules, ...set.graph.directories].map(
    ([name, text]) => `-- ${name}/go.mod --\n${text}`,
  );
  const all = [set.graph.goMod, ...mainFiles, ...goMods, ...files].join('\n');
  return `${all}\n${number}, ${kind}\nOURS\n${a[at]}\nGO\n${b[at]}`;
}
