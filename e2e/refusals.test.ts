// What people read when something is refused: the go command's own words around ours (protocol-cases, refusing; spec §10.4, §10.16).

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { beforeAll, expect, it } from 'vitest';
import { closeAfterAll } from './support/closing.ts';
import { describeWithGo, goWith } from './support/go.ts';
import { type ServerProgram, serve } from './support/program.ts';

const library = (path: string): { files: Record<string, string> } => ({
  files: { 'go.mod': `module ${path}\n\ngo 1.21\n`, 'p.go': 'package p\n' },
});
const paths = ['good', 'fresh', 'secret', 'forbidden', 'down', 'resets', 'prefix', 'differs', 'page', 'truncated'];
const modules = {
  ...Object.fromEntries(paths.map((name) => [`example.com/${name}@v1.0.0`, library(`example.com/${name}`)])),
  'example.com/fresh@v1.1.0': library('example.com/fresh'),
  'example.com/deep/a@v1.0.0': {
    files: { 'go.mod': 'module example.com/deep/a\n\ngo 1.21\n', 'b/c/p.go': 'package p\n' },
  },
};

const config = `
export default {
  policy: ({ path, version }) =>
    path === 'example.com/fresh' && version === 'v1.1.0'
      ? { allow: false, policy: 'cool-down', reason: 'too new to be trusted', until: new Date('2033-05-18T03:33:20Z') }
      : { allow: true },
  authorize: (request, { path }) =>
    path === 'example.com/secret' ? { allow: false, status: 401 }
    : path === 'example.com/forbidden' ? { allow: false, status: 403 }
    : { allow: true },
};
`;

