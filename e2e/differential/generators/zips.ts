// Zip archives written by hand, honest ones and others.
//
// Invariant: archives stay small, and no entry's name is too long for a file system: what the two sides say of their own limits is not compared.

import fc from 'fast-check';
import { type PackEntry, type PackOptions, pack } from '../../../packages/core/test/pack.ts';
import { bytesOfText } from '../raw-text.ts';
import { bytes, fieldValue, zip64End } from './zip-changes.ts';

const text = fc.constantFrom;
const prefix = 'example.com/m@v1.2.3/';

const name = fc.oneof(
  { arbitrary: fc.nat(9).map((n) => `${prefix}f${n}.go`), weight: 6 },
  {
    arbitrary: text('go.mod', 'LICENSE', 'a/b.go', 'vendor/a/b.go', 'x y', 'é', 'K', 'k').map((each) => prefix + each),
    weight: 4,
  },
  { arbitrary: text('d/', 'a/', 'a', '', 'd/d/', 'D/', 'f1.go/', 'a/b.go/x').map((each) => prefix + each), weight: 2 },
  {
    arbitrary: text(
      '/a',
      '//',
      '../a',
      'a/../b',
      'GO.MOD',
      'sub/go.mod',
      'con',
      'a~1',
      'a:b',
      '\\a',
      'a\\b',
      '.',
      './',
      'a//',
      '\udcff',
      'a\0',
      'a\n',
    ).map((each) => prefix + each),
    weight: 1,
  },
  {
    arbitrary: text(
      'a',
      '',
      '/',
      'example.com/m@v1.2.3',
      'example.com/M@v1.2.3/a',
      'example.com/m@v1.2.4/a',
      '/etc/passwd',
      '../a',
      'C:/a',
    ),
    weight: 1,
  },
);

const content = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  fc
    .tuple(text('a', 'package a\n', 'module example.com/m\n', '\0'), fc.nat(200))
    .map(([line, times]) => Buffer.from(line.repeat(times))),
);

type Lie = (entry: PackEntry) => PackEntry;

/** A zip64 extra field with these numbers. */
const zip64Extra = fc
  .tuple(
    fc.array(fc.oneof(fc.nat(200).map(BigInt), text(0n, 2n ** 32n, 2n ** 63n - 1n, 2n ** 63n, 2n ** 64n - 1n)), {
      maxLength: 4,
    }),
    text(0, 0, 0, 0, 1, -1, 4, -8),
  )
  .map(([values, lengthError]) => {
    const data = bytes(...values.map((value) => [value, 8] as const));
    return Buffer.concat([bytes([1, 2], [Math.max(0, data.length + lengthError), 2]), data]);
  });

const otherExtra = fc
  .tuple(text(0x5455, 0x7075, 0x000a, 0xcafe, 0x9901), fc.uint8Array({ maxLength: 12 }), text(0, 0, 0, 1, 100))
  .map(([tag, data, lengthError]) => Buffer.concat([bytes([tag, 2], [data.length + lengthError, 2]), data]));

const mebibyte = 1024 * 1024;

