// A machine without network: what another one exported is imported or unpacked there, and the project is built with it, verified by a
// checksum database that nobody can be asked about any more.

import { execFile } from 'node:child_process';
import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { note } from '@gomodkit/core/sumdb';
import { startTestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { syntheticGraph } from './support/graph.ts';
import { commandLine, gomodkit, serve } from './support/program.ts';
import { checkStore } from './support/store.ts';

const timeout = 240_000;
const graph = syntheticGraph();
const run = promisify(execFile);

describeWithGo('a project behind an air gap', () => {
  const keep = closeAfterAll();
  const keepForTest = closeAfterEach();
  let work = '';
  let bundle = '';
  let key = '';

  /** The connected side: a project, an upstream with a checksum database, and all of that gone afterwards. */
  beforeAll(async () => {
    const place = keep(await tempDirectory(graph.project));
    work = place.path;
    bundle = join(work, 'project.tar');
    const keys = await note.generateKey('sum.corp.example');
    key = keys.verifierKey;
    await writeFile(join(work, 'key'), keys.signerKey, { mode: 0o600 });
    const modules = await startTestProxy({ modules: graph.modules });
    const upstream = await serve([
      ...['--storage', join(work, 'upstream'), '--upstream', modules.url, '--sumdb', 'off'],
      ...['--sumdb-key-file', join(work, 'key')],
    ]);
    try {
      const args = ['--from-go-mod', join(work, 'go.mod'), '-o', bundle, '--storage', join(work, 'connected')];
      const exported = await gomodkit(['export', ...args, '--upstream', upstream.url, '--sumdb', key]);
      expect(exported, exported.stderr).toMatchObject({ code: 0, stdout: '' });
      expect(exported.stderr).toMatch(/wrote .*project\.tar: \d+ versions, \d+ zips/);
      expect(exported.stderr).toMatch(/(\d+) versions with proofs of sum\.corp\.example/);
    } finally {
      await upstream.close();
      await modules.close();
    }
  }, timeout);

  const builds = async (goproxy: string, variables: Readonly<Record<string, string>>): Promise<void> => {
    const go = keepForTest(await goWith(goproxy, graph.project, { GONOSUMDB: '', ...variables }));
    await go.run('build', '-o', 'program', './...');
    expect(await go.exec('./program')).toBe(graph.output);
    await go.run('mod', 'download', 'all');
    expect((await go.run('mod', 'verify')).stdout).toBe('all modules verified\n');
    await go.run('mod', 'tidy');
  };

  it.each(['off', 'on'])(
    'is built from an imported bundle, served offline, with GOSUMDB %s',
    { timeout },
    async (on) => {
      const sumdb = on === 'on' ? key : 'off';
      const storage = join(work, `imported-${on}`);
      const imported = await gomodkit(['import', bundle, '--storage', storage, '--sumdb', sumdb]);
      expect(imported, imported.stderr).toMatchObject({ code: 0 });
      expect(imported.stdout).toMatch(on === 'on' ? /proven {3}[1-9]\d* versions\n {2}refused {2}0/ : /refused {2}0/);
      await checkStore(storage, graph.modules);
      const server = keepForTest(await serve(['--offline', '--storage', storage, '--sumdb', sumdb]));
      await builds(server.url, { GOSUMDB: sumdb });
      const audit = await gomodkit(['audit', '--storage', storage, '--offline']);
      expect(audit, audit.stdout).toMatchObject({ code: 0 });
    },
  );

  it('is built from an unpacked bundle, as file:// and served offline', { timeout }, async () => {
    const place = keepForTest(await tempDirectory());
    await run('tar', ['-xf', bundle, '-C', place.path]);
    await builds(pathToFileURL(place.path).href, { GOSUMDB: key });
    const server = keepForTest(await serve(['--offline', '--storage', place.path, '--sumdb', key]));
    await builds(server.url, { GOSUMDB: key });
    const audit = await gomodkit(['audit', '--storage', place.path, '--offline']);
    expect(audit, audit.stdout).toMatchObject({ code: 0 });
  });

  it('is exported from a storage alone, through a pipe, the same to the byte', { timeout }, async () => {
    const args = ['export', '--from-go-mod', join(work, 'go.mod'), '--storage', join(work, 'connected'), '--offline'];
    const again = join(work, 'again.tar');
    const { code, stderr } = await gomodkit([...args, '--sumdb', key, '-o', again]);
    expect({ code }, stderr).toEqual({ code: 0 });
    expect((await readFile(again)).equals(await readFile(bundle))).toBe(true);
    await truncate(again, 300_000);
    const storage = join(work, 'cut');
    const cut = await gomodkit(['import', again, '--storage', storage, '--sumdb', key]);
    expect(cut).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/cut off.*\d+ versions before that are there/),
    });
    await checkStore(storage, graph.modules);
    expect((await gomodkit(['import', bundle, '--storage', storage, '--sumdb', key])).stdout).toMatch(/refused {2}0/);
  });

  it('says what is missing, and writes nothing', { timeout }, async () => {
    const args = ['export', '--from-go-mod', join(work, 'go.mod'), '--offline', '--sumdb', 'off'];
    const output = join(work, 'none.tar');
    const { code, stderr } = await gomodkit([...args, '--storage', join(work, 'empty'), '-o', output]);
    expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('the bundle would lack:') });
    await expect(readFile(output)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('is not there for who stops reading, which is a failure', { timeout }, async () => {
    const args = ['export', '--all', '--storage', join(work, 'connected'), '--offline', '--sumdb', 'off', '-o', '-'];
    const script = 'set -o pipefail; "$@" | head -c 100 >/dev/null';
    await expect(run('bash', ['-c', script, 'bash', ...commandLine(), ...args])).rejects.toMatchObject({
      code: 1,
      stderr: 'gomodkit: the bundle cannot be written to standard output: write EPIPE\n',
    });
  });

  it('can be copied, and collected', { timeout }, async () => {
    const [from, to] = [join(work, 'connected'), join(work, 'copied')];
    const copied = await gomodkit(['copy', from, to]);
    expect(copied, copied.stderr).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^copied \d+ objects.* 0 conflicts\n$/),
    });
    await checkStore(to, graph.modules);
    expect((await gomodkit(['copy', from, to])).stdout).toMatch(/^copied 0 objects/);
    const gc = await gomodkit(['gc', '--storage', to, '--offline']);
    expect(gc).toMatchObject({
      code: 0,
      stdout: 'would reclaim 0 B: 0 zips, 0 orphans; 0 zips kept (--apply does it)\n',
    });
    const upstream = keepForTest(await startTestProxy({ modules: graph.modules }));
    const old = ['gc', '--storage', to, '--upstream', upstream.url, '--sumdb', 'off', '--older-than', '0h', '--apply'];
    expect((await gomodkit([...old, '--keep', 'example.com/layer'])).stdout).toMatch(/reclaimed .*: [1-9]\d* zips/);
    const { zips } = await checkStore(to, graph.modules, 'example.com/layer/');
    expect(zips).toBeGreaterThan(0);
    expect((await gomodkit(['audit', '--storage', to, '--offline'])).code).toBe(0);
  });
});
