import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { tempDirectory } from '@gomodkit/testing';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { checkOutput, openBundle, writeBundle } from './files.ts';

let place: Awaited<ReturnType<typeof tempDirectory>>;
const at = (name: string): string => join(place.path, name);
const { signal } = new AbortController();
const streamOf = (text: string): ReadableStream<Uint8Array> => new Blob([text]).stream();

beforeEach(async () => {
  place = await tempDirectory({ file: 'x' });
  await mkdir(at('folder'));
  await symlink('/dev/null', at('device'));
});
afterEach(() => place.close());

test.each(['-', 'new', 'file'])('a bundle can be written to %s', async (name) => {
  await checkOutput(name === '-' ? '-' : at(name));
});

test.each([
  ['nowhere/new', 'there is no directory'],
  ['file/new', 'there is no directory'],
  ['folder', 'is no file'],
  ['device', 'is no file'],
])('before any work, %s is refused as a bundle to write', async (name, message) => {
  await expect(checkOutput(at(name))).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining(message),
  });
});

test.each([
  ['none', 'does not exist'],
  ['folder', 'is a directory: a bundle that is unpacked needs no import'],
])('%s is no bundle to read', async (name, message) => {
  await expect(openBundle(at(name))).rejects.toMatchObject({
    code: 'invalid_argument',
    message: expect.stringContaining(message),
  });
});

test('a bundle that is written can be read', async () => {
  expect(await writeBundle(streamOf('bundle'), at('new'), signal)).toBe(6);
  expect(await new Response(await openBundle(at('new'))).text()).toBe('bundle');
});

test('what cannot be written says why, in a sentence, and leaves nothing', async () => {
  await expect(writeBundle(streamOf('bundle'), at('nowhere/new'), signal)).rejects.toMatchObject({
    code: 'storage_unavailable',
    message: expect.stringMatching(/^the bundle cannot be written to .*new: ENOENT/),
  });
  await writeFile(at('kept'), 'before');
  const failing = new ReadableStream({ pull: (controller) => controller.error(new Error('the source is at fault')) });
  await expect(writeBundle(failing, at('kept'), signal)).rejects.toThrow('the source is at fault');
  expect(await new Response(await openBundle(at('kept'))).text()).toBe('before');
  expect((await readdir(place.path)).sort()).toEqual(['device', 'file', 'folder', 'kept']);
});