const lie: fc.Arbitrary<Lie> = fc.oneof(
  text(16 * mebibyte, 16 * mebibyte + 1, 300 * mebibyte, 500 * mebibyte + 1).map(
    (size): Lie =>
      (entry) => ({ ...entry, size }),
  ),
  fieldValue.map(
    (size): Lie =>
      (entry) => ({ ...entry, size }),
  ),
  fieldValue.map(
    (compressedSize): Lie =>
      (entry) => ({ ...entry, compressedSize }),
  ),
  fc.integer({ min: -3, max: 3 }).map(
    (more): Lie =>
      (entry) => ({ ...entry, size: Math.max(0, (entry.content?.length ?? 0) + more) }),
  ),
  text(0, 1, 0xffffffff).map(
    (crc32): Lie =>
      (entry) => ({ ...entry, crc32 }),
  ),
  text(0, 1, 9, 12, 14, 93, 0xffff).map(
    (method): Lie =>
      (entry) => ({ ...entry, method }),
  ),
  text(1, 8, 9, 0x800, 0x808, 0x2041, 0xffff).map(
    (flags): Lie =>
      (entry) => ({ ...entry, flags }),
  ),
  fieldValue.map(
    (offset): Lie =>
      (entry) => ({ ...entry, offset }),
  ),
  text(0o120777, 0o40755, 0o100644).map(
    (mode): Lie =>
      (entry) => ({ ...entry, attributes: (mode << 16) >>> 0 }),
  ),
  fc.uint8Array({ maxLength: 40 }).map(
    (raw): Lie =>
      (entry) => ({ ...entry, raw }),
  ),
  fc.oneof(zip64Extra, otherExtra).map(
    (extra): Lie =>
      (entry) => ({ ...entry, extra }),
  ),
  fc.tuple(zip64Extra, text('size', 'compressedSize', 'offset')).map(
    ([extra, field]): Lie =>
      (entry) => ({ ...entry, extra, [field]: 0xffffffff }),
  ),
  otherExtra.map(
    (localExtra): Lie =>
      (entry) => ({ ...entry, localExtra }),
  ),
  text('x', '', 'example.com/m@v1.2.3/other').map(
    (localName): Lie =>
      (entry) => ({ ...entry, localName }),
  ),
  text('x', 'PK\x05\x06', 'PK\x01\x02').map(
    (comment): Lie =>
      (entry) => ({ ...entry, comment }),
  ),
  fc.uint8Array({ maxLength: 20 }).map(
    (descriptor): Lie =>
      (entry) => ({ ...entry, flags: 8, descriptor }),
  ),
);

const honest = fc.record({ name: name.map(bytesOfText), content, method: text(0, 8, 8) });

const entry: fc.Arbitrary<PackEntry> = fc.oneof(
  { arbitrary: honest, weight: 6 },
  {
    arbitrary: fc
      .tuple(honest, fc.array(lie, { minLength: 1, maxLength: 2 }))
      .map(([plain, lies]) => lies.reduce((told: PackEntry, tell) => tell(told), plain)),
    weight: 2,
  },
);

const options: fc.Arbitrary<PackOptions> = fc.oneof(
  { arbitrary: fc.constant({}), weight: 6 },
  {
    arbitrary: fc.record(
      {
        before: fc.uint8Array({ maxLength: 40 }),
        comment: text('x', 'PK\x05\x06', 'c'.repeat(300), `PK\x05\x06${'\0'.repeat(18)}`, 'c'.repeat(1100)),
        after: fc.uint8Array({ maxLength: 4 }),
        count: fc.nat(12),
        directorySize: fieldValue,
        directoryOffset: fieldValue,
      },
      { requiredKeys: [] },
    ),
    weight: 2,
  },
);

const anything = fc.tuple(fc.array(entry, { maxLength: 6 }), options).map(([entries, more]) => pack(entries, more));

/** Distinct, valid names, and data descriptors that are true: mostly accepted. */
const harmless = fc
  .tuple(
    fc.uniqueArray(honest, {
      maxLength: 5,
      selector: (each) => Buffer.from(each.name).toString('latin1').toLowerCase(),
    }),
    options,
  )
  .map(([entries, more]) =>
    pack(
      entries.filter(({ name: bytesOfName }) => Buffer.from(bytesOfName).toString().startsWith(`${prefix}f`)),
      more,
    ),
  );

/** Archives that no honest program writes, and some that it does. */
export const craftedZip: fc.Arbitrary<Uint8Array> = fc
  .oneof(anything, harmless)
  .chain((zip) =>
    fc.oneof(
      { arbitrary: fc.constant(zip), weight: 4 },
      { arbitrary: zip64End.map((change) => change(zip)), weight: 1 },
    ),
  );
