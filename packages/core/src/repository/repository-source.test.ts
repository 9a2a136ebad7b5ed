import { describe, expect, it } from 'vitest';
import { readAll } from '../bytes/source.ts';
import { decodeUtf8 } from '../bytes/utf8.ts';
import { loadGraphOf } from '../graph/index.ts';
import { memorySource } from '../source/memory.ts';
import type { ModuleSource } from '../source/source.ts';
import { memoryStorage } from '../storage/memory.ts';
import { createRepository } from './create-repository.ts';
import type { Repository } from './repository.ts';
import { repositorySource } from './repository-source.ts';
import { keysOf } from './testdata/fixture.ts';

const path = 'example.com/m';
const version = 'v1.0.0';
const Hash = 'a'.repeat(40);
const upstream = memorySource({
  [`${path}@${version}`]: { files: { 'go.mod': `module ${path}\n`, 'm.go': 'package m\n' }, origin: { Hash } },
  [`${path}@v1.1.0`]: { files: { 'go.mod': `module ${path}\n` }, branches: ['main'] },
});

describe('a repository as a source', () => {
  it('feeds another repository, and both keep what passes', async () => {
    const [first, second] = [memoryStorage(), memoryStorage()];
    const shared = createRepository({ storage: first, source: upstream });
    const cache = createRepository({ storage: second, source: repositorySource(shared) });
    await cache.zip(path, version);
    expect(await cache.versions(path)).toEqual([version, 'v1.1.0']);
    expect((await cache.latest(path)).info.version).toBe('v1.1.0');
    expect((await cache.info(path, 'main')).info.version).toBe('v1.1.0');
    expect(await keysOf(second)).toEqual(await keysOf(first));
    expect(await keysOf(second)).toContain('example.com/m/@v/v1.0.0.zip');
  });

  it('says that something is not there where the repository is offline and has it not', async () => {
    const source = repositorySource(createRepository({ storage: memoryStorage(), offline: true }));
    for (const asked of [
      source.resolve(path, 'latest'),
      source.resolve(path, version),
      source.goMod(path, version),
      source.zip(path, version),
    ])
      await expect(asked).rejects.toMatchObject({ code: 'not_found' });
  });

  it('gives the commit that is asked for, or a conflict', async () => {
    const source = repositorySource(createRepository({ storage: memoryStorage(), source: upstream }));
    expect(decodeUtf8(await source.goMod(path, version, { origin: { Hash } }))).toBe(`module ${path}\n`);
    const other = { origin: { Hash: 'b'.repeat(40) } };
    await expect(source.goMod(path, version, other)).rejects.toMatchObject({ code: 'conflict' });
    await expect(source.zip(path, version, other)).rejects.toMatchObject({ code: 'conflict' });
  });

  it('lets the go.mod of a denied version through, and nothing else of it', async () => {
    const repository = createRepository({
      storage: memoryStorage(),
      source: upstream,
      policy: () => ({ allow: false, policy: 'none', reason: 'closed' }),
    });
    const source = repositorySource(repository);
    expect(await source.goMod(path, version, { origin: { Hash } })).toHaveLength(21);
    await expect(source.zip(path, version)).rejects.toMatchObject({ code: 'denied' });
  });

  it('captures a zip again that retention removed a moment ago', async () => {
    const storage = memoryStorage();
    const repository = createRepository({ storage, source: upstream });
    await repository.zip(path, version);
    await repository.zip(path, version); // now remembered
    await storage.delete?.('example.com/m/@v/v1.0.0.zip');
    const { size, body } = await repositorySource(repository).zip(path, version);
    expect(await readAll(body)).toHaveLength(size ?? -1);
  });
});

it('a repository is itself a source of module graphs', async () => {
  const source = memorySource({
    [`${path}@${version}`]: { files: { 'go.mod': `module ${path}\n\ngo 1.21\n\nrequire example.com/a v1.0.0\n` } },
    'example.com/a@v1.0.0': { files: { 'go.mod': 'module example.com/a\n\ngo 1.21\n' } },
  });
  const repository = createRepository({ storage: memoryStorage(), source });
  const list = async (from: Repository | ModuleSource): Promise<string[]> =>
    (await loadGraphOf({ path, version }, { source: from })).buildList.map((each) => `${each.path}@${each.version}`);
  expect(await list(repository)).toEqual(await list(source));
  expect(await list(repository)).toContain('example.com/a@v1.0.0');
});