describeWithGo('what the go command says', () => {
  const keep = closeAfterAll();
  let upstream: TestProxy;
  let other: TestProxy;
  let program: ServerProgram;
  let store: string;
  const servers = { online: '', offline: '' };

  beforeAll(async () => {
    upstream = keep(await startTestProxy({ modules }));
    other = keep(
      await startTestProxy({
        modules: { ...modules, 'example.com/elsewhere@v1.0.0': library('example.com/elsewhere') },
      }),
    );
    const wrongZip = new Uint8Array(
      await (await fetch(`${upstream.url}/example.com/good/@v/v1.0.0.zip`)).arrayBuffer(),
    );
    const about = (name: string): string => `example.com/${name}`;
    upstream.faults.add({ match: { module: about('down') }, status: 503, body: 'maintenance until noon\n' });
    upstream.faults.add({ match: { module: about('resets') }, reset: true });
    upstream.faults.add({ match: { module: about('prefix'), kind: 'zip' }, bytes: wrongZip });
    upstream.faults.add({ match: { module: about('differs'), kind: 'mod' }, bytes: 'module example.com/differs\n' });
    upstream.faults.add({ match: { module: about('page') }, bytes: '<!DOCTYPE html><title>Sign in</title>\n' });
    upstream.faults.add({ match: { module: about('truncated'), kind: 'zip' }, truncate: 50 });
    const directory = keep(await tempDirectory({ 'gomodkit.config.mjs': config }));
    const [online, offline] = await Promise.all([
      serve(['--upstream', upstream.url, '--storage', 'modules', '--log-level', 'debug'], { cwd: directory.path }),
      serve(['--storage', 'none', '--offline'], { cwd: directory.path }),
    ]);
    program = keep(online);
    store = join(directory.path, 'modules');
    servers.online = online.url;
    servers.offline = keep(offline).url;
  });

  const ask = async (list: string, command: string): Promise<{ code: number; said: string }> => {
    const go = await goWith(list, { 'go.mod': 'module example.com/project\n\ngo 1.21\n' });
    try {
      const { code, stdout, stderr } = await go.attempt(...command.split(' '));
      const said = (stdout + stderr).replaceAll(servers.online, 'HERE').replaceAll(servers.offline, 'HERE');
      return { code, said: said.replaceAll(upstream.url, 'UPSTREAM').replaceAll(go.env.GOMODCACHE ?? '', 'CACHE') };
    } finally {
      await go.close();
    }
  };

  const refused: readonly [what: string, command: string, says: string][] = [
    [
      'an unknown module',
      'get example.com/absent@v1.0.0',
      '404 Not Found\n\tserver response: not found: module example.com/absent: ',
    ],
    [
      'an unknown version',
      'get example.com/good@v1.9.0',
      '404 Not Found\n\tserver response: not found: example.com/good@v1.9.0: ',
    ],
    [
      'a denied version, with policy, reason and end',
      'get example.com/fresh@v1.1.0',
      'denied: example.com/fresh@v1.1.0 is refused by the policy cool-down: too new to be trusted (until 2033-05-18T03:33:20.000Z)',
    ],
    [
      'who is not signed in',
      'get example.com/secret',
      '401 Unauthorized\n\tserver response: unauthorized: this server needs credentials',
    ],
    [
      'who is not allowed',
      'get example.com/forbidden',
      '403 Forbidden\n\tserver response: forbidden: your credentials do not allow this',
    ],
    [
      'an upstream that is down',
      'get example.com/down@v1.0.0',
      '502 Bad Gateway\n\tserver response: UPSTREAM: reading example.com/down@v1.0.0: 503 Service Unavailable: maintenance until noon',
    ],
    [
      'an upstream that hangs up',
      'get example.com/resets@v1.0.0',
      'UPSTREAM: reading example.com/resets@v1.0.0: connection reset',
    ],
    [
      'an upstream that serves pages',
      'get example.com/page@v1.0.0',
      'UPSTREAM: the answer for example.com/page@v1.0.0 is not usable',
    ],
    [
      'a zip of another module',
      'get example.com/prefix@v1.0.0',
      'the zip of example.com/prefix@v1.0.0 breaks the rules of module zips:\n\texample.com/good@v1.0.0/go.mod: path does not have prefix "example.com/prefix@v1.0.0/"',
    ],
    [
      'a zip with another go.mod',
      'get example.com/differs@v1.0.0',
      'the go.mod in the zip of example.com/differs@v1.0.0 differs from the go.mod that is served for it',
    ],
    [
      'a truncated zip',
      'get example.com/truncated@v1.0.0',
      '502 Bad Gateway\n\tserver response: UPSTREAM: reading example.com/truncated@v1.0.0: ',
    ],
  ];

  it.each(refused)('refuses %s', async (_, command, says) => {
    const { code, said } = await ask(servers.online, command);
    expect(said).toContain(says);
    expect(code).toBe(1);
  });

  it('stores nothing of what it refuses', async () => {
    for (const name of ['prefix', 'differs', 'truncated', 'page', 'down', 'secret'])
      expect(await readdir(join(store, 'example.com', name, '@v')).catch(() => []), name).not.toContain('v1.0.0.zip');
  });

  it.each(['get example.com/good@v1.0.0', 'get example.com/good@main'])(
    'says that it is offline: %s',
    async (command) => {
      const { code, said } = await ask(servers.offline, command);
      expect(said).toMatch(/404 Not Found\n\tserver response: not found: .* offline$/m);
      expect(code).toBe(1);
    },
  );

  it('passes over a denied version when none is named', async () => {
    expect(await ask(servers.online, 'get example.com/fresh')).toMatchObject({
      code: 0,
      said: expect.stringContaining('added example.com/fresh v1.0.0'),
    });
    expect((await ask(servers.online, 'list -m -versions example.com/fresh')).said).toBe('example.com/fresh v1.0.0\n');
  });

  it('answers 404 for every path that is no module while a package is looked for', async () => {
    expect((await ask(servers.online, 'get example.com/deep/a/b/c@v1.0.0')).said).toContain(
      'added example.com/deep/a v1.0.0',
    );
    const lines = program.stderr
      .split('\n')
      .filter((line) => line.includes('"msg":"request"') && line.includes('/deep'));
    const statuses = new Map(
      lines.map((line) => [JSON.parse(line).target as string, JSON.parse(line).status as number]),
    );
    expect(statuses.get('/example.com/deep/a/b/c/@v/v1.0.0.info')).toBe(404);
    expect(statuses.get('/example.com/deep/a/b/@v/v1.0.0.info')).toBe(404);
    expect(statuses.get('/example.com/deep/a/@v/v1.0.0.info')).toBe(200);
    expect(new Set(statuses.values())).toEqual(new Set([200, 404]));
  });

  // Only 404 and 410 let it go on after a comma; anything does after a bar (spec §10.16).
  it.each([
    [',', 'elsewhere@v1.0.0', 0],
    [',', 'fresh@v1.1.0', 1],
    [',', 'secret@v1.0.0', 1],
    [',', 'down@v1.0.0', 1],
    [',', 'prefix@v1.0.0', 1],
    ['|', 'elsewhere@v1.0.0', 0],
    ['|', 'fresh@v1.1.0', 0],
    ['|', 'secret@v1.0.0', 0],
    ['|', 'down@v1.0.0', 0],
    ['|', 'prefix@v1.0.0', 0],
  ])('HERE%sOTHER with %s ends with exit code %i', async (separator, name, code) => {
    const result = await ask(`${servers.online}${separator}${other.url}`, `get example.com/${name}`);
    expect(result.code, result.said).toBe(code);
    expect(result.said).toContain(code === 0 ? 'added example.com/' : 'server response:');
  });
});
