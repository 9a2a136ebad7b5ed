// `direct` on the command line, as users of unmodified go commands meet it: `gomodkit serve --upstream direct` and `gomodkit capture`, over
// repositories on this machine.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { startTestProxy } from '@gomodkit/testing';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { buildRecipes } from '../packages/core/test/git/recipes.ts';
import { type GitServer, type GitServerOptions, startGitServer } from '../packages/core/test/git/server.ts';
import { describeWithGo, type Go, goWith, jsonObjects } from './support/go.ts';
import { gomodkit, type ServerProgram, serve } from './support/program.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-command-line-'));
const root = join(scratch, 'root');
const addresses = 'https://example.com/';
beforeAll(() => buildRecipes(['plain', 'layouts', 'history', 'content'], root));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const project = {
  'go.mod': 'module example.com/project\n\ngo 1.21\n',
  'main.go': [
    'package main',
    '',
    'import (',
    '\t_ "example.com/layouts.git/sub"',
    '\t_ "example.com/layouts.git/v2"',
    '\t_ "example.com/plain.git"',
    ')',
    '',
    'func main() { println("built from repositories") }',
    '',
  ].join('\n'),
};

/** Options that keep a run apart from others. */
function fresh(...more: readonly string[]): string[] {
  const place = mkdtempSync(join(scratch, 'run-'));
  return ['--storage', join(place, 'modules'), '--git-cache', join(place, 'git'), ...more];
}

const rewrite = (to: string): string[] => ['--git-rewrite', `${addresses}=${to}`];

function environment(more: Readonly<Record<string, string>> = {}): Record<string, string> {
  const home = mkdtempSync(join(scratch, 'home-'));
  const own = { HOME: home, GOENV: 'off', GOAUTH: 'netrc', GOSUMDB: 'off', GOPROXY: '', GOPRIVATE: '' };
  return { PATH: process.env.PATH ?? '', ...own, ...more };
}

async function serving(args: readonly string[], env = environment()): Promise<ServerProgram> {
  const server = await serve(args, { env });
  onTestFinished(() => server.close());
  return server;
}

async function gitServer(options?: GitServerOptions): Promise<GitServer> {
  const server = await startGitServer(root, options);
  onTestFinished(() => server.close());
  return server;
}

async function goOf(proxy: string, variables: Readonly<Record<string, string>> = {}): Promise<Go> {
  const go = await goWith(proxy, project, variables);
  onTestFinished(() => go.close());
  return go;
}

/** A go command that reads the repositories itself. */
async function goDirect(): Promise<Go> {
  const config = join(scratch, 'gitconfig');
  writeFileSync(config, `[url "${pathToFileURL(root).href}/"]\n\tinsteadOf = ${addresses}\n`);
  return goOf('direct', { GIT_CONFIG_GLOBAL: config, GIT_CONFIG_NOSYSTEM: '1', GOVCS: '*:git' });
}

/** A PATH with nothing but go. */
function pathWithoutGit(): string {
  const directory = mkdtempSync(join(scratch, 'bin-'));
  return directory;
}

describeWithGo('gomodkit serve --upstream direct', () => {
  it.each(['git', 'isomorphic'])(
    'builds a project of several modules from nothing, as go alone does: %s',
    async (engine) => {
      const to = engine === 'git' ? `${root}/` : `${(await gitServer()).url}/`;
      const options = ['--upstream', 'direct', '--git-engine', engine, ...rewrite(to)];
      const server = await serving(fresh(...options));
      expect(server.stdout).toContain(engine === 'git' ? 'the git program' : 'isomorphic-git');
      const [ours, alone] = [await goOf(server.url), await goDirect()];
      for (const go of [ours, alone]) {
        await go.run('get', './...');
        await go.run('build', '-o', 'program', '.');
      }
      expect(await ours.exec('./program')).toBe('built from repositories\n');
      expect(await ours.read('go.sum')).toBe(await alone.read('go.sum'));
      expect(await ours.read('go.mod')).toBe(await alone.read('go.mod'));
    },
    120_000,
  );

  it('answers queries as the repository itself does', async () => {
    const server = await serving(fresh('--upstream', 'direct', ...rewrite(`${root}/`)));
    const [ours, alone] = [await goOf(server.url), await goDirect()];
    const queries = [
      'plain.git@latest',
      'plain.git@main',
      'plain.git@v0',
      'history.git@side',
      'layouts.git/v3@v3.1.0-beta',
    ];
    const names = queries.map((query) => `example.com/${query}`);
    const answers = async (go: Go): Promise<unknown[]> => {
      const { stdout } = await go.run('mod', 'download', '-json', ...names);
      return jsonObjects(stdout).map(({ GoModSum, Path, Sum, Version }) => ({ GoModSum, Path, Sum, Version }));
    };
    expect(await answers(ours)).toEqual(await answers(alone));
    const lists = async (go: Go) => (await go.run('list', '-m', '-versions', 'example.com/plain.git')).stdout;
    expect(await lists(ours)).toBe(await lists(alone));
  }, 60_000);

  it('asks no proxy for what is private, and the repository for it', async () => {
    const proxy = await startTestProxy({
      modules: { 'example.org/open@v1.0.0': { files: { 'go.mod': 'module example.org/open\n' } } },
    });
    onTestFinished(() => proxy.close());
    const server = await serving(fresh('--upstream', proxy.url, '--private', 'example.com', ...rewrite(`${root}/`)));
    const go = await goOf(server.url);
    await go.run('mod', 'download', 'example.com/plain.git@v1.0.0', 'example.org/open@v1.0.0');
    expect(proxy.requests.list({ module: 'example.com/plain.git' })).toEqual([]);
    expect(proxy.requests.list({ module: 'example.org/open' })).not.toEqual([]);
  }, 60_000);

  it.each(['git', 'isomorphic'])(
    'takes credentials from netrc, and shows none: %s',
    async (engine) => {
      const origin = await gitServer({ auth: { username: 'me', password: 'secret-word' } });
      const env = environment();
      const netrc = join(env.HOME ?? '', '.netrc');
      writeFileSync(netrc, `machine 127.0.0.1:${origin.port} login me password secret-word\n`);
      chmodSync(netrc, 0o600);
      const options = [
        '--upstream',
        'direct',
        '--git-engine',
        engine,
        '--log-level',
        'debug',
        ...rewrite(`${origin.url}/`),
      ];
      const server = await serving(fresh(...options), env);
      const go = await goOf(server.url);
      await go.run('mod', 'download', 'example.com/plain.git@v1.0.0');
      expect(origin.requests.some(({ headers }) => headers.authorization !== undefined)).toBe(true);
      expect(server.stdout + server.stderr).not.toMatch(/secret-word|bWU6c2VjcmV0/);
    },
    60_000,
  );
});

