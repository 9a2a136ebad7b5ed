// What can happen to a zip archive, on the way or on purpose.
//
// Invariant: every change keeps most of the archive as it is: what fails at once shows nothing.

import fc from 'fast-check';

const text = fc.constantFrom;

/** Values that fields of headers are tried with. */
const fieldValues = [
  0, 1, 7, 8, 9, 20, 0x7fff, 0xfffe, 0xffff, 0x10000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];
export const fieldValue: fc.Arbitrary<number> = fc.oneof(text(...fieldValues), fc.nat(300));

/** Little-endian fields of these widths. */
export function bytes(...fields: readonly (readonly [value: number | bigint, width: 2 | 4 | 8])[]): Buffer {
  return Buffer.concat(
    fields.map(([value, width]) => {
      const field = Buffer.alloc(8);
      field.writeBigUInt64LE(BigInt(value));
      return field.subarray(0, width);
    }),
  );
}

/** Something done to an archive. */
export type Change = (zip: Uint8Array) => Uint8Array;

/** Where records of a kind begin. */
function places(zip: Uint8Array, signature: string): number[] {
  const buffer = Buffer.from(zip);
  const found: number[] = [];
  for (let at = buffer.indexOf(signature, 0, 'latin1'); at >= 0; at = buffer.indexOf(signature, at + 1, 'latin1'))
    found.push(at);
  return found;
}

function splice(zip: Uint8Array, at: number, removed: number, inserted: Uint8Array = new Uint8Array()): Uint8Array {
  return new Uint8Array(Buffer.concat([zip.subarray(0, at), inserted, zip.subarray(at + removed)]));
}

const signatures = {
  local: 'PK\x03\x04',
  directory: 'PK\x01\x02',
  end: 'PK\x05\x06',
  descriptor: 'PK\x07\x08',
} as const;

/** Fields by record: offset and width. */
const fields: Readonly<Record<keyof typeof signatures, readonly (readonly [offset: number, width: number])[]>> = {
  local: [
    [0, 4],
    [4, 2],
    [6, 2],
    [8, 2],
    [14, 4],
    [18, 4],
    [22, 4],
    [26, 2],
    [28, 2],
  ],
  directory: [
    [0, 4],
    [4, 2],
    [6, 2],
    [8, 2],
    [10, 2],
    [16, 4],
    [20, 4],
    [24, 4],
    [28, 2],
    [30, 2],
    [32, 2],
    [34, 2],
    [38, 4],
    [42, 4],
  ],
  end: [
    [0, 4],
    [4, 2],
    [6, 2],
    [8, 2],
    [10, 2],
    [12, 4],
    [16, 4],
    [20, 2],
  ],
  descriptor: [
    [0, 4],
    [4, 4],
    [8, 4],
    [12, 4],
  ],
};

/** One field set, or moved by a little. */
const setField: fc.Arbitrary<Change> = fc
  .tuple(
    text(...(['local', 'directory', 'directory', 'end', 'descriptor'] as const)),
    fc.nat(),
    fc.nat(),
    fieldValue,
    fc.integer({ min: -2, max: 2 }),
    fc.boolean(),
  )
  .map(
    ([kind, which, field, value, step, moves]): Change =>
      (zip) => {
        const starts = places(zip, signatures[kind]);
        const [offset, width] = fields[kind][field % fields[kind].length] ?? [0, 4];
        const at = (starts[which % Math.max(1, starts.length)] ?? zip.length) + offset;
        if (at + width > zip.length) return zip;
        const changed = Buffer.from(zip);
        const number = moves ? changed.readUIntLE(at, width) + step : value;
        changed.writeUIntLE(((number % 2 ** (8 * width)) + 2 ** (8 * width)) % 2 ** (8 * width), at, width);
        return new Uint8Array(changed);
      },
  );

const flipByte: fc.Arbitrary<Change> = fc.tuple(fc.nat(), text(1, 2, 0x20, 0x80, 0xff)).map(
  ([place, flip]): Change =>
    (zip) => {
      const changed = zip.slice();
      const at = place % Math.max(1, zip.length);
      changed[at] = (changed[at] ?? 0) ^ flip;
      return changed;
    },
);

/** One byte of the directory or the records behind it. */
const flipDirectoryByte: fc.Arbitrary<Change> = fc.tuple(fc.nat(), text(1, 2, 0x20, 0x80, 0xff)).map(
  ([place, flip]): Change =>
    (zip) => {
      const changed = zip.slice();
      const start = places(zip, signatures.directory)[0] ?? 0;
      const at = start + (place % Math.max(1, zip.length - start));
      changed[at] = (changed[at] ?? 0) ^ flip;
      return changed;
    },
);

const cut: fc.Arbitrary<Change> = fc.tuple(fc.nat(), text(1, 2, 4, 12, 22, 46, 1000)).map(
  ([place, length]): Change =>
    (zip) =>
      splice(zip, place % (zip.length + 1), length),
);
const insert: fc.Arbitrary<Change> = fc.tuple(fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 8 })).map(
  ([place, inserted]): Change =>
    (zip) =>
      splice(zip, place % (zip.length + 1), 0, inserted),
);
const truncate: fc.Arbitrary<Change> = fc.nat().map(
  (place): Change =>
    (zip) =>
      zip.slice(0, place % (zip.length + 1)),
);
const prepend: fc.Arbitrary<Change> = fc.uint8Array({ minLength: 1, maxLength: 60 }).map(
  (inserted): Change =>
    (zip) =>
      splice(zip, 0, 0, inserted),
);
const prependZip: fc.Arbitrary<Change> = fc.constant((zip) => splice(zip, 0, 0, zip));
const append: fc.Arbitrary<Change> = fc
  .oneof(
    fc.uint8Array({ minLength: 1, maxLength: 60 }),
    fc.constant(Buffer.from('PK\x05\x06', 'latin1')),
    fc.constant(Buffer.alloc(22)),
  )
  .map(
    (inserted): Change =>
      (zip) =>
        splice(zip, zip.length, 0, inserted),
  );

