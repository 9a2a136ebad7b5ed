// What a source over repositories does besides Go's rules: pins, other version control, open repositories, moved tags.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { localRepositories } from '../../../test/git/local-repositories.ts';
import { buildRecipe } from '../../../test/git/recipes.ts';
import { readAll } from '../../bytes/source.ts';
import type { RepositoryKind } from '../discovery/index.ts';
import { networkGuard } from '../network-guard.ts';
import type { GitRepository } from './engine.ts';
import { moduleSource } from './module-source.ts';

const path = 'example.com/plain.git';
let directory = '';
beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'gomodkit-module-source-'));
  await buildRecipe('plain', join(directory, 'plain'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', join(directory, 'plain'), ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .trim();

/** A source, and how many repositories and archives it holds open. */
function open({ kind = 'git', url = 'https://example.com/plain' }: { kind?: RepositoryKind; url?: string } = {}) {
  const held = { repositories: 0, archives: 0 };
  const counts = { ancestors: 0 };
  const repositories = localRepositories(() => join(directory, 'plain'));
  const counted = async (...args: Parameters<typeof repositories.open>): Promise<GitRepository> => {
    const repository = await repositories.open(...args);
    held.repositories++;
    let open = true;
    return {
      ...repository,
      ancestors(...what) {
        counts.ancestors++;
        return repository.ancestors(...what);
      },
      async archive(...what) {
        const archive = await repository.archive(...what);
        held.archives++;
        return { ...archive, close: async () => void held.archives-- };
      },
      async close() {
        if (open) held.repositories--;
        open = false;
      },
    };
  };
  const source = moduleSource({
    repositories: { ...repositories, open: counted },
    find: async () => ({ root: path, kind, url, subdirectory: '' }),
    remoteOf: (root) => ({ url: root.url, address: root.url }),
    proxies: {
      network: networkGuard(['goproxy.example']),
      fetch: async (target) =>
        new Response(target.endsWith('/@v/list') ? 'v1.5.0\n' : null, {
          status: target.endsWith('/@v/list') ? 200 : 404,
        }),
    },
  });
  return { source, held, counts };
}

describe('a pinned version', () => {
  it('keeps its commit when the tag moves, and is a conflict when the commit is gone', async () => {
    const { source } = open();
    const { origin } = await source.resolve(path, 'v1.0.0');
    const before = await readAll((await source.zip(path, 'v1.0.0', { origin })).body);
    git('tag', '-f', 'v1.0.0', 'main');
    expect(await readAll((await source.zip(path, 'v1.0.0', { origin })).body)).toEqual(before);
    expect((await source.resolve(path, 'v1.0.0')).origin?.Hash).not.toBe(origin?.Hash);
    const lost = { ...origin, Hash: 'f'.repeat(40) };
    for (const call of [source.goMod(path, 'v1.0.0', { origin: lost }), source.zip(path, 'v1.0.0', { origin: lost })]) {
      await expect(call).rejects.toMatchObject({ code: 'conflict', message: expect.stringContaining('does not have') });
    }
    for (const Hash of ['', 'HEAD', '--all', 'main', 'f'.repeat(41)]) {
      const odd = source.goMod(path, 'v1.0.0', { origin: { ...origin, Hash } });
      await expect(odd).rejects.toMatchObject({ code: 'conflict' });
    }
  });

  it('without a pin is what its name leads to, and nothing else', async () => {
    const { source } = open();
    await expect(source.goMod(path, 'v9.9.9')).rejects.toMatchObject({ code: 'not_found' });
    await expect(source.zip(path, 'v1.0.1-0.20200101000000-000000000000')).rejects.toMatchObject({ code: 'not_found' });
    expect(new TextDecoder().decode(await source.goMod(path, 'v1.0.0'))).toContain(`module ${path}`);
  });
});

describe('a tag that is called like a whole hash', () => {
  it('is not found by it, and hides no commit', async () => {
    const { source } = open();
    const [hash, other] = [git('rev-parse', 'main'), git('rev-parse', 'v1.0.0^{commit}')];
    git('tag', '1'.repeat(40), hash);
    git('tag', hash, other);
    git('tag', '2222222', other);
    await expect(source.resolve(path, '1'.repeat(40))).rejects.toMatchObject({ code: 'not_found' });
    expect((await source.resolve(path, hash)).origin?.Hash).toBe(hash);
    expect((await source.resolve(path, '2222222')).origin?.Hash).toBe(other);
  });
});

describe('a commit of a time that nobody can write', () => {
  it.each([253402300800, 99999999999999])('is no version: %i', async (time) => {
    const { source } = open();
    const made = execFileSync('git', ['-C', join(directory, 'plain'), 'hash-object', '-t', 'commit', '-w', '--stdin'], {
      input: `tree ${git('rev-parse', 'main^{tree}')}\nauthor a <a@b> 0 +0000\ncommitter a <a@b> ${time} +0000\n\nx\n`,
    });
    const hash = made.toString().trim();
    git('update-ref', 'refs/heads/late', hash);
    git('tag', 'v1.99.0', hash);
    for (const query of ['late', 'v1.99.0', hash.slice(0, 12)]) {
      const late = { code: 'not_found', message: expect.stringContaining('dated beyond the year 9999') };
      await expect(source.resolve(path, query)).rejects.toMatchObject(late);
    }
    await expect(source.goMod(path, 'v1.99.0')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('open repositories', () => {
  it('are closed after every answer and every refusal', async () => {
    const { source, held } = open();
    await source.versions(path);
    await source.resolve(path, 'latest');
    await source.goMod(path, 'v1.0.0');
    await source.resolve(path, 'nothing').catch(() => {});
    await source.zip(path, 'v7.0.0').catch(() => {});
    expect(held).toEqual({ repositories: 0, archives: 0 });
  });

  it('stay open with a zip until it is read, cancelled or aborted', async () => {
    const { source, held } = open();
    const { body } = await source.zip(path, 'v1.0.0');
    expect(held).toEqual({ repositories: 1, archives: 1 });
    await readAll(body);
    expect(held).toEqual({ repositories: 0, archives: 0 });
    await (await source.zip(path, 'v1.0.0')).body.cancel();
    expect(held).toEqual({ repositories: 0, archives: 0 });
    const controller = new AbortController();
    const aborted = await source.zip(path, 'v1.0.0', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(readAll(aborted.body)).rejects.toThrow('enough');
    expect(held).toEqual({ repositories: 0, archives: 0 });
  });
});

describe('what is no git repository', () => {
  it.each(['hg', 'svn', 'bzr', 'fossil'] as const)('%s is refused with a way out', async (kind) => {
    const { source } = open({ kind });
    for (const call of [source.versions(path), source.resolve(path, 'latest'), source.zip(path, 'v1.0.0')]) {
      await expect(call).rejects.toMatchObject({
        code: 'unsupported',
        message: expect.stringContaining(`${kind}, which is not supported: use an upstream`),
      });
    }
  });

  it('mod is asked as a proxy', async () => {
    const { source } = open({ kind: 'mod', url: 'https://goproxy.example' });
    expect(await source.versions(path)).toEqual(['v1.5.0']);
    const check = source.checkOrigin({ path, version: 'v1.5.0' }, { Hash: 'f'.repeat(40) });
    await expect(check).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('checkOrigin', () => {
  const captured = async () => {
    const { source } = open();
    const { origin = {} } = await source.resolve(path, 'v1.0.0');
    return {
      source,
      origin,
      check: (options = {}) => source.checkOrigin({ path, version: 'v1.0.0' }, origin, options),
    };
  };
  const ref = 'refs/tags/v1.0.0';

  it('tells unchanged from moved from deleted tags', async () => {
    const { check } = await captured();
    expect(await check()).toEqual({ status: 'unchanged', ref });
    git('tag', '-f', 'v1.0.0', 'main');
    expect(await check()).toEqual({ status: 'moved', ref, hash: git('rev-parse', 'main') });
    git('tag', '-d', 'v1.0.0');
    expect(await check()).toEqual({ status: 'deleted', ref });
  });

  it('names the files that differ on request', async () => {
    const { check } = await captured();
    git('tag', '-f', 'v1.0.0', 'main');
    const added = ['four.go', 'three.go'];
    expect(await check({ differences: true })).toMatchObject({ difference: { added, removed: [], changed: [] } });
    git('tag', '-f', 'v1.0.0', 'v0.1.0');
    const { difference } = await check({ differences: true });
    expect(difference).toEqual({ added: [], removed: ['two.go'], changed: [] });
  });

  it('asks of a commit whether anything leads there', async () => {
    const { source } = open();
    const { version, origin = {} } = await source.resolve(path, 'main');
    const check = () => source.checkOrigin({ path, version }, origin);
    expect(await check()).toEqual({ status: 'unchanged' });
    git('update-ref', 'refs/heads/main', 'v1.0.0^{commit}');
    expect(await check()).toEqual({ status: 'deleted' });
  });

  it('looks at no tag by itself that lies behind a branch', async () => {
    const { source, counts } = open();
    const [old = ''] = git('rev-list', 'main').split('\n').slice(-1);
    for (const hash of git('rev-list', 'main').split('\n')) git('tag', `x${hash}`, hash);
    git('tag', 'blob', git('rev-parse', 'main:go.mod'));
    const branches = new Set(git('for-each-ref', '--format=%(objectname)', 'refs/heads').split('\n'));
    const version = 'v0.0.0-20200101000000-ffffffffffff';
    const check = (Hash: string) => source.checkOrigin({ path, version }, { Hash });
    expect(await check('f'.repeat(40))).toEqual({ status: 'deleted' });
    expect(counts.ancestors).toBeLessThanOrEqual(branches.size + 1);
    expect(await check(old)).toEqual({ status: 'unchanged' });
  });

  it('compares nothing with what is no commit of git', async () => {
    const { check, origin, source } = await captured();
    expect(await check()).toMatchObject({ status: 'unchanged' });
    const others = [
      { ...origin, VCS: 'hg' },
      ...['', 'main', '--all', `${origin.Hash}`.slice(0, 12), `${origin.Hash}`.toUpperCase()].map((Hash) => ({
        ...origin,
        Hash,
      })),
    ];
    for (const other of others) {
      for (const version of ['v1.0.0', 'v0.0.0-20200101000000-ffffffffffff']) {
        const odd = source.checkOrigin({ path, version }, other);
        await expect(odd).rejects.toMatchObject({ code: 'unsupported' });
      }
    }
  });
});
