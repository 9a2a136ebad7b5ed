import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bytesOf, describeVectors, type VectorText } from '../../test/vectors.ts';
import { hash1, hashGoMod } from '../dirhash/index.ts';
import { checkGoSum, formatGoSum, type GoSumEntry, goSumEntries, goSumOf, parseGoSum } from './index.ts';

const h = (letter: string) => `h1:${letter.repeat(43)}=`;
const emptyGoMod = 'h1:G7mAYYxgmS0lVkHyy2hEOLQCFB0DlQFTMLWggykrydY=';

describe('parseGoSum', () => {
  it('splits on any space, and skips empty lines', () => {
    const text = `\n  example.com/m\t v1.0.0 ${h('a')}\r\n\u00a0\n\u2003example.com/m v1.0.0/go.mod\u0085${h('b')}`;
    expect(parseGoSum(text).entries).toEqual([
      { path: 'example.com/m', version: 'v1.0.0', hash: h('a') },
      { path: 'example.com/m', version: 'v1.0.0/go.mod', hash: h('b') },
    ]);
  });

  it.each([
    ['m v1.0.0', 1, 2],
    [`m v1.0.0 ${h('a')} x\n`, 1, 4],
    [`m v1.0.0 ${h('a')}\n\nm\n`, 3, 1],
  ])('refuses %j, and says where', (text, line, fields) => {
    expect(() => parseGoSum(text, { name: 'sub/go.sum' })).toThrow(
      expect.objectContaining({
        code: 'invalid_argument',
        message: `malformed go.sum:\nsub/go.sum:${line}: wrong number of fields ${fields}`,
        data: { file: 'sub/go.sum', line, fields },
      }),
    );
    const good = text.split('\n').filter((each) => each.split(' ').length === 3);
    expect(parseGoSum(text, { lax: true }).entries.length).toBe(good.length);
  });

  it('drops the go.mod hashes of an old bug, on whatever line', () => {
    const text = `m v1.0.0/go.mod ${emptyGoMod}\nm v1.0.0 ${emptyGoMod}\nm v1.0.0 ${h('a')}\n`;
    expect(parseGoSum(text).entries).toEqual([{ path: 'm', version: 'v1.0.0', hash: h('a') }]);
  });

  it('keeps bytes that are not UTF-8 apart', () => {
    const bytes = Uint8Array.from([
      ...Buffer.from('m'),
      0xff,
      ...Buffer.from(` v1 ${h('a')}\nm`),
      0xfe,
      ...Buffer.from(' v1 x\n'),
    ]);
    expect(parseGoSum(bytes).entries.map(({ path }) => path)).toEqual(['m\udcff', 'm\udcfe']);
  });

  it('refuses more than 64 MiB', () => {
    const huge = new Uint8Array((64 << 20) + 1);
    expect(() => parseGoSum(huge)).toThrow(expect.objectContaining({ code: 'limit_exceeded' }));
  });
});

it('looks hashes up by module and version', () => {
  const goSum = parseGoSum(`m v1.0.0 ${h('a')}\nm v1.0.0/go.mod ${h('b')}\nm v1.0.0 h2:x\nm/v2 v1.0.0 ${h('c')}\n`);
  expect(goSum.hashes({ path: 'm', version: 'v1.0.0' })).toEqual([h('a'), 'h2:x']);
  expect(goSum.hashes({ path: 'm', version: 'v1.0.0/go.mod' })).toEqual([h('b')]);
  expect(goSum.hashes({ path: 'm', version: 'v1.0.1' })).toEqual([]);
});

