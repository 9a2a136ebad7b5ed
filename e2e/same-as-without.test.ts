// Every way in which people use modules behaves through gomodkit as it does without it: the same output, exit code, error text, go.mod and
// go.sum. What differs is the address in messages, which is left out of the comparison.

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith, jsonObjects } from './support/go.ts';
import type { Modules } from './support/graph.ts';
import { serve } from './support/program.ts';

const commit = 'abcdef1234567890abcdef1234567890abcdef12';
const onMain = 'v1.2.1-0.20240506070809-abcdef123456';

const goMod = (path: string, more = ''): string => `module ${path}\n\ngo 1.21\n${more}`;
const library = (path: string, more = ''): Record<string, string> => ({
  'go.mod': goMod(path, more),
  'p.go': 'package p\n\nconst Name = "p"\n',
});

const modules: Modules = {
  'example.com/m@v1.0.0': { files: library('example.com/m') },
  'example.com/m@v1.1.0': { files: library('example.com/m') },
  'example.com/m@v1.1.3': { files: library('example.com/m') },
  'example.com/m@v1.2.0': {
    files: library('example.com/m', '\nretract v1.1.3 // wrong result\n'),
    origin: {
      VCS: 'git',
      URL: 'https://example.com/m',
      Hash: '1234567890abcdef1234567890abcdef12345678',
      Ref: 'refs/tags/v1.2.0',
    },
  },
  'example.com/m@v1.3.0-rc.1': { files: library('example.com/m') },
  [`example.com/m@${onMain}`]: {
    files: library('example.com/m'),
    time: '2024-05-06T07:08:09Z',
    branches: ['main', 'feature/x', commit],
    origin: { VCS: 'git', URL: 'https://example.com/m', Hash: commit, Ref: 'refs/heads/main' },
  },
  'example.com/m/v2@v2.0.0': { files: library('example.com/m/v2') },
  'example.com/needy@v1.0.0': { files: library('example.com/needy', '\nrequire example.com/m v1.0.0\n') },
  'example.com/needy@v1.1.0': { files: library('example.com/needy', '\nrequire example.com/m v1.1.0\n') },
  'example.com/old@v1.0.0': {
    files: { ...library('example.com/old'), 'go.mod': `// Deprecated: use m.\n${goMod('example.com/old')}` },
  },
  'example.com/Tool@v0.3.0': {
    files: {
      'go.mod': goMod('example.com/Tool', '\nrequire example.com/m v1.1.0\n'),
      'cmd/hello/main.go': 'package main\n\nimport _ "example.com/m"\n\nfunc main() { println("hello from a tool") }\n',
    },
  },
};

const project = {
  'go.mod': goMod('example.com/project', '\nrequire example.com/needy v1.0.0\n\nrequire example.com/m v1.0.0\n'),
  'main.go':
    'package main\n\nimport (\n\tm "example.com/m"\n\tneedy "example.com/needy"\n)\n\nfunc main() { println(m.Name, needy.Name) }\n',
};

/** What a command did, for comparison. */
interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly goMod: string;
  readonly goSum: string;
  readonly installed: readonly string[];
}

async function outcome(goproxy: string, command: string): Promise<Outcome> {
  const go = await goWith(goproxy, project);
  try {
    const { code, stdout, stderr } = await go.attempt(...command.split(' '));
    const anonymous = (text: string): string =>
      text
        .replaceAll(goproxy, 'PROXY')
        .replaceAll(go.env.GOMODCACHE ?? '', 'CACHE')
        .replaceAll(go.directory.path, 'HERE');
    const [mod, sum] = await Promise.all(['go.mod', 'go.sum'].map((name) => go.read(name).catch(() => '')));
    const installed = await readdir(join(go.env.GOPATH ?? '', 'bin')).catch(() => []);
    return {
      code,
      stdout: anonymous(stdout),
      stderr: anonymous(stderr),
      goMod: mod ?? '',
      goSum: sum ?? '',
      installed,
    };
  } finally {
    await go.close();
  }
}

interface Row {
  readonly command: string;
  /** A part of what the go command says, so that two equal nonsenses do not pass. */
  readonly says: RegExp;
  readonly fails?: boolean;
}

const row = (command: string, says: RegExp): Row => ({ command, says });
const failing = (command: string, says: RegExp): Row => ({ ...row(command, says), fails: true });

