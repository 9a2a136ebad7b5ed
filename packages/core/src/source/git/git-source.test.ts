// What `gitSource` makes of the user's word about hosts: rewrites, private and insecure paths.

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRecipe } from '../../../test/git/recipes.ts';
import { type GitServer, startGitServer } from '../../../test/git/server.ts';
import { suiteEngines } from '../../../test/git/suite-engines.ts';
import { createRepository } from '../../repository/index.ts';
import { memoryStorage } from '../../storage/index.ts';
import { type GitSourceOptions, gitSource } from './git-source.ts';

const scratch = mkdtempSync(join(tmpdir(), 'git-source-'));
let server: GitServer;
beforeAll(async () => {
  await buildRecipe('plain', join(scratch, 'served', 'plain'));
  server = await startGitServer(join(scratch, 'served'));
});
afterAll(async () => {
  await server.close();
  rmSync(scratch, { recursive: true, force: true });
});

describe.each(suiteEngines)('a path that says what it is, with the engine %s', (engine) => {
  const versions = async (options: Partial<GitSourceOptions>, path = `${new URL(server.url).host}/plain.git`) => {
    const source = gitSource({ cache: mkdtempSync(join(scratch, 'cache-')), engine, ...options });
    try {
      return await source.versions(path);
    } finally {
      await source.close();
    }
  };

  it('is found in places of the user alone, and over http only where that may be', async () => {
    expect(await versions({ insecure: '127.0.0.1:*' })).toContain('v1.0.0');
    const stranger = await versions({}).catch((error) => error);
    expect(stranger).toMatchObject({ code: 'upstream_invalid', message: expect.stringContaining('loopback address') });
    const secure = await versions({ private: '127.0.0.1:*' }).catch((error) => error);
    // Asked, but it speaks no TLS.
    expect(secure).toMatchObject({ code: 'upstream_unavailable' });
  });

  it('is where a rewrite says', async () => {
    const rewrites = [{ from: 'https://git.example/', to: `${server.url}/` }];
    expect(await versions({ rewrites }, 'git.example/plain.git')).toContain('v1.0.0');
  });
});

describe.each(suiteEngines)('a version whose zip is wanted, with the engine %s', (engine) => {
  it('comes with one request for objects', async () => {
    const source = gitSource({
      cache: mkdtempSync(join(scratch, 'cache-')),
      engine,
      rewrites: [{ from: 'https://git.example/', to: `${server.url}/` }],
    });
    const repository = createRepository({ storage: memoryStorage(), source, sumdb: 'off' });
    server.clear();
    expect((await repository.zip('git.example/plain.git', 'v1.0.0')).size).toBeGreaterThan(0);
    expect(server.requests.filter(({ stage }) => stage === 'pack').length).toBe(1);
    await repository.close();
    await source.close();
  });
});

it('a module that is one directory comes without what is large beside it, where git leaves that out', async () => {
  const directory = join(scratch, 'served', 'mono.git');
  const git = (args: readonly string[], input: Uint8Array | string = ''): void =>
    void execFileSync('git', ['--git-dir', directory, ...args], { input, stdio: ['pipe', 'ignore', 'ignore'] });
  git(['init', '-q', '--bare', '--initial-branch=main']);
  const file = (name: string, bytes: Uint8Array) => [`M 100644 inline ${name}\ndata ${bytes.length}\n`, bytes, '\n'];
  const stream = [
    'commit refs/heads/main\ncommitter A <a@example.com> 1600000000 +0000\ndata 0\n',
    ...file('d/go.mod', Buffer.from('module git.example/mono.git/d\n')),
    ...file('large', randomBytes(4 << 20)),
    'reset refs/tags/d/v1.0.0\nfrom refs/heads/main\n\n',
  ];
  git(['fast-import', '--quiet'], Buffer.concat(stream.map((part) => Buffer.from(part as Uint8Array))));
  const cache = mkdtempSync(join(scratch, 'cache-'));
  const rewrites = [{ from: 'https://git.example/', to: `${server.url}/` }];
  const source = gitSource({ cache, engine: 'git', rewrites });
  const repository = createRepository({ storage: memoryStorage(), source, sumdb: 'off' });
  expect((await repository.zip('git.example/mono.git/d', 'v1.0.0')).size).toBeLessThan(1000);
  await repository.close();
  await source.close();
  const kept = readdirSync(cache, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const bytes = kept.map(({ name, parentPath }) => statSync(join(parentPath, name)).size);
  expect(bytes.reduce((sum, size) => sum + size, 0)).toBeLessThan(1 << 20);
});

describe('rewrites', () => {
  it('that lead nowhere are refused, without saying what may be secret', () => {
    const rewrites = [{ from: 'https://git.example/', to: 'ftp://user:password@mirror.example/' }];
    const make = () => gitSource({ cache: scratch, rewrites });
    expect(make).toThrow('git rewrite of "https://git.example/"');
    expect(make).not.toThrow('password');
  });
});
