// What `gitSource` makes of the user's word about hosts: rewrites, private and insecure paths.

import { mkdtempSync, rmSync } from 'node:fs';
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

describe('rewrites', () => {
  it('that lead nowhere are refused, without saying what may be secret', () => {
    const rewrites = [{ from: 'https://git.example/', to: 'ftp://user:password@mirror.example/' }];
    const make = () => gitSource({ cache: scratch, rewrites });
    expect(make).toThrow('git rewrite of "https://git.example/"');
    expect(make).not.toThrow('password');
  });
});
