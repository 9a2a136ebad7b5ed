import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadConfig } from './config.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'gomodkit-config-'));
});
afterEach(() => rm(directory, { recursive: true }));

const write = (name: string, text: string): Promise<void> => writeFile(join(directory, name), text);

test('without a file everything has its default', async () => {
  expect(await loadConfig(undefined, directory)).toEqual({ config: {} });
});

test('TypeScript, JavaScript and JSON are read', async () => {
  await write('gomodkit.config.json', '{ "listen": ":1" }');
  expect((await loadConfig(undefined, directory)).config.listen).toBe(':1');
  await write('gomodkit.config.ts', 'export default { listen: ":2" as string };');
  expect(await loadConfig(undefined, directory)).toEqual({ config: { listen: ':2' }, file: 'gomodkit.config.ts' });
  await write('other.mjs', 'export default { offline: true };');
  expect((await loadConfig('other.mjs', directory)).config).toEqual({ offline: true });
});

test('a configuration may import gomodkit and its core wherever it lies', async () => {
  const imports = `import { defineConfig } from 'gomodkit';\nimport { memoryStorage } from '@gomodkit/core/storage';\n`;
  await write('gomodkit.config.ts', `${imports}export default defineConfig({ storage: memoryStorage() });`);
  const { config } = await loadConfig(undefined, directory);
  expect(config.storage).toHaveProperty('create');
});

test.each([
  ['absent.json', undefined, /does not exist/],
  ['bad.json', '{', /cannot be read/],
  ['list.json', '[]', /does not export an object/],
  ['typo.json', '{ "lisen": ":1" }', /unknown lisen; known are listen, storage/],
  ['text.json', '{ "offline": "false" }', /offline is no boolean/],
  ['number.json', '{ "upstream": 5 }', /upstream is no string or object/],
  ['null.json', '{ "storage": null }', /storage is no string or object/],
  ['throws.ts', 'throw new Error("boom")', /boom/],
])('%s is refused', async (name, text, message) => {
  if (text !== undefined) await write(name, text);
  await expect(loadConfig(name, directory)).rejects.toThrow(message);
});