/** The last record gets a comment of this length, true or not. */
const comment: fc.Arbitrary<Change> = fc.tuple(text(1, 22, 300, 1002, 1024, 1025, 65535), text(0, 0, 0, 1, -1)).map(
  ([length, error]): Change =>
    (zip) => {
      const end = places(zip, signatures.end).at(-1);
      if (end === undefined) return zip;
      return splice(
        zip,
        end + 20,
        zip.length - end - 20,
        Buffer.concat([bytes([Math.min(65535, length + error), 2]), Buffer.alloc(length, 'c')]),
      );
    },
);

/** A header of the directory, once more or no more; the numbers behind it may follow. */
const directoryEntry: fc.Arbitrary<Change> = fc.tuple(fc.nat(), fc.boolean(), fc.boolean()).map(
  ([which, again, told]): Change =>
    (zip) => {
      const starts = places(zip, signatures.directory);
      const end = places(zip, signatures.end).at(-1);
      const start = starts[which % Math.max(1, starts.length)];
      if (start === undefined || end === undefined || start + 46 > zip.length) return zip;
      const view = Buffer.from(zip);
      const length = 46 + view.readUInt16LE(start + 28) + view.readUInt16LE(start + 30) + view.readUInt16LE(start + 32);
      const changed = Buffer.from(
        again ? splice(zip, start, 0, zip.subarray(start, start + length)) : splice(zip, start, length),
      );
      const newEnd = end + (again ? length : -length);
      if (!told || newEnd < 0 || newEnd + 22 > changed.length) return new Uint8Array(changed);
      const step = again ? 1 : -1;
      for (const at of [8, 10]) changed.writeUInt16LE((changed.readUInt16LE(newEnd + at) + step) & 0xffff, newEnd + at);
      changed.writeUInt32LE(
        Math.max(0, Math.min(0xffffffff, changed.readUInt32LE(newEnd + 12) + step * length)),
        newEnd + 12,
      );
      return new Uint8Array(changed);
    },
);

/** Letters of names in the directory change. */
const rename: fc.Arbitrary<Change> = fc.tuple(fc.nat(), fc.nat(40), text(...'aA/.~:\\\0ék'), fc.boolean()).map(
  ([which, place, char, last]): Change =>
    (zip) => {
      const starts = places(zip, signatures.directory);
      const start = starts[which % Math.max(1, starts.length)];
      if (start === undefined || start + 46 > zip.length) return zip;
      const length = Buffer.from(zip).readUInt16LE(start + 28);
      const at = start + 46 + (last ? length - 1 : place % Math.max(1, length));
      return splice(zip, at, char.length === 1 ? Buffer.byteLength(char) : 1, Buffer.from(char));
    },
);

/** A zip64 record and its locator before the end record, which then points there, or not. */
export const zip64End: fc.Arbitrary<Change> = fc
  .record({
    count: fc.option(fieldValue, { nil: undefined }),
    size: fc.option(fc.oneof(fieldValue.map(BigInt), text(2n ** 63n, 2n ** 64n - 1n)), { nil: undefined, freq: 3 }),
    offset: fc.option(fc.oneof(fieldValue.map(BigInt), text(2n ** 63n, 2n ** 64n - 1n)), { nil: undefined, freq: 3 }),
    place: fc.integer({ min: -1, max: 1 }),
    disks: text(1, 1, 1, 1, 0, 2),
    hint: text('count', 'size', 'offset', 'all', 'none'),
  })
  .map(
    ({ count, size, offset, place, disks, hint }): Change =>
      (zip) => {
        const end = places(zip, signatures.end).at(-1);
        if (end === undefined || end + 22 > zip.length) return zip;
        const old = Buffer.from(zip.subarray(end));
        const entries = BigInt(count ?? old.readUInt16LE(10));
        const record = bytes(
          [0x06064b50, 4],
          [44, 8],
          [45, 2],
          [45, 2],
          [0, 4],
          [0, 4],
          [entries, 8],
          [entries, 8],
          [size ?? old.readUInt32LE(12), 8],
          [offset ?? old.readUInt32LE(16), 8],
        );
        const locator = bytes([0x07064b50, 4], [0, 4], [Math.max(0, end + (place === 0 ? 0 : place)), 8], [disks, 4]);
        if (hint === 'count' || hint === 'all') old.writeUInt16LE(0xffff, 10);
        if (hint === 'size' || hint === 'all') old.writeUInt32LE(hint === 'all' ? 0xffffffff : 0xffff, 12);
        if (hint === 'offset' || hint === 'all') old.writeUInt32LE(0xffffffff, 16);
        return new Uint8Array(Buffer.concat([zip.subarray(0, end), record, locator, old]));
      },
  );

const change: fc.Arbitrary<Change> = fc.oneof(
  { arbitrary: setField, weight: 6 },
  { arbitrary: flipDirectoryByte, weight: 4 },
  { arbitrary: flipByte, weight: 4 },
  { arbitrary: rename, weight: 2 },
  { arbitrary: directoryEntry, weight: 2 },
  { arbitrary: zip64End, weight: 2 },
  ...[cut, insert, truncate, prepend, prependZip, append, comment].map((arbitrary) => ({ arbitrary, weight: 1 })),
);

/** Some changes, as one. */
export const changes: fc.Arbitrary<Change> = fc.array(change, { minLength: 1, maxLength: 2 }).map(
  (list): Change =>
    (zip) =>
      list.reduce((changed, apply) => apply(changed), zip),
);