describe('formatGoSum', () => {
  it('orders by path, version, go.mod behind the zip, and hash, and writes each line once', () => {
    const lines = [
      `A/m v1.0.0 ${h('a')}\n`,
      `m v1.9.0 ${h('a')}\n`,
      `m v1.9.0 ${h('b')}\n`,
      `m v1.9.0 h2:a\n`,
      `m v1.9.0/go.mod ${h('a')}\n`,
      `m v1.10.0-pre ${h('a')}\n`,
      `m v1.10.0 ${h('a')}\n`,
      `m v2.0.0+incompatible ${h('a')}\n`,
      `m-x v1.0.0 ${h('a')}\n`,
      `m/v2 v2.0.0 ${h('a')}\n`,
    ];
    expect(formatGoSum(parseGoSum([...lines, ...lines].reverse().join('')).entries)).toBe(lines.join(''));
  });

  it.each([
    ['m', 'v1.0.0', ''],
    ['m', 'v1.0.0 x', h('a')],
    ['m\n', 'v1.0.0', h('a')],
    ['', 'v1.0.0', h('a')],
    ['m', 'v1.0.0', 'h1:\u2003'],
  ])('refuses what would be read as something else: %j %j %j', (path, version, hash) => {
    expect(() => formatGoSum([{ path, version, hash }])).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
  });

  const entry: fc.Arbitrary<GoSumEntry> = fc.record({
    path: fc.constantFrom('m', 'm/v2', 'A', 'é', '😀', '\uffee'),
    version: fc.constantFrom(
      'v1.0.0',
      'v1.0.0/go.mod',
      'v1.0.0+a',
      'v1.0.0+b/go.mod',
      'v1',
      'v1.10.0',
      'bad',
      'v1.2.0-x',
    ),
    hash: fc.constantFrom(h('a'), h('b'), 'h2:x'),
  });

  it('gives one text for one set of entries, and reads it back', () => {
    fc.assert(
      fc.property(
        fc
          .array(entry)
          .chain((list) => fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length }))),
        ([list, shuffled]) => {
          const text = formatGoSum(list);
          expect(formatGoSum(shuffled)).toBe(text);
          const read = parseGoSum(text).entries;
          expect(formatGoSum(read)).toBe(text);
          expect(new Set(read.map((each) => JSON.stringify([each.path, each.version, each.hash])))).toEqual(
            new Set(list.map((each) => JSON.stringify([each.path, each.version, each.hash]))),
          );
        },
      ),
    );
  });
});

describe('checkGoSum', () => {
  const goSum = parseGoSum(
    `good v1.0.0 h2:x\ngood v1.0.0 ${h('a')}\ngood v1.0.0 ${h('b')}\nbad v1.0.0 ${h('b')}\nbad v1.0.0 ${h('a')}\nother v1.0.0 h2:x\n`,
  );
  const found = (path: string, hash = h('a')): GoSumEntry => ({ path, version: 'v1.0.0', hash });

  it('lets the first h1 of a module decide', () => {
    expect(checkGoSum(goSum, [found('bad'), found('good')])).toEqual({
      matches: [found('good')],
      mismatches: [{ ...found('bad'), recorded: h('b') }],
      missing: [],
    });
  });

  it('misses what has no line, or only hashes of other algorithms', () => {
    const sums = [found('none'), found('other'), found('other', 'h2:x')];
    expect(checkGoSum(goSum.entries, sums)).toEqual({ matches: [], mismatches: [], missing: sums });
  });
});

describeVectors<{
  path: string;
  version: string;
  goMod?: VectorText;
  goModH1?: string;
  files?: { name: string; data: VectorText }[];
  h1?: string;
}>('dirhash-modules', ({ cases }) => {
  const entriesOf = ({ path, version, h1, goModH1 }: (typeof cases)[number]) =>
    goSumEntries({ path, version }, { zip: h1, goMod: goModH1 });
  const recorded = goSumOf(parseGoSum(formatGoSum(cases.flatMap(entriesOf))).entries);

  it.each(cases)('$path $version is what go.sum says', async ({ path, version, goMod, goModH1, files, h1 }) => {
    const sums = goSumEntries(
      { path, version },
      {
        zip:
          h1 === undefined
            ? undefined
            : await hash1(
                (files ?? []).map(({ name, data }) => ({
                  name,
                  open: () => new Blob([Buffer.from(bytesOf(data))]).stream(),
                })),
              ),
        goMod: goModH1 === undefined ? undefined : hashGoMod(bytesOf(goMod ?? '')),
      },
    );
    expect(checkGoSum(recorded, sums)).toEqual({ matches: sums, mismatches: [], missing: [] });
    const forged = sums.map((sum) => ({ ...sum, hash: h('x') }));
    expect(checkGoSum(recorded, forged).mismatches.map((each) => each.recorded)).toEqual(sums.map(({ hash }) => hash));
  });
});
