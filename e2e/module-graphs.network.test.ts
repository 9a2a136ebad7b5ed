// The graphs of real modules, taken as main modules: build list and requirements are those of the go command, as they are and with a
// replacement and an exclusion more.

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { formatEdges, formatListed, loadModuleGraph, type ModuleGraph } from '@gomodkit/core/graph';
import { editGoMod, parse } from '@gomodkit/core/modfile';
import type { ModuleSource } from '@gomodkit/core/source';
import { parseGoProxy, upstreamSource } from '@gomodkit/core/source';
import { goCommand, goEnvironment, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo } from './support/go.ts';
import { realModules } from './support/real-modules.ts';

describeWithGo('the graph of', () => {
  const keep = closeAfterAll();
  let proxy = '';
  let source: ModuleSource;
  let work = '';
  let variables: Readonly<Record<string, string>> = {};

  beforeAll(async () => {
    const list = (await goCommand(['env', 'GOPROXY'], { env: process.env as Record<string, string> })).stdout.trim();
    proxy = parseGoProxy(list).find(({ url }) => /^https?:/.test(url))?.url ?? '';
    source = upstreamSource(proxy);
    work = keep(await tempDirectory()).path;
    const settings = { GOFLAGS: '-mod=mod -modcacherw', GOTOOLCHAIN: 'local' };
    variables = keep(goEnvironment({ goproxy: proxy, variables: settings })).variables;
  });

  it.each(realModules)('%s is that of the go command', async (module) => {
    const [path = '', version = ''] = module.split('@');
    const goMod = new TextDecoder().decode(await source.goMod(path, version));
    const loaded = await compare(goMod, module);
    expect(loaded.buildList.length).toBeGreaterThanOrEqual(45);
    await compare(withDirectives(goMod, loaded), `${module}-changed`);
  });

  async function compare(goMod: string, name: string): Promise<ModuleGraph> {
    const cwd = join(work, name.replaceAll('/', '_'));
    await mkdir(cwd);
    await writeFile(join(cwd, 'go.mod'), goMod);
    const loaded = await loadModuleGraph(parse('go.mod', goMod), { source });
    const go = (...args: string[]) => goCommand(args, { cwd, env: variables, timeout: 300_000 });
    expect(`${[...formatEdges(loaded)].join('\n')}\n`).toBe((await go('mod', 'graph')).stdout);
    // With -mod=mod a go line is added where there is none, and the graph is another.
    if (goMod.includes('\ngo ')) {
      expect(`${loaded.buildList.map(formatListed).join('\n')}\n`).toBe((await go('list', '-m', 'all')).stdout);
    }
    return loaded;
  }
});

/** The same with one version excluded that is selected but not required by the main module, and one replaced by an older one. */
function withDirectives(goMod: string, loaded: ModuleGraph): string {
  const editor = editGoMod(goMod);
  const required = new Set(loaded.roots.map(({ path }) => path));
  const excluded = loaded.buildList.find(({ path, version }) => version !== '' && !required.has(path));
  if (excluded !== undefined) editor.addExclude(excluded.path, excluded.version);
  const older = [...loaded.modules()].find(({ path, version }) => {
    const selected = loaded.selected(path);
    return version !== '' && required.has(path) && path.includes('.') && selected !== undefined && version !== selected;
  });
  if (older !== undefined) editor.addReplace({ path: older.path }, older);
  return editor.cleanup().format();
}
