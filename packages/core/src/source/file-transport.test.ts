import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { readAll } from '../bytes/source.ts';
import { filePathOf } from './file-transport.ts';
import { upstreamSource } from './upstream.ts';

// What opening a file fails with: tests may run as the superuser, whom no permission stops.
let failure: Error | undefined;
vi.mock('#files', async (original) => {
  const files = await original<typeof import('#files')>();
  const read = (path: string, limit: number) => (failure ? Promise.reject(failure) : files.readRegular(path, limit));
  return { ...files, readRegular: read };
});

interface FileUrlCase {
  readonly url: string;
  readonly filePath?: string;
  readonly canonicalURL?: string;
  readonly wantErr?: string;
}

describeVectors<FileUrlCase>('file-url', (file) => {
  it.each(file.cases)('$url', ({ url, filePath, canonicalURL, wantErr }) => {
    if (wantErr !== undefined) {
      expect(() => filePathOf(new URL(url))).toThrow(wantErr);
      return;
    }
    expect(filePathOf(new URL(url))).toBe(filePath);
    expect(pathToFileURL(filePath ?? '').href).toBe(canonicalURL ?? url);
  });
});

/** A file tree on disk, removed when the test ends. */
async function tree(files: Readonly<Record<string, string>>): Promise<{ readonly root: string; readonly url: string }> {
  const root = await mkdtemp(join(tmpdir(), 'gomodkit-files-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
  return { root, url: pathToFileURL(root).href };
}

describe('file:// upstreams', () => {
  it('read the layout of the module cache (spec §10.23)', async () => {
    const { url } = await tree({
      'github.com/!x/y/@v/list': 'v1.0.0\nv0.0.0-20060102150405-abcdef123456\n',
      'github.com/!x/y/@v/v1.0.0.info': '{"Version":"v1.0.0"}',
      'github.com/!x/y/@v/v1.0.0.mod': 'module github.com/X/y\n',
      'github.com/!x/y/@v/v1.0.0.zip': 'zip',
      'sumdb/sum.golang.org/supported': '',
    });
    const source = upstreamSource(url);
    expect(await source.versions('github.com/X/y')).toEqual(['v1.0.0']);
    // There is no @latest file: the list decides (spec §4.13).
    expect(await source.resolve('github.com/X/y', 'latest')).toEqual({ version: 'v1.0.0' });
    expect(new TextDecoder().decode(await source.goMod('github.com/X/y', 'v1.0.0'))).toBe('module github.com/X/y\n');
    const { size, body } = await source.zip('github.com/X/y', 'v1.0.0');
    expect([size, (await readAll(body)).length]).toEqual([3, 3]);
    expect(await source.sumdb('sum.golang.org', 'supported')).toHaveLength(0);
  });

  it('take a missing file, or a file in the place of a directory, for "not there"', async () => {
    const { url } = await tree({ 'example.com': 'a file' });
    await expect(upstreamSource(url).versions('example.com/m')).rejects.toMatchObject({ code: 'not_found' });
    await expect(upstreamSource(`${url}/none`).versions('example.com/m')).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['EACCES', 'EPERM'])('take %s for denied (spec §10.23)', async (code) => {
    const { url } = await tree({});
    failure = Object.assign(new Error('/secret/place'), { code });
    onTestFinished(() => {
      failure = undefined;
    });
    const answer = upstreamSource(url).versions('example.com/m');
    await expect(answer).rejects.toMatchObject({ code: 'denied' });
    await expect(answer).rejects.toThrow(/^the versions of example\.com\/m: permission denied at file:\/\/…\/[^/]+$/);
  });

  it('refuse what is no file', async () => {
    const { url } = await tree({ 'example.com/m/@v/list/x': '' });
    await expect(upstreamSource(url).versions('example.com/m')).rejects.toMatchObject({ code: 'upstream_invalid' });
  });

  it('keep the limits, and local paths to themselves', async () => {
    const { root, url } = await tree({ 'example.com/m/@v/list': 'v1.0.0\n' });
    const source = upstreamSource(url, { limits: { list: 3 } });
    const error = await source.versions('example.com/m').catch((reason: Error) => reason);
    expect(error).toMatchObject({ code: 'limit_exceeded', data: { limit: 3 } });
    expect((error as Error).message).not.toContain(dirname(root));
    expect(upstreamSource(url, { name: 'the store' }).name).toBe('the store');
  });

  it('stop when the caller leaves', async () => {
    const { url } = await tree({ 'example.com/m/@v/v1.0.0.zip': 'x'.repeat(1 << 20) });
    const abort = new AbortController();
    const { body } = await upstreamSource(url).zip('example.com/m', 'v1.0.0', { signal: abort.signal });
    const reader = body.getReader();
    await reader.read();
    abort.abort(new Error('left'));
    await expect(reader.read()).rejects.toThrow('left');
    const again = upstreamSource(url).versions('example.com/m', { signal: abort.signal });
    await expect(again).rejects.toThrow('left');
  });

  it.each(['file://host.example.com/x', 'file:///x?y=z', 'file:///x#y', 'file:///x%2Fy'])('refuse %s', (url) => {
    expect(() => upstreamSource(url)).toThrow('file URL');
  });
});
