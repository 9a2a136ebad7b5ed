// Real modules as main modules: why each module of their build lists is needed, and each of their packages, as the go command says it.
//
// Invariant: zips come once, through one GOMODCACHE, which is also the upstream of ours.

import { cp, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parse } from '@gomodkit/core/modfile';
import { directoryFiles, formatWhy, loadPackages, why, whyModules } from '@gomodkit/core/packages';
import { parseGoProxy, upstreamSource } from '@gomodkit/core/source';
import { goCommand, goEnvironment, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo } from './support/go.ts';
import { realModules } from './support/real-modules.ts';

/** Few zips are needed for these, and the upstream has them all. */
const small = ['mvdan.cc/gofumpt@v0.12.0', 'github.com/go-gorp/gorp/v3@v3.1.0', 'github.com/armon/go-metrics@v0.3.10'];
const modules = process.env.GOMODKIT_TEST_SCALE === 'full' ? [...new Set([...small, ...realModules])] : small;

describeWithGo('why modules and packages are needed by', () => {
  const keep = closeAfterAll();
  let env: Readonly<Record<string, string>> = {};
  let work = '';

  beforeAll(async () => {
    const list = (await goCommand(['env', 'GOPROXY'], { env: process.env as Record<string, string> })).stdout.trim();
    const goproxy = parseGoProxy(list).find(({ url }) => /^https?:/.test(url))?.url ?? '';
    env = keep(goEnvironment({ goproxy, variables: { GOFLAGS: '-modcacherw', GOTOOLCHAIN: 'local' } })).variables;
    work = keep(await tempDirectory()).path;
  });

  it.each(modules)('%s is what go mod why says', { timeout: 1_200_000 }, async (module) => {
    const cwd = join(work, module.replaceAll('/', '_'));
    const go = async (directory: string, ...args: string[]): Promise<string> =>
      (await goCommand(args, { cwd: directory, env, timeout: 1_200_000 })).stdout;
    const { Dir } = JSON.parse(await go(work, 'mod', 'download', '-json', module)) as { readonly Dir: string };
    await cp(Dir, cwd, { recursive: true });
    const main = { goMod: parse('go.mod', await readFile(join(cwd, 'go.mod'))), files: await directoryFiles(cwd) };
    const paths = new Set([...(await go(cwd, 'mod', 'graph')).matchAll(/ ([^@\s]+)@/g)].map(([, path = '']) => path));
    const theirs = await go(cwd, 'mod', 'why', '-m', ...paths);
    const source = upstreamSource(pathToFileURL(join(env.GOMODCACHE ?? '', 'cache/download')).href);
    // The go command takes several tools in no certain order, so that of several shortest ways it prints now one, now another.
    const shown = main.goMod.tool.length > 1 ? lengths : (text: string): string => text;
    expect(shown(formatWhy(await whyModules(main, [...paths], { source }), 'module'))).toBe(shown(theirs));
    const packages = (await loadPackages(main, { source })).packages.map(({ path }) => path);
    const ofPackages = await go(cwd, 'mod', 'why', ...packages);
    expect(shown(formatWhy(await why(main, packages, { source }), 'package'))).toBe(shown(ofPackages));
  });
});

/** What is asked for, and how long the way there is. */
function lengths(text: string): string {
  return text
    .trimEnd()
    .split('\n\n')
    .map((block) => `${block.split('\n')[0]}: ${block.includes('\n(') ? 0 : block.split('\n').length - 1}`)
    .join('\n');
}