/** Also the same on `file://`, once the store has the versions. */
const everywhere: readonly Row[] = [
  row('list -m -versions example.com/m', /^example.com\/m v1.0.0 v1.1.0 v1.2.0 v1.3.0-rc.1$/m),
  row('list -m -retracted -versions example.com/m', /v1.1.3/),
  row('list -m -versions example.com/m/v2 example.com/Tool', /Tool v0.3.0/),
  row('list -m -u all', /example.com\/needy v1.0.0 \[v1.1.0\]/),
  row('list -m -u -json example.com/old@v1.0.0', /"Deprecated": "use m."/),
  row('get example.com/m@latest', /upgraded example.com\/m v1.0.0 => v1.2.0/),
  row('get example.com/m@v1', /=> v1.2.0/),
  row('get example.com/m@v1.1', /=> v1.1.0/),
  row('get example.com/m@v1.1.3', /retracted by module author: wrong result/),
  row('get example.com/m@upgrade', /=> v1.2.0/),
  row('get example.com/m@<v1.2.0', /=> v1.1.0/),
  row('get example.com/m@v1.3.0-rc.1', /=> v1.3.0-rc.1/),
  row(`get example.com/m@${onMain}`, /=> v1.2.1-0/),
  row('get example.com/m/v2', /added example.com\/m\/v2 v2.0.0/),
  row('get example.com/old', /is deprecated: use m./),
  row('get -u ./...', /upgraded example.com\/needy v1.0.0 => v1.1.0/),
  row('get -u=patch ./...', /downloading example.com\/m v1.0.0/),
];

/** The same through a server. */
const throughServer: readonly Row[] = [
  row('get example.com/m@main', /=> v1.2.1-0.20240506070809-abcdef123456/),
  failing('get example.com/m@feature/x', /disallowed version string/),
  row(`get example.com/m@${commit}`, /=> v1.2.1-0/),
  row('get example.com/m@abcdef1', /=> v1.2.1-0/),
  row('list -m -json example.com/m@main', /"Ref": "refs\/heads\/main"/),
  row('mod download -json', /"Sum": "h1:/),
  row('mod download -json example.com/m@v1.2.0', /"Hash": "1234567890abcdef/),
  row('install example.com/Tool/cmd/hello@v0.3.0', /downloading example.com\/Tool v0.3.0/),
  row('install example.com/Tool/cmd/hello@latest', /downloading example.com\/Tool v0.3.0/),
  row('run example.com/Tool/cmd/hello@v0.3.0', /hello from a tool/),
  row('mod tidy', /downloading example.com\/needy v1.0.0/),
  failing(
    'get example.com/absent@latest',
    /module example.com\/absent: reading PROXY\/example.com\/absent\/@v\/list: 404 Not Found/,
  ),
  failing('get example.com/m@v1.9.9', /404 Not Found\n\tserver response: not found: /),
  failing('get example.com/m@nobranch', /unknown revision nobranch/),
  failing('get example.com/m@v7', /no matching versions for query "v7"/),
  failing(
    'get example.com/m/nopackage',
    /module example.com\/m@upgrade found \(v1.2.0\), but does not contain package/,
  ),
  failing('get example.com/m@v2.0.0', /v2.0.0/),
  failing('install example.com/Tool/cmd/none@v0.3.0', /does not contain package/),
  failing('mod download -json example.com/m@v1.9.9', /"Error": /),
];

describeWithGo('gomodkit serve and its upstream', () => {
  const keep = closeAfterAll();
  let upstream: TestProxy;
  let served: string;
  let tree: string;

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules }));
    const store = keep(await tempDirectory());
    served = keep(await serve(['--storage', store.path, '--upstream', upstream.url])).url;
    tree = pathToFileURL(store.path).href;
  });

  describe.each([...everywhere, ...throughServer])('go $command', ({ command, says, fails }) => {
    it('does the same', async () => {
      const [direct, through] = await Promise.all([outcome(upstream.url, command), outcome(served, command)]);
      expect(direct.stdout + direct.stderr).toMatch(says);
      expect(direct.code === 0).toBe(!fails);
      expect(comparable(through)).toEqual(comparable(direct));
    });
  });

  describe.each(everywhere)('go $command, on the store as file://', ({ command }) => {
    beforeAll(() => fill(served));
    it('does the same', async () => {
      const [direct, fromTree] = await Promise.all([outcome(upstream.url, command), outcome(tree, command)]);
      expect(comparable(fromTree)).toEqual(comparable(direct));
    });
  });
});

/** The lines of "downloading" come in the order in which downloads begin, which is not fixed. */
function comparable(result: Outcome): Outcome {
  const stdout = result.stdout.startsWith('{') ? JSON.stringify(jsonObjects(result.stdout)) : result.stdout;
  return { ...result, stdout, stderr: result.stderr.split('\n').sort().join('\n') };
}

async function fill(url: string): Promise<void> {
  for (const name of Object.keys(modules)) {
    const [path = '', version = ''] = name.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`).split('@');
    const response = await fetch(`${url}/${path}/@v/${version}.zip`);
    expect(response.status, name).toBe(200);
    await response.arrayBuffer();
  }
}
