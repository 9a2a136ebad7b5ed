// Random repositories, out and in again.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { check } from '../module/index.ts';
import type { MemoryModule } from '../source/memory.ts';
import { storedContents } from './contents.ts';
import { bundleOf, objectsOf, placeOf, receive } from './testdata/bundles.ts';

const element = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9_-]{0,9}$/);
const path = fc.array(element, { minLength: 1, maxLength: 12 }).map((parts) => `example.com/${parts.join('/')}`);
const version = fc.oneof(
  fc.tuple(fc.nat(1), fc.nat(30), fc.nat(30)).map((numbers) => `v${numbers.join('.')}`),
  fc
    .tuple(fc.nat(1), fc.nat(30), fc.constantFrom('rc.1', 'RC', 'a-b', '0'))
    .map(([a, b, pre]) => `v${a}.${b}.0-${pre}`),
  fc.nat(9).map((n) => `v2.${n}.0+incompatible`),
  fc.integer({ min: 10, max: 59 }).map((n) => `v0.0.0-202401010000${n}-abcdefabcdef`),
);
const content = fc.oneof(fc.string({ unit: 'binary' }), fc.uint8Array({ maxLength: 3000 }));
const valid = (modulePath: string, moduleVersion: string): boolean => {
  try {
    check(modulePath, moduleVersion);
    return true;
  } catch {
    return false;
  }
};
const modules = fc.array(
  fc
    .tuple(path, version, content, fc.boolean())
    .filter(([modulePath, moduleVersion]) => valid(modulePath, moduleVersion)),
  { minLength: 1, maxLength: 8 },
);

it('a bundle of any repository makes the same repository', async () => {
  const runs = process.env.GOMODKIT_TEST_SCALE === 'full' ? 1000 : 40;
  await fc.assert(
    fc.asyncProperty(modules, fc.integer({ min: 1, max: 5000 }), async (list, piece) => {
      const catalogue: Record<string, MemoryModule> = {};
      for (const [modulePath, moduleVersion, file] of list) {
        const goMod = moduleVersion.includes('+') ? {} : { 'go.mod': `module ${modulePath}\n` };
        catalogue[`${modulePath}@${moduleVersion}`] = { files: { ...goMod, 'x.txt': file } };
      }
      const place = await placeOf(catalogue);
      for (const [modulePath, moduleVersion, , zip] of list) {
        await place.repository.goMod(modulePath, moduleVersion);
        if (zip) await place.repository.zip(modulePath, moduleVersion);
      }
      const bytes = await bundleOf(place, { contents: await storedContents(place.storage) });
      const report = await receive(bytes, {}, piece);
      expect(report).toMatchObject({ refused: [], present: 0 });
      expect(await objectsOf(report.storage)).toEqual(await objectsOf(place.storage));
      const again = await placeOf({}, undefined, report.storage);
      expect(await bundleOf(again, { contents: await storedContents(report.storage) })).toEqual(bytes);
    }),
    { numRuns: runs },
  );
});