describe('what gomodkit says where a repository cannot be read', () => {
  const refused = async (args: readonly string[], module = 'example.com/plain.git@v1.0.0', env = environment()) => {
    const result = await gomodkit(['capture', module, '--upstream', 'direct', ...fresh(...args)], { env });
    expect(result.code).not.toBe(0);
    return result.stdout + result.stderr;
  };

  it('a host that is not there', async () => {
    const said = await refused(['--git-rewrite', 'https://example.com/=https://nowhere.invalid/']);
    expect(said).toMatch(/example\.com\/plain/);
    expect(said).toMatch(/nowhere\.invalid|resolve|ENOTFOUND|not be found/);
  }, 60_000);

  it.each([
    [401, /credentials|401/],
    [403, /403/],
    [404, /there is no repository/],
    [500, /500/],
  ])(
    'a server that answers %i',
    async (status, says) => {
      const behaviour: GitServerOptions['behaviour'] = ({ response }) => {
        response.writeHead(status, { 'WWW-Authenticate': 'Basic realm="x"' }).end('no\n');
      };
      const said = await refused(rewrite(`${(await gitServer({ behaviour })).url}/`));
      expect(said).toMatch(/example\.com\/plain/);
      expect(said).toMatch(says);
      expect(said).not.toMatch(/at .*\.ts:\d+/);
    },
    60_000,
  );

  it('a version that is not there', async () => {
    expect(await refused(rewrite(`${root}/`), 'example.com/plain.git@v7.0.0')).toMatch(/unknown revision v7\.0\.0/);
  }, 60_000);

  it('no git program', async () => {
    const env = environment({ PATH: pathWithoutGit() });
    const said = await refused(['--git-engine', 'git', ...rewrite(`${root}/`)], undefined, env);
    expect(said).toMatch(/git/);
    expect(said).toMatch(/PATH|not found|isomorphic/);
  }, 60_000);

  it.each([
    [['--git-engine', 'jgit'], /jgit/],
    [['--git-rewrite', 'nonsense'], /a git rewrite is FROM=TO/],
  ])('wrong use: %s', async (args, says) => {
    const { code, stderr } = await gomodkit([
      'capture',
      'example.com/plain.git@v1.0.0',
      '--upstream',
      'direct',
      ...fresh(...args),
    ]);
    expect([code, stderr]).toEqual([2, expect.stringMatching(says)]);
  });
});

describe('gomodkit capture', () => {
  it('goes on with direct where a proxy does not have a module', async () => {
    const proxy = await startTestProxy({ modules: {} });
    onTestFinished(() => proxy.close());
    const options = fresh('--upstream', `${proxy.url},direct`, ...rewrite(`${root}/`));
    const { code, stdout, stderr } = await gomodkit(['capture', 'example.com/plain.git@latest', ...options], {
      env: environment(),
    });
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining('1 ')]);
    expect(proxy.requests.list({ module: 'example.com/plain.git' })).not.toEqual([]);
  }, 60_000);

  it('reads repositories without a git program', async () => {
    const server = await gitServer();
    const env = environment({ PATH: pathWithoutGit() });
    const options = fresh('--upstream', 'direct', ...rewrite(`${server.url}/`));
    const { code, stdout, stderr } = await gomodkit(['capture', 'example.com/content.git/own@v0.1.0', ...options], {
      env,
    });
    expect([code, stdout + stderr]).toEqual([0, expect.stringContaining('1 ')]);
  }, 60_000);

  it('takes settings from the configuration file', async () => {
    const place = mkdtempSync(join(scratch, 'config-'));
    mkdirSync(place, { recursive: true });
    const config = {
      upstream: 'direct',
      storage: 'modules',
      gitEngine: 'git',
      gitCache: 'copies',
      gitRewrites: [{ from: addresses, to: `${root}/` }],
    };
    writeFileSync(join(place, 'gomodkit.config.json'), JSON.stringify(config));
    const { code } = await gomodkit(['capture', 'example.com/plain.git@v1.0.0'], { cwd: place, env: environment() });
    expect(code).toBe(0);
  }, 60_000);
});
