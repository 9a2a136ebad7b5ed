// Lists of files that may become a module zip, with all that keeps a file out of one.
//
// Invariant: few names, so that files meet: in other modules, in vendor directories, in other letters, as files and directories.

import fc from 'fast-check';
import type { QuestionFile } from '../go-oracle.ts';
import { path } from './paths.ts';
import { joined, mostly } from './text.ts';

const text = fc.constantFrom;

const name = fc.oneof(
  { arbitrary: text('a', 'b', 'a.go', 'b.go', 'sub', 'pkg', 'x'), weight: 8 },
  { arbitrary: text('vendor', 'vendor', 'modules.txt', 'Vendor', 'vendored', 'vendor.go'), weight: 4 },
  { arbitrary: text('go.mod', 'go.mod', 'GO.MOD', 'Go.mod', 'go.mod.txt', 'go.modx', 'go.sum'), weight: 4 },
  {
    arbitrary: text('A', 'B.go', 'A.GO', 'SUB', 'Pkg', 'LICENSE', 'license', '.hg_archival.txt', '.git', '.gitignore'),
    weight: 3,
  },
  // Case folding beyond A–Z: Kelvin, long s, sharp s, sigmas, dotted and dotless i, titlecase letters, Deseret.
  {
    arbitrary: text(
      'k',
      'K',
      's',
      'ſ',
      'ß',
      'ẞ',
      'ss',
      'ς',
      'σ',
      'Σ',
      'i',
      'ı',
      'İ',
      'ǆ',
      'ǅ',
      'Ǆ',
      'é',
      'É',
      'e\u0301',
      'µ',
      'μ',
      'å',
      'Å',
      '\u{10400}',
      '\u{10428}',
    ),
    weight: 2,
  },
  {
    arbitrary: text(
      'con',
      'aux.txt',
      'a~1',
      'a b',
      'a:b',
      'a*',
      "it's",
      '..',
      '.',
      '...',
      '',
      'a.',
      '__proto__',
      '\udcff',
      'a\nb',
      '日本',
      '-a',
      '+',
      '\u0345',
    ),
    weight: 2,
  },
);

const plainPath = fc
  .array(name, { minLength: 1, maxLength: 4 })
  .chain((names) => joined('/', ...names.map((each) => fc.constant(each))));

const filePath = fc.oneof(
  { arbitrary: plainPath, weight: 12 },
  { arbitrary: mostly(plainPath), weight: 2 },
  {
    arbitrary: text(
      '/a',
      'a/',
      'a//b',
      './a',
      '../a',
      'a/../b',
      '/',
      '',
      '.',
      'a/.',
      '/vendor/a/b',
      'vendor//a',
      '/../a',
      '../../a',
    ),
    weight: 1,
  },
  { arbitrary: path, weight: 1 },
);

const goLine = text(
  ...[
    'go 1.23',
    'go 1.24',
    'go 1.24.0',
    'go 1.24rc1',
    'go 1.24.0rc1',
    'go 1.25.3',
    'go 1.9',
    'go 1.100',
    'go 2.0',
    'go v1.24',
    'go 1.24x',
    '',
    'go 1.x',
  ],
  ...[
    'go 1.23\ngo 1.24',
    '\tgo 1.24',
    'go "1.24"',
    '// go 1.24',
    'go 1.24 // x',
    'go (\n1.24\n)',
    'bad line',
    'require (',
    'go 1.24\n\0',
    'go 1',
    'go 1.24-x',
  ],
  ...[
    'go 999999999999999999999.1',
    'go 1.24\nunknown x',
    'go 1.24\nrequire x',
    'go 1.24\nreplace',
    'toolchain go1.24.0',
  ],
);

const goMod = fc
  .tuple(text('module example.com/m\n\n', 'module example.com/other\n', ''), goLine)
  .map(([module, line]) => Buffer.from(`${module}${line}\n`));

const kind = fc.oneof(
  { arbitrary: fc.constant('regular' as const), weight: 16 },
  { arbitrary: text('symlink', 'directory', 'other'), weight: 2 },
);

const contents = fc.oneof(
  fc.uint8Array({ maxLength: 40 }),
  fc.tuple(text('package a\n', 'x', '\0', ''), fc.nat(300)).map(([line, times]) => Buffer.from(line.repeat(times))),
  goMod,
);

const mebibyte = 1024 * 1024;
/** Around the limits: 16 MiB for go.mod and LICENSE, 500 MiB together. */
const statedSize = fc.oneof(
  { arbitrary: fc.constant(undefined), weight: 24 },
  {
    arbitrary: text(
      0,
      1,
      16 * mebibyte,
      16 * mebibyte + 1,
      250 * mebibyte,
      499 * mebibyte,
      500 * mebibyte,
      500 * mebibyte + 1,
      2 ** 40,
      -1,
    ),
    weight: 1,
  },
);

const file: fc.Arbitrary<QuestionFile> = fc.record({ name: filePath, kind, data: contents, size: statedSize });

const rootGoMod: fc.Arbitrary<QuestionFile> = fc.record({
  name: text('go.mod'),
  kind: fc.oneof(
    { arbitrary: fc.constant('regular' as const), weight: 12 },
    { arbitrary: text('symlink', 'directory'), weight: 1 },
  ),
  data: goMod,
  size: statedSize,
});

const limited: fc.Arbitrary<QuestionFile> = fc.record({
  name: text('LICENSE', 'go.mod', 'a.go', 'sub/LICENSE', 'sub/a.go'),
  kind: fc.constant('regular' as const),
  data: contents,
  size: statedSize,
});

/** A list of files, most of which are fine. */
export const fileList: fc.Arbitrary<QuestionFile[]> = fc
  .tuple(
    fc.oneof({ arbitrary: rootGoMod.map((each) => [each]), weight: 3 }, { arbitrary: fc.constant([]), weight: 1 }),
    fc.array(fc.oneof({ arbitrary: file, weight: 8 }, { arbitrary: limited, weight: 1 }), { maxLength: 10 }),
    fc.nat(),
  )
  .map(([first, rest, place]) => {
    const list: QuestionFile[] = [...rest];
    list.splice(place % (rest.length + 1), 0, ...first);
    return list;
  });

const goodName = text('a', 'b.go', 'sub', 'A.md', 'x y', 'é', 'testdata', 'vendor', '(it)', 'LICENSE', 'doc.txt');

/** Lists that go into a zip: valid names, sizes that are true. Files that are left out may be among them. */
export const goodFileList: fc.Arbitrary<QuestionFile[]> = fc
  .tuple(
    fc.option(goMod),
    fc.uniqueArray(
      fc
        .tuple(fc.array(goodName, { maxLength: 2 }), fc.nat(30))
        .map(([names, n]) => [...names.map((each) => `${each}-d`), `f${n}`].join('/').replace('vendor-d', 'vendor')),
      { maxLength: 8, selector: (each) => each.toLowerCase() },
    ),
    fc.infiniteStream(contents),
  )
  .map(([first, names, data]) => {
    const list: QuestionFile[] = names.map((each) => ({
      name: each,
      kind: 'regular',
      data: data.next().value ?? new Uint8Array(),
    }));
    return first === null ? list : [{ name: 'go.mod', kind: 'regular', data: first }, ...list];
  });
