import { expect, it } from 'vitest';
import { bytesSource } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { hashGoMod } from '../dirhash/index.ts';
import { memoryStorage } from '../storage/memory.ts';
import { storedSums } from './stored-sums.ts';

it('says the sums of what is stored, bound and hashed', async () => {
  const storage = memoryStorage();
  const put = (key: string, text: string) => storage.create(key, bytesSource(encodeUtf8(text)));
  const goMod = 'module example.com/M\n';
  await put('example.com/!m/@v/v1.0.0.mod', goMod);
  await put('example.com/!m/@v/v1.0.0.info', '{"Version":"v1.0.0"}');
  await put('example.com/!m/@v/v1.0.0.ziphash', 'h1:bound=\n');
  await put('example.com/!m/@v/v1.1.0.mod', goMod);
  await put('example.com/!m/@v/v1.1.0.info', '{"Version":"v1.1.0"}');
  await put('example.com/!m/@v/v1.2.0.mod', goMod);
  await put('example.com/other/@v/v1.0.0.info', '{"Version":"v1.0.0"}');
  const sum = hashGoMod(encodeUtf8(goMod));
  const all: unknown[] = [];
  for await (const each of storedSums(storage)) all.push(each);
  expect(all).toEqual([
    { path: 'example.com/M', version: 'v1.0.0', sums: { zip: 'h1:bound=', goMod: sum } },
    { path: 'example.com/M', version: 'v1.1.0', sums: { zip: undefined, goMod: sum } },
    { path: 'example.com/other', version: 'v1.0.0', sums: { zip: undefined, goMod: undefined } },
  ]);
});
