import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { verifyZip } from '../zip/index.ts';
import { directorySource } from './directory.ts';

/** A checkout whose files were all changed at the same moment. */
async function checkout(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await mkdtemp(join(tmpdir(), 'gomodkit-checkout-'));
  onTestFinished(() => rm(root, { recursive: true, force: true }));
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
    await utimes(join(root, path), 946684800.5, 946684800.5);
  }
  return root;
}

const files = { 'go.mod': 'module example.com/m/v2\n\ngo 1.24\n', 'm.go': 'package m\n' };
const path = 'example.com/m/v2';

describe('directorySource', () => {
  it('serves a given version', async () => {
    const source = directorySource(await checkout(files), { version: 'v2.1.0' });
    expect(await source.versions(path)).toEqual(['v2.1.0']);
    for (const query of ['latest', 'v2', 'v2.1', 'v2.1.0']) {
      expect(await source.resolve(path, query)).toEqual({ version: 'v2.1.0', time: '2000-01-01T00:00:00Z' });
    }
    expect(new TextDecoder().decode(await source.goMod(path, 'v2.1.0'))).toBe(files['go.mod']);
    const zip = await readAll((await source.zip(path, 'v2.1.0')).body);
    expect((await verifyZip({ path, version: 'v2.1.0' }, bytesSource(zip))).files).toBe(2);
  });

  it('makes a pseudo-version of its own, which follows the files', async () => {
    const root = await checkout(files);
    const source = directorySource(root);
    const first = await source.resolve(path, 'latest');
    expect(first.version).toMatch(/^v2\.0\.0-20000101000000-[0-9a-f]{12}$/);
    expect(await source.versions(path)).toEqual([]);
    expect(await source.resolve(path, 'latest')).toEqual(first);
    await utimes(join(root, 'm.go'), 978307200, 978307200);
    const second = await source.resolve(path, 'latest');
    expect(second.version).toMatch(/^v2\.0\.0-20010101000000-/);
    await expect(source.zip(path, first.version)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('serves a directory without go.mod under the path it is given', async () => {
    const source = directorySource(await checkout({ 'old.go': 'package old\n' }), { path: 'example.com/old' });
    const { version } = await source.resolve('example.com/old', 'latest');
    expect(new TextDecoder().decode(await source.goMod('example.com/old', version))).toBe('module example.com/old\n');
  });

  it('knows nothing else', async () => {
    const source = directorySource(await checkout(files), { version: 'v2.1.0' });
    await expect(source.versions('example.com/other')).rejects.toMatchObject({ code: 'not_found' });
    await expect(source.resolve(path, 'main')).rejects.toMatchObject({ code: 'not_found' });
    await expect(source.goMod(path, 'v2.1.1')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('says what is wrong with the directory or the version', async () => {
    const root = await checkout(files);
    const call = (directory: string, options = {}) => directorySource(directory, options).versions(path);
    await expect(call(join(root, 'none'), { path })).rejects.toMatchObject({ code: 'invalid_argument' });
    await expect(call(await checkout({}))).rejects.toThrow('option `path`');
    await expect(call(root, { version: 'v1.0.0' })).rejects.toMatchObject({ code: 'invalid_version' });
    await expect(call(root, { version: 'v2.0' })).rejects.toMatchObject({ code: 'invalid_version' });
  });
});
