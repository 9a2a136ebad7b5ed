// A checksum database of one's own, as its users meet it: made, served, believed by go commands, audited.

import { appendFile, chmod, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestProxy, tempDirectory } from '@gomodkit/testing';
import { expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { gomodkit, serve } from './support/program.ts';

/** Each test starts several programs. */
const timeout = 120_000;

const keep = closeAfterEach();
const modules = {
  'example.com/Mixed@v1.0.0': { files: { 'go.mod': 'module example.com/Mixed\n', 'm.go': 'package m\n' } },
  'example.com/legacy@v2.0.0+incompatible': { files: { 'l.go': 'package l\n' } },
};

async function setup() {
  const upstream = keep(await startTestProxy({ modules }));
  const work = keep(await tempDirectory({})).path;
  const made = await gomodkit(['sumdb', 'init', '--name', 'sum.corp.example', '--key-file', 'key'], { cwd: work });
  const key = /^verifier key {2}(\S+)$/m.exec(made.stdout)?.[1] ?? '';
  const args = [
    '--storage',
    join(work, 'store'),
    '--upstream',
    upstream.url,
    '--sumdb',
    'off',
    '--sumdb-key-file',
    'key',
  ];
  return { upstream, work, key, args };
}

describeWithGo('a served log', () => {
  it(
    'is believed by go commands, survives a restart, and is verified',
    async () => {
      const { work, key, args } = await setup();
      const first = keep(await serve(args, { cwd: work }));
      expect(first.stdout).toContain(`use it    GOSUMDB=${key} GOPROXY=${first.url} go build`);
      const go = keep(await goWith(first.url, {}, { GOSUMDB: key, GONOSUMDB: '' }));
      await go.run('mod', 'download', ...Object.keys(modules));
      const verified = ['sumdb', 'verify', first.url, '--key', key, '--storage', join(work, 'store')];
      const report = await gomodkit(verified, { cwd: work });
      expect(report).toMatchObject({ code: 0, stderr: '' });
      expect(report.stdout).toMatch(
        /^sum\.corp\.example: 2 records[\s\S]*2 equal, 0 differing, 0 missing[^\n]*\nverified\n$/,
      );
      first.kill('SIGTERM');
      expect((await first.exited).code).toBe(0);
      const second = keep(await serve(args, { cwd: work }));
      const root = /root (\S+)/.exec(report.stdout)?.[1];
      const again = await gomodkit([
        'sumdb',
        'verify',
        second.url,
        '--key',
        key,
        '--from',
        `2:${root}`,
        '--against',
        second.url,
      ]);
      expect(again).toMatchObject({ code: 0, stderr: '' });
    },
    timeout,
  );
});

it(
  'finds what was changed in storage, and says when it cannot find out',
  async () => {
    const { work, key, args } = await setup();
    const server = keep(await serve(args, { cwd: work }));
    expect((await fetch(`${server.url}/sumdb/sum.corp.example/lookup/example.com/!mixed@v1.0.0`)).status).toBe(200);
    const directory = join(work, 'store/example.com/!mixed/@v');
    await expect(readdir(directory)).resolves.toContain('v1.0.0.ziphash');
    await rm(join(directory, 'v1.0.0.ziphash'));
    await writeFile(join(directory, 'v1.0.0.ziphash'), `h1:${'A'.repeat(43)}=`);
    const verify = ['sumdb', 'verify', server.url, '--key', key];
    const report = await gomodkit([...verify, '--storage', join(work, 'store')]);
    expect(report.code).toBe(1);
    expect(report.stdout).toContain('store-differs: example.com/Mixed@v1.0.0 is stored with other sums: zip h1:AAAA');
    for (const wrong of [
      [...verify, '--nonsense'],
      ['sumdb', 'verify', server.url, '--key', 'sum.golang.org'],
    ])
      expect(await gomodkit(wrong)).toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(/^gomodkit: [^\n]*\n$/),
      });
  },
  timeout,
);

it(
  'does not start with a key that others may read, or that is none',
  async () => {
    const { work, args } = await setup();
    await chmod(join(work, 'key'), 0o644);
    const open = await gomodkit(['serve', '--listen', '127.0.0.1:0', ...args], { cwd: work });
    expect(open).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/chmod 600/) });
    await chmod(join(work, 'key'), 0o600);
    await appendFile(join(work, 'key'), 'more');
    const broken = await gomodkit(['serve', '--listen', '127.0.0.1:0', ...args], { cwd: work });
    expect(broken).toMatchObject({ code: 1, stderr: expect.stringMatching(/key file key: it holds no key/) });
    expect(broken.stderr).not.toContain('PRIVATE+KEY+sum');
  },
  timeout,
);
