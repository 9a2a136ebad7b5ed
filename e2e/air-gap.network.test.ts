// A real project past an air gap, verified by sum.golang.org on both sides, by go itself as well.

import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { gomodkit, serve } from './support/program.ts';

const env = { ...(process.env as Record<string, string>), GOSUMDB: 'sum.golang.org', GOPRIVATE: '', GONOSUMDB: '' };
const module = 'mvdan.cc/gofumpt@v0.12.0';
const keep = closeAfterEach();

describeWithGo('a bundle of gofumpt', () => {
  it('is proven, and built offline with GOSUMDB on', { timeout: 900_000 }, async () => {
    const work = keep(await tempDirectory()).path;
    const bundle = join(work, 'gofumpt.tar');
    const exported = await gomodkit(['export', module, '-o', bundle, '--storage', join(work, 'a')], { env });
    expect(exported, exported.stderr).toMatchObject({ code: 0 });
    const imported = await gomodkit(['import', bundle, '--storage', join(work, 'b'), '--sumdb', 'sum.golang.org'], {
      env,
    });
    expect(imported, imported.stderr).toMatchObject({ code: 0 });
    expect(imported.stdout).toMatch(/proven {3}[1-9]/);
    const server = keep(await serve(['--offline', '--storage', join(work, 'b')], { env }));
    const unpacked = keep(await tempDirectory()).path;
    await promisify(execFile)('tar', ['-xf', bundle, '-C', unpacked]);
    for (const goproxy of [server.url, pathToFileURL(unpacked).href]) {
      const go = keep(
        await goWith(
          goproxy,
          { 'go.mod': 'module example.com/x\n\ngo 1.25\n' },
          { GOSUMDB: 'sum.golang.org', GONOSUMDB: '', GOPRIVATE: '', GOTOOLCHAIN: 'local' },
        ),
      );
      await go.run('get', '-tool', module);
      await go.run('build', '-o', 'gofumpt', 'mvdan.cc/gofumpt');
      expect((await go.read('go.sum')).split('\n').length).toBeGreaterThanOrEqual(8);
    }
  });
});
