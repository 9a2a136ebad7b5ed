// `gomodkit why` as its users meet it: what go mod why prints, from an upstream, and from the store alone once the upstream is gone.

import { startTestProxy, type TempDirectory, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { syntheticGraph } from './support/graph.ts';
import { gomodkit } from './support/program.ts';

const { modules, project } = syntheticGraph();
const packages = [
  'example.com/layer/l07',
  'example.com/major',
  'example.com/repo/sub/pkg',
  'net/textproto',
  'example.com/nowhere',
];

describeWithGo('gomodkit why', () => {
  const keep = closeAfterAll();
  let work: TempDirectory;
  let store: TempDirectory;
  const theirs = { modules: '', packages: '' };
  let online: { readonly modules: string; readonly packages: string };

  const why = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await gomodkit(['why', ...args, '--storage', store.path], { cwd: work.path });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    return stdout;
  };

  beforeAll(async () => {
    const upstream = await startTestProxy({ modules });
    work = keep(await tempDirectory(project));
    store = keep(await tempDirectory());
    const go = keep(await goWith(upstream.url, project, { GOFLAGS: '' }));
    theirs.modules = (await go.run('mod', 'why', '-m', 'all')).stdout;
    theirs.packages = (await go.run('mod', 'why', ...packages)).stdout;
    online = {
      modules: await why('-m', 'all', '--upstream', upstream.url),
      packages: await why(...packages, '--upstream', upstream.url),
    };
    await upstream.close();
  });

  it('prints what go mod why -m does, for the whole build list', () => {
    expect(theirs.modules.split('\n\n').length).toBeGreaterThan(40);
    expect(online.modules).toBe(theirs.modules);
  });

  it('prints what go mod why does, for packages', () => {
    expect(online.packages).toBe(theirs.packages);
  });

  it('says the same offline, from what it stored', async () => {
    expect(await why('-m', 'all', '--offline')).toBe(theirs.modules);
    expect(await why(...packages, '--offline')).toBe(theirs.packages);
  });

  it('takes a stored module as main module', async () => {
    const stdout = await why('-m', 'example.com/major', '--main', 'example.com/major/v2@v2.1.0', '--offline');
    expect(stdout).toBe('# example.com/major\nexample.com/major/v2\nexample.com/major\n');
  });

  it('warns of modules that it cannot look at, and prints the rest', async () => {
    const empty = keep(await tempDirectory());
    const goMod =
      'module example.com/m\n\ngo 1.21\n\nrequire example.com/x v1.0.0\n\nreplace example.com/x => ./gone\n';
    const directory = keep(await tempDirectory({ 'go.mod': goMod, 'm.go': 'package m\n\nimport "example.com/x"\n' }));
    const args = ['why', 'example.com/x', '--offline', '--storage', empty.path];
    const { code, stdout, stderr } = await gomodkit(args, { cwd: directory.path });
    expect({ code, stdout }).toEqual({ code: 0, stdout: '# example.com/x\nexample.com/m\nexample.com/x\n' });
    expect(stderr).toMatch(/^gomodkit: warning: .*gone is no directory\n$/);
  });

  it.each([
    [['-m', 'example.com/major@v1.0.0'], 2, /a module path is wanted, without a version/],
    [['./sub'], 1, /packages are named by their import paths/],
  ])('%j is a mistake', async (args, status, message) => {
    const { code, stderr } = await gomodkit(['why', ...args, '--offline', '--storage', store.path], { cwd: work.path });
    expect(code).toBe(status);
    expect(stderr).toMatch(message);
  });
});
