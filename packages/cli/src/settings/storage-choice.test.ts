import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { openStorage } from './storage-choice.ts';

test('a path is a directory below the working directory', () => {
  expect(openStorage('./modules', '/srv').name).toBe(resolve('/srv/modules'));
});

test('file: URLs and memory: name storages', async () => {
  expect(openStorage('file:///srv/my%20modules', '/').name).toBe('/srv/my modules');
  expect(await openStorage('memory:', '/').storage.list()).toEqual({ objects: [], more: false });
});

test.each(['s3://bucket/prefix', 'gs://bucket', 'redis:x'])('%s is refused with what there is', (url) => {
  expect(() => openStorage(url, '/')).toThrow(/file:, memory:/);
});
