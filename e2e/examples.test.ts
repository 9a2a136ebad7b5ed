// The programs in examples/, started as their README says, with the real go command.

import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith, jsonObjects } from './support/go.ts';
import { type ServerProgram, serveExample } from './support/program.ts';

const modules = {
  'example.com/hello@v1.0.0': {
    files: {
      'go.mod': 'module example.com/hello\n\ngo 1.21\n\nrequire example.com/Words/v2 v2.0.1\n',
      'hello.go': 'package hello\n\nimport "example.com/Words/v2"\n\nconst Text = words.Hello\n',
    },
  },
  'example.com/Words/v2@v2.0.1': {
    files: {
      'go.mod': 'module example.com/Words/v2\n\ngo 1.21\n',
      'words.go': 'package words\n\nconst Hello = "hello through a proxy"\n',
    },
  },
};

const project = {
  'go.mod': 'module example.com/project\n\ngo 1.21\n\nrequire example.com/hello v1.0.0\n',
  'main.go': 'package main\n\nimport "example.com/hello"\n\nfunc main() { println(hello.Text) }\n',
};

interface Example {
  readonly name: string;
  /** Where modules are. */
  readonly mount: string;
  /** What else it answers. */
  readonly beside?: { readonly path: string; readonly body: string };
}

const front = { path: '/', body: 'Our modules are below /go.\n' };
const examples: readonly Example[] = [
  { name: 'node-http', mount: '' },
  { name: 'express', mount: '/go', beside: front },
  { name: 'fastify', mount: '/go', beside: { path: '/api/versions?module=example.com/hello', body: '["v1.0.0"]' } },
  { name: 'koa', mount: '/go', beside: front },
  { name: 'hono', mount: '/go', beside: front },
  { name: 'custom-storage', mount: '' },
];

describe.each(examples)('examples/$name', ({ name, mount, beside }) => {
  const keep = closeAfterAll();
  let upstream: TestProxy;
  let server: ServerProgram;

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules }));
    const store = keep(await tempDirectory());
    server = keep(await serveExample(name, { UPSTREAM: upstream.url, MODULES: store.path }));
  });

  it('says where it serves modules', async () => {
    expect(new URL(server.url).pathname).toBe(mount === '' ? '/' : mount);
    const list = await fetch(`${server.url}/example.com/hello/@v/list`);
    expect([list.status, await list.text()]).toEqual([200, 'v1.0.0\n']);
  });

  it.runIf(beside)('answers what is its own beside', async () => {
    const response = await fetch(new URL(beside?.path ?? '', server.url));
    expect([response.status, await response.text()]).toEqual([200, beside?.body]);
  });

  describeWithGo('with the go command', () => {
    it('downloads, builds, runs and verifies', async () => {
      const [through, direct] = [keep(await goWith(server.url, project)), keep(await goWith(upstream.url, project))];
      const download = ['mod', 'download', '-json', 'example.com/hello@v1.0.0', 'example.com/Words/v2@v2.0.1'];
      expect(sums((await through.run(...download)).stdout)).toEqual(sums((await direct.run(...download)).stdout));
      await through.run('build', '-o', 'project', '.');
      expect(await through.exec('./project')).toBe('hello through a proxy\n');
      expect((await through.run('mod', 'verify')).stdout).toBe('all modules verified\n');
    });
  });
});

function sums(output: string): readonly unknown[] {
  return jsonObjects(output).map((each) => [each.Path, each.Version, each.Sum, each.GoModSum, each.Error]);
}
