// Storages named by URL, in real processes, with the real go command: S3 with zips by redirect, a bucket of GCS, and a plugin.

import { join } from 'node:path';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { type FakeGcs, startFakeGcs } from '@gomodkit/testing/gcs';
import { type FakeS3, startFakeS3 } from '@gomodkit/testing/s3';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { gomodkit, root, type ServerProgram, serve } from './support/program.ts';

const modules = {
  'example.com/hello@v1.0.0': {
    files: { 'go.mod': 'module example.com/hello\n', 'hello.go': 'package hello\n\nconst Text = "from a bucket"\n' },
  },
};
const project = {
  'go.mod': 'module example.com/project\n\ngo 1.21\n\nrequire example.com/hello v1.0.0\n',
  'main.go': 'package main\n\nimport "example.com/hello"\n\nfunc main() { println(hello.Text) }\n',
};
const env = {
  PATH: process.env.PATH ?? '',
  GOENV: 'off',
  GOAUTH: 'off',
  GOSUMDB: 'off',
  AWS_ACCESS_KEY_ID: 'test',
  AWS_SECRET_ACCESS_KEY: 'not-a-secret',
};
const plugin = join(root, 'examples/custom-storage/sql-storage.ts');
const listed = { code: 0, stdout: 'example.com/hello@v1.0.0\n', stderr: '' };
const zip = 'example.com/hello/@v/v1.0.0.zip';

describe('storage URLs', () => {
  const keep = closeAfterAll();
  let upstream: TestProxy;
  let s3: FakeS3;
  let gcs: FakeGcs;

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules }));
    s3 = keep(await startFakeS3({ buckets: ['go'] }));
    gcs = keep(await startFakeGcs({ buckets: ['go'] }));
  });

  it('gs: keeps what is asked for, and the processes end at once', async () => {
    const url = `gs://go/team?endpoint=${gcs.endpoint}&project=p`;
    const server = keep(await serve(['--upstream', upstream.url, '--storage', url], { env }));
    const answer = await fetch(`${server.url}/${zip}`);
    expect([answer.status, (await answer.arrayBuffer()).byteLength > 0]).toEqual([200, true]);
    expect(gcs.keys('go')).toContain(`team/${zip}`);
    await ends(server);
    expect(await gomodkit(['list', '--storage', url], { env })).toEqual(listed);
  });

  it('s3: answers zips with a redirect where asked to, and nothing else', async () => {
    const url = `s3://go/team?endpoint=${s3.endpoint}`;
    const server = keep(await serve(['--upstream', upstream.url, '--storage', url, '--redirect-zips'], { env }));
    const sent = await fetch(`${server.url}/${zip}`, { redirect: 'manual' });
    expect([sent.status, sent.headers.get('cache-control')]).toEqual([302, 'no-store']);
    const location = sent.headers.get('location') ?? '';
    expect(decodeURIComponent(location)).toContain(`${s3.endpoint}/go/team/${zip}?`);
    expect((await fetch(location)).status).toBe(200);
    const info = await fetch(`${server.url}/example.com/hello/@v/v1.0.0.info`, { redirect: 'manual' });
    expect(info.status).toBe(200);
    await ends(server);
    expect(await gomodkit(['list', '--storage', url], { env })).toEqual(listed);
  });

  it('says which storage does not work, and why', async () => {
    const missing = await gomodkit(['list', '--storage', `s3://no-such/team?endpoint=${s3.endpoint}`], { env });
    expect(missing).toMatchObject({ code: 1, stdout: '', stderr: expect.stringContaining('NoSuchBucket') });
    const signing = await gomodkit(['serve', '--storage', 'memory:', '--redirect-zips', '--offline'], { env });
    expect(signing).toMatchObject({ code: 2, stderr: expect.stringContaining('signs no URLs; s3: and gs: do') });
  });

  describeWithGo('with the go command', () => {
    it.each([
      ['zips by redirect from a bucket', () => [`s3://go/built?endpoint=${s3.endpoint}`, '--redirect-zips']],
      ['a storage plugin', (store: string) => [`npm:${plugin}?file=${join(store, 'modules.db')}`]],
    ])('builds through %s', async (_, storage) => {
      const store = keep(await tempDirectory());
      const server = keep(await serve(['--upstream', upstream.url, '--storage', ...storage(store.path)], { env }));
      const go = keep(await goWith(server.url, project));
      await go.run('mod', 'download', 'example.com/hello@v1.0.0');
      await go.run('build', '-o', 'project', '.');
      expect(await go.exec('./project')).toBe('from a bucket\n');
      expect((await go.run('mod', 'verify')).stdout).toBe('all modules verified\n');
      await ends(server);
    });
  });
});

async function ends(server: ServerProgram): Promise<void> {
  server.kill('SIGTERM');
  expect(await server.exited).toEqual({ code: 0, signal: null });
}
