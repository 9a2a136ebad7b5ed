import { describe, expect, it } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { verifyZip } from '../zip/index.ts';
import { memorySource } from './memory.ts';

const pseudo = 'v1.1.1-0.20200102030405-abcdef123456';
const source = memorySource({
  'example.com/m@v1.0.0': { files: { 'go.mod': 'module example.com/m\n', 'm.go': 'package m\n' } },
  'example.com/m@v1.1.0': {
    time: '2020-01-01T00:00:00Z',
    origin: { VCS: 'git', Hash: '1234567890abcdef' },
    branches: ['abcdef9-fix'],
  },
  'example.com/m@v1.2.0-rc.1': { goMod: 'module example.com/fork\n' },
  [`example.com/m@${pseudo}`]: { branches: ['main', 'feature/x'] },
  'example.com/old@v2.0.0+incompatible': { files: { 'old.go': 'package old\n' } },
  'example.com/untagged@v0.0.0-20200102030405-abcdef123456': {},
  'example.com/broken@v1.0.0': { zip: Uint8Array.of(1, 2, 3) },
});

describe('memorySource', () => {
  it('lists tagged versions only', async () => {
    expect(await source.versions('example.com/m')).toEqual(['v1.0.0', 'v1.1.0', 'v1.2.0-rc.1']);
    expect(await source.versions('example.com/untagged')).toEqual([]);
    await expect(source.versions('example.com/none')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    ['example.com/m', 'v1.0.0', 'v1.0.0'],
    ['example.com/m', 'latest', 'v1.1.0'],
    ['example.com/m', 'v1', 'v1.1.0'],
    ['example.com/m', 'v1.1', 'v1.1.0'],
    ['example.com/m', 'main', pseudo],
    ['example.com/m', 'feature/x', pseudo],
    ['example.com/m', 'abcdef1', pseudo],
    ['example.com/m', 'abcdef1234567890', pseudo],
    ['example.com/m', '1234567', 'v1.1.0'],
    ['example.com/untagged', 'latest', 'v0.0.0-20200102030405-abcdef123456'],
    ['example.com/old', 'latest', 'v2.0.0+incompatible'],
  ])('resolves %s@%s', async (path, query, version) => {
    expect((await source.resolve(path, query)).version).toBe(version);
  });

  it.each(['v1.0.1', 'v1.2', 'v2', 'dev', 'abcdef', 'ABCDEF1', 'abcdef9'])('knows no %s', async (query) => {
    await expect(source.resolve('example.com/m', query)).rejects.toThrow(`unknown revision ${query}`);
  });

  it('keeps time and origin', async () => {
    expect(await source.resolve('example.com/m', 'v1.1.0')).toEqual({
      version: 'v1.1.0',
      time: '2020-01-01T00:00:00Z',
      origin: { VCS: 'git', Hash: '1234567890abcdef' },
    });
  });

  it('makes zips that pass, with the go.mod that .mod answers', async () => {
    for (const [path, version, files] of [
      ['example.com/m', 'v1.0.0', 2],
      ['example.com/m', 'v1.2.0-rc.1', 1],
      ['example.com/old', 'v2.0.0+incompatible', 1],
    ] as const) {
      const zip = bytesSource(await readAll((await source.zip(path, version)).body));
      const verified = await verifyZip({ path, version }, zip);
      expect(verified.files).toBe(files);
      const goMod = await source.goMod(path, version);
      expect(verified.goMod ?? new TextEncoder().encode(`module ${path}\n`)).toEqual(goMod);
    }
  });

  it('serves a given zip as it is', async () => {
    const { size, body } = await source.zip('example.com/broken', 'v1.0.0');
    expect([size, await readAll(body)]).toEqual([3, Uint8Array.of(1, 2, 3)]);
  });

  it.each([
    ['example.com/m', 'invalid_version'],
    ['example.com/m@v1', 'invalid_version'],
    ['example.com/m@v2.0.0', 'invalid_version'],
    ['example.com/m@v1.0.0+meta', 'invalid_version'],
    ['nodots@v1.0.0', 'invalid_path'],
  ])('refuses the fixture %s', (name, code) => {
    expect(() => memorySource({ [name]: {} })).toThrow(expect.objectContaining({ code }));
  });

  it('refuses a time that is none, and minds its signal', async () => {
    expect(() => memorySource({ 'example.com/m@v1.0.0': { time: 'x' } })).toThrow('RFC 3339');
    const signal = AbortSignal.abort(new Error('left'));
    await expect(source.versions('example.com/m', { signal })).rejects.toThrow('left');
  });
});
