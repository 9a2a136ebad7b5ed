import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pack } from '../../test/pack.ts';
import { bytesSource, readAll } from '../bytes/source.ts';
import { hashZip } from '../dirhash/index.ts';
import { isGoModKitError } from '../errors/index.ts';
import { checkFiles, checkZip, createZip, openZip, sourceFile, verifyZip, type ZipSourceFile } from './index.ts';

const module = { path: 'example.com/m', version: 'v1.0.0' };
const prefix = 'example.com/m@v1.0.0/';

const element = fc.oneof(
  fc.constantFrom(
    'a',
    'A',
    'b.go',
    'go.mod',
    'vendor',
    'LICENSE',
    'é',
    'x y',
    'modules.txt',
    '__proto__',
    "it's",
    '..',
  ),
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }),
);
const path = fc.array(element, { minLength: 1, maxLength: 4 }).map((elements) => elements.join('/'));
const files: fc.Arbitrary<ZipSourceFile[]> = fc.array(
  fc.tuple(path, fc.uint8Array({ maxLength: 300 })).map(([name, bytes]) => sourceFile(name, bytes)),
  { maxLength: 12 },
);

/** The files of a list that are valid together. */
async function validOf(list: readonly ZipSourceFile[]): Promise<ZipSourceFile[]> {
  const { valid, invalid } = await checkFiles(list);
  const bad = new Set(invalid.map((problem) => problem.path));
  return list.filter((file) => valid.includes(file.path) && !bad.has(file.path));
}

async function refusalOf(call: Promise<unknown>): Promise<string | undefined> {
  try {
    await call;
    return undefined;
  } catch (error) {
    if (!isGoModKitError(error)) throw error;
    return error.code;
  }
}

describe('properties', () => {
  it('every file is accounted for exactly once', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (list) => {
        const { valid, omitted, invalid } = await checkFiles(list);
        const reported = [...omitted, ...invalid].map((problem) => problem.path);
        expect(new Set(reported).size).toBe(reported.length);
        for (const file of list) expect(valid.includes(file.path) || reported.includes(file.path)).toBe(true);
      }),
      { numRuns: 300 },
    );
  });

  it('what createZip makes, verifyZip accepts, with the same files', async () => {
    await fc.assert(
      fc.asyncProperty(files, async (list) => {
        const valid = await validOf(list);
        const zip = bytesSource(await readAll(createZip(module, valid)));
        const { entries } = await openZip(zip);
        const verified = await verifyZip(module, zip);
        const included = (await checkFiles(valid)).valid;
        expect(entries.map(({ name }) => name)).toEqual(included.map((name) => prefix + name));
        expect(verified.files).toBe(included.length);
        expect((await checkZip(module, zip)).invalid).toEqual([]);
      }),
      { numRuns: 300 },
    );
  });

  it('h1 depends on names and contents alone: not on order, compression or layout', async () => {
    const entries = fc.uniqueArray(fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 200 })), {
      selector: ([n]) => n,
      maxLength: 8,
    });
    const layouts = fc.infiniteStream(
      fc.record({ method: fc.constantFrom(0, 8), comment: fc.string(), key: fc.nat() }),
    );
    await fc.assert(
      fc.asyncProperty(entries, layouts, async (list, layout) => {
        const plain = list.map(([n, content]) => ({ name: `${prefix}f${n}`, content }));
        const other = plain
          .map((entry) => ({ entry, ...(layout.next().value ?? { key: 0 }) }))
          .sort((a, b) => a.key - b.key)
          .map(({ entry, key, ...rest }) => ({ ...entry, ...rest }));
        const zips = [pack(plain), pack(other, { comment: 'other' })].map(bytesSource);
        const [first, second] = await Promise.all(zips.map((zip) => verifyZip(module, zip)));
        expect(first).toEqual(second);
      }),
      { numRuns: 300 },
    );
  });

  it('any changed byte is refused, changes h1, or lies where nobody looks', async () => {
    const content = Buffer.from('the quick brown fox jumps over the lazy dog');
    const names = ['go.mod', 'a.go', 'b/c.go'].map((name) => prefix + name);
    const zip = pack(names.map((name) => ({ name, content })));
    const before = await contentsOf(zip);
    const original = await verifyZip(module, bytesSource(zip));
    for (let at = 0; at < zip.length; at++) {
      for (const flip of [1, 0x80, 0xff]) {
        const changed = zip.slice();
        changed[at] = (changed[at] ?? 0) ^ flip;
        const verdict = await verifyZip(module, bytesSource(changed)).catch((error: unknown) => {
          if (!isGoModKitError(error)) throw error;
          return undefined;
        });
        // The same h1 must mean the same names and contents.
        if (verdict?.h1 === original.h1) expect(await contentsOf(changed)).toEqual(before);
      }
    }
  });

  it('garbage is refused with an error of ours, whatever it is', async () => {
    const base = pack([
      { name: `${prefix}go.mod`, content: 'module example.com/m\n' },
      { name: `${prefix}a.go`, content: 'package a\n'.repeat(50), flags: 8, descriptor: new Uint8Array(16) },
    ]);
    const mutated = fc
      .tuple(fc.array(fc.tuple(fc.nat(base.length - 1), fc.nat(255)), { maxLength: 6 }), fc.nat(base.length))
      .map(([changes, cut]) => {
        const bytes = base.slice();
        for (const [at, value] of changes) bytes[at] = value;
        return changes.length % 3 === 0 ? bytes.subarray(0, cut) : bytes;
      });
    const garbage = fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated);
    await fc.assert(
      fc.asyncProperty(garbage, async (bytes) => {
        for (const call of [() => verifyZip(module, bytesSource(bytes)), () => hashZip(bytesSource(bytes))]) {
          expect(await refusalOf(call())).toBeOneOf([undefined, 'invalid_zip', 'invalid_argument', 'limit_exceeded']);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

async function contentsOf(zip: Uint8Array): Promise<readonly (readonly [string, string])[]> {
  const reader = await openZip(bytesSource(zip));
  const contents: (readonly [string, string])[] = [];
  for (const entry of reader.entries) {
    const chunks: Uint8Array[] = [];
    for await (const chunk of reader.contents(entry)) chunks.push(chunk);
    contents.push([entry.name, Buffer.concat(chunks).toString('latin1')]);
  }
  return contents.sort(([a], [b]) => (a < b ? -1 : 1));
}
