// Bundles that lie, damage, flood or tempt: each ends in an error that names what is wrong, and in nothing stored that is not whole and right.

import fc from 'fast-check';
import { type ParsedTarEntryWithData, packTar, type TarHeader, unpackTar } from 'modern-tar';
import { beforeAll, describe, expect, it } from 'vitest';
import { bytesSource, concatBytes, readAll } from '../bytes/source.ts';
import { hashZip } from '../dirhash/index.ts';
import type { ErrorCode } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import { keys } from '../sumdb/client/testdata/database.ts';
import { createZip, sourceFile } from '../zip/index.ts';
import { importBundle } from './import.ts';
import { bundleOf, databaseName, databaseOf, graph, objectsOf, placeOf, receive } from './testdata/bundles.ts';

type Entry = { header: TarHeader; data?: Uint8Array };

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const text = (data: Uint8Array | undefined): string => new TextDecoder().decode(data);
const manifest = '.gomodkit/bundle.json';
const base = 'example.com/base/@v/v1.0.0';

let plain: Entry[] = [];
let proven: Entry[] = [];
let whole = new Map<string, Uint8Array>();

beforeAll(async () => {
  const place = await placeOf();
  plain = await unpackTar(await bundleOf(place));
  whole = await objectsOf(place.storage);
  proven = await unpackTar(await bundleOf(await placeOf(graph, await databaseOf())));
});

const pack = (entries: readonly Entry[]): Promise<Uint8Array> => packTar(entries as ParsedTarEntryWithData[]);
const copyOf = (entries: readonly Entry[]): Entry[] =>
  entries.map(({ header, data }) => ({ header: { ...header }, data: data?.slice() ?? bytes('') }));
const at = (entries: readonly Entry[], name: string): number => {
  const found = entries.findIndex(({ header }) => header.name === name);
  if (found < 0) throw new Error(`no ${name}`);
  return found;
};
const file = (name: string, data: Uint8Array | string, more: Partial<TarHeader> = {}): Entry => {
  const content = typeof data === 'string' ? bytes(data) : data;
  return { header: { name, size: content.length, type: 'file', ...more }, data: content };
};
const replace = (entries: Entry[], name: string, data: Uint8Array | string): void => {
  entries[at(entries, name)] = file(name, data);
};
const editManifest = (entries: Entry[], edit: (text: string) => string): void =>
  replace(entries, manifest, edit(text(entries[0]?.data)));

/** What is stored is what honest publications stored. */
async function expectHonest(storage: Parameters<typeof objectsOf>[0]): Promise<void> {
  for (const [key, data] of await objectsOf(storage)) {
    const honest = whole.get(key) ?? bytes('');
    // Bytes of zips are not part of their sums: some of a container mean nothing.
    if (key.endsWith('.zip')) expect(await hashZip(bytesSource(data)), key).toEqual(await hashZip(bytesSource(honest)));
    else expect(data, key).toEqual(honest);
  }
}

describe('a bundle that breaks its form is refused', () => {
  const cases: Record<string, [(entries: Entry[]) => void, RegExp, ErrorCode?]> = {
    'a name that leaves the tree': [
      (e) => e.splice(1, 0, file('../../etc/passwd', 'x')),
      /"\.\.\/\.\.\/etc\/passwd" stands where/,
    ],
    'an absolute name': [(e) => e.splice(1, 1, file('/etc/passwd', 'x')), /"\/etc\/passwd" stands where/],
    'a name through a pax header': [
      (e) => e.splice(1, 0, file('x', 'x', { pax: { path: '../evil' } })),
      /"\.\.\/evil" stands where/,
    ],
    'a file nobody knows': [
      (e) => e.splice(3, 0, file('example.com/!lib/@v/v1.1.0.exe', 'x')),
      /v1\.1\.0\.exe" stands where ".*ziphash" must come/,
    ],
    'a file twice': [(e) => e.splice(2, 0, e[1] as Entry), /v1\.1\.0\.mod" stands where ".*\.info" must come/],
    'files out of order': [(e) => e.splice(1, 2, e[2] as Entry, e[1] as Entry), /v1\.1\.0\.info" stands where/],
    'a file too many': [(e) => e.push(file('more', 'x')), /"more" comes after the last file/],
    'a file too few': [(e) => void e.pop(), /the bundle ends where "example.com\/base\/@v\/list" must come/],
    'no manifest': [(e) => void e.shift(), /stands where ".gomodkit\/bundle.json" must come/],
    nothing: [(e) => void e.splice(0), /the bundle ends where/],
    'a symbolic link': [
      (e) =>
        e.splice(1, 1, {
          header: { name: 'example.com/!lib/@v/v1.1.0.mod', type: 'symlink', size: 0, linkname: '/etc/passwd' },
        }),
      /is a symlink/,
    ],
    'a hard link': [
      (e) =>
        e.splice(1, 1, { header: { name: 'example.com/!lib/@v/v1.1.0.mod', type: 'link', size: 0, linkname: 'x' } }),
      /is a link/,
    ],
    'a folder': [
      (e) => e.splice(1, 0, { header: { name: 'example.com/', type: 'directory', size: 0 } }),
      /is a directory/,
    ],
    'a device': [
      (e) => e.splice(1, 0, { header: { name: 'null', type: 'character-device', size: 0 } }),
      /is a character-device/,
    ],
    'a go.mod too large': [
      (e) => replace(e, `${base}.mod`, new Uint8Array(17 * 1024 * 1024)),
      /more than the limit/,
      'limit_exceeded',
    ],
    'a ziphash too large': [
      (e) => replace(e, `${base}.ziphash`, new Uint8Array(2000)),
      /more than the limit/,
      'limit_exceeded',
    ],
    'a ziphash of another zip': [
      (e) => replace(e, `${base}.ziphash`, `h1:${'A'.repeat(43)}=`),
      /v1\.0\.0\.ziphash" says another sum/,
    ],
    'a manifest that is no JSON': [(e) => editManifest(e, () => '{'), /no JSON/],
    'a manifest of another format': [
      (e) => editManifest(e, (t) => t.replace('bundle/1', 'bundle/9')),
      /format "gomodkit-bundle\/9"/,
    ],
    'a manifest with a path that is none': [
      (e) => editManifest(e, (t) => t.replaceAll('example.com/base', '../base')),
      /malformed/,
    ],
    'a manifest with a version that is none': [
      (e) => editManifest(e, (t) => t.replaceAll('v0.9.0', 'v0.9')),
      /not canonical|malformed/,
    ],
    'a manifest with modules out of order': [
      (e) => editManifest(e, (t) => t.replace('v0.9.0', 'v9.9.9')),
      /malformed|twice or out of order/,
    ],
    'a manifest with a module twice': [
      (e) => editManifest(e, (t) => t.replace('v0.9.0', 'v1.0.0')),
      /twice or out of order/,
    ],
    'a manifest with a sum that is none': [
      (e) => editManifest(e, (t) => t.replace(/"goMod":"h1:/, '"goMod":"h2:')),
      /the sum of the go.mod/,
    ],
    'a manifest with records of nobody': [
      (e) => editManifest(e, (t) => t.replace(/"goMod"/, '"record":true,"goMod"')),
      /names no checksum database/,
    ],
    'a manifest that is a list': [(e) => editManifest(e, () => '[]'), /no object/],
  };

  it.each(Object.entries(cases))('%s', async (_, [change, message, code = 'invalid_bundle']) => {
    const entries = copyOf(plain);
    change(entries);
    const storage = memoryStorage();
    await expect(receive(await pack(entries), { storage })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
    });
    await expectHonest(storage);
  });

  it('a file that is no tar, such as one that was compressed', async () => {
    const zipped = new Response(new Blob([await pack(plain)]).stream().pipeThrough(new CompressionStream('gzip')));
    await expect(
      receive(new Uint8Array(await zipped.arrayBuffer()), { storage: memoryStorage() }),
    ).rejects.toMatchObject({
      code: 'invalid_bundle',
      message: expect.stringContaining('has to be uncompressed first'),
    });
  });

  it('a database whose name leaves the tree', async () => {
    const entries = copyOf(proven);
    editManifest(entries, (t) => t.replaceAll(databaseName, '../../x'));
    await expect(receive(await pack(entries))).rejects.toMatchObject({ code: 'invalid_bundle' });
  });

  it.each(['tile/8/0/../x', 'tile/9/0/000', 'tile/8/data/000', 'tile/8/0/00'])(
    'a tile that is none: %s',
    async (tile) => {
      const entries = copyOf(proven);
      entries.splice(3, 0, file(`sumdb/${databaseName}/${tile}`, 'x'));
      await expect(receive(await pack(entries))).rejects.toMatchObject({
        code: 'invalid_bundle',
        message: expect.stringContaining('is no tile'),
      });
    },
  );

  it('tiles without an end', async () => {
    const entries = copyOf(proven).slice(0, 3);
    for (let i = 0; i < 5000; i++) {
      const digits = String(i).padStart(6, '0');
      entries.push(
        file(`sumdb/${databaseName}/tile/8/0/x${digits.slice(0, 3)}/${digits.slice(3)}.p/1`, new Uint8Array(32)),
      );
    }
    await expect(receive(await pack(entries.map((e) => ({ ...e }))))).rejects.toMatchObject({ code: 'invalid_bundle' });
  });
});

describe('a version that is not what the bundle says is refused, and the others are taken', () => {
  const cases: Record<string, [(entries: Entry[]) => void | Promise<void>, RegExp, ErrorCode]> = {
    'another go.mod': [
      (e) => replace(e, `${base}.mod`, 'module example.com/base // \n'),
      /v1\.0\.0\.mod is not what/,
      'checksum_mismatch',
    ],
    'another info': [
      (e) => replace(e, `${base}.info`, '{"Version":"v1.0.0"}'),
      /v1\.0\.0\.info is not what/,
      'checksum_mismatch',
    ],
    'another zip': [
      async (e) => replace(e, `${base}.zip`, await zipOf('// evil')),
      /v1\.0\.0\.zip is not what/,
      'checksum_mismatch',
    ],
    'no zip at all': [(e) => replace(e, `${base}.zip`, 'no zip'), /breaks the rules of module zips/, 'invalid_zip'],
    'a zip of another module': [
      async (e) => withSum(e, await zipOf('', 'example.com/other')),
      /breaks the rules/,
      'invalid_zip',
    ],
    'a zip with another go.mod': [
      async (e) => withSum(e, await zipOf('', undefined, 'module example.com/base\n\ngo 1.2\n')),
      /differs from the go.mod/,
      'invalid_zip',
    ],
    'an empty zip entry': [(e) => replace(e, `${base}.zip`, ''), /breaks the rules/, 'invalid_zip'],
  };
  const zipOf = async (
    content: string,
    path = 'example.com/base',
    goMod = 'module example.com/base\n',
  ): Promise<Uint8Array> =>
    readAll(
      createZip({ path, version: 'v1.0.0' }, [
        sourceFile('go.mod', bytes(goMod)),
        sourceFile('b.go', bytes(`package base\n${content}`)),
      ]),
    );
  const withSum = async (entries: Entry[], zip: Uint8Array): Promise<void> => {
    const sum = await hashZip(bytesSource(zip));
    const old = text(entries[at(entries, `${base}.ziphash`)]?.data);
    editManifest(entries, (t) => t.replace(old, sum));
    replace(entries, `${base}.ziphash`, sum);
    replace(entries, `${base}.zip`, zip);
  };

  it.each(Object.entries(cases))('%s', async (_, [change, reason, code]) => {
    const entries = copyOf(plain);
    await change(entries);
    const { refused, storage, ...report } = await receive(await pack(entries));
    expect(refused).toEqual([{ subject: 'example.com/base@v1.0.0', code, reason: expect.stringMatching(reason) }]);
    expect(report).toMatchObject({ new: 3 });
    await expectHonest(storage);
    expect([...(await objectsOf(storage)).keys()].some((key) => key.startsWith(base))).toBe(false);
  });
});

describe('with a checksum database', () => {
  const sumdb = { key: keys.verifierKey };
  const lookup = `sumdb/${databaseName}/lookup/example.com/base@v1.0.0`;
  const proof = '.gomodkit/proofs/example.com/base/@v/v1.0.0.tlog-proof';

  const cases: Record<string, [(entries: Entry[]) => void, ErrorCode]> = {
    'a record that was changed': [
      (e) => replace(e, lookup, text(e[at(e, lookup)]?.data).replace('h1:', 'h1:A')),
      'invalid_log',
    ],
    'the proof of another record': [
      (e) => replace(e, proof, e[at(e, proof.replace('v1.0.0', 'v0.9.0'))]?.data ?? ''),
      'invalid_log',
    ],
    'no proof': [(e) => replace(e, proof, ''), 'invalid_log'],
    'the record of another version': [
      (e) => {
        replace(e, lookup, e[at(e, lookup.replace('v1.0.0', 'v0.9.0'))]?.data ?? '');
        replace(e, proof, e[at(e, proof.replace('v1.0.0', 'v0.9.0'))]?.data ?? '');
      },
      'not_found',
    ],
    'its record left out': [
      (e) => {
        editManifest(e, (t) => t.replace(/("version":"v1.0.0"[^}]*),"record":true(\}\n\]\})/, '$1$2'));
        for (const name of [lookup, proof]) e.splice(at(e, name), 1);
      },
      'not_found',
    ],
  };

  it.each(Object.entries(cases))('%s refuses the version', async (_, [change, code]) => {
    const entries = copyOf(proven);
    change(entries);
    const { refused, storage } = await receive(await pack(entries), { sumdb });
    expect(refused.filter(({ subject }) => subject === 'example.com/base@v1.0.0')).toMatchObject([{ code }]);
    await expectHonest(storage);
  });

  it('a tree that nobody signed ends the import', async () => {
    const entries = copyOf(proven);
    editManifest(entries, (t) => t.replace('tree\\n304', 'tree\\n305'));
    await expect(receive(await pack(entries), { sumdb })).rejects.toMatchObject({ code: 'invalid_note' });
  });

  it('tiles that do not fit leave the records out, and the versions proven', async () => {
    const entries = copyOf(proven);
    const tile = entries.find(({ header }) => header.name.includes('/tile/8/0/'));
    if (tile?.data !== undefined) tile.data[0] = (tile.data[0] ?? 0) ^ 1;
    const report = await receive(await pack(entries), { sumdb });
    expect(report).toMatchObject({ new: 4, proven: 4, refused: [{ subject: `the records of ${databaseName}` }] });
  });
});

describe('streams without an end', () => {
  const endless = (
    start: Uint8Array,
    piece: Uint8Array,
  ): { stream: ReadableStream<Uint8Array>; sent: () => number } => {
    let sent = 0;
    const stream = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(sent === 0 ? start : piece);
        sent += sent === 0 ? start.length : piece.length;
      },
    });
    return { stream, sent: () => sent };
  };
  const read = async (stream: ReadableStream<Uint8Array>): Promise<void> => {
    for await (const _ of importBundle(stream, { storage: memoryStorage(), sumdb: 'off' }));
  };
  const most = 40 * 1024 * 1024;

  it('zeros after the end', async () => {
    const { stream, sent } = endless(await pack(plain), new Uint8Array(65536));
    await expect(read(stream)).rejects.toMatchObject({
      code: 'invalid_bundle',
      message: expect.stringContaining('no end'),
    });
    expect(sent()).toBeLessThan(most);
  });

  it('pax headers without a file', async () => {
    const one = await pack([file('x', '', { pax: { comment: 'y'.repeat(5000) } })]);
    const header = one.subarray(0, 512 + 5120 + 512 - 512);
    const { stream, sent } = endless((await pack(plain.slice(0, 1))).subarray(0, -1024), header);
    await expect(read(stream)).rejects.toMatchObject({ code: 'invalid_bundle' });
    expect(sent()).toBeLessThan(most);
  });

  it('a zip that goes on', async () => {
    const until = at(plain, 'example.com/!lib/@v/v1.1.0.zip');
    const begin = (await pack(plain.slice(0, until))).subarray(0, -1024);
    const huge = (await pack([{ header: { name: 'example.com/!lib/@v/v1.1.0.zip', type: 'file', size: 0 } }])).slice(
      0,
      512,
    );
    huge.set(bytes('77777777777'), 124);
    huge.fill(32, 148, 156);
    const sum = huge.reduce((all, each) => all + each, 0);
    huge.set(bytes(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    const { stream, sent } = endless(concatBytes([begin, huge], begin.length + 512), new Uint8Array(65536));
    await expect(read(stream)).rejects.toMatchObject({
      code: 'limit_exceeded',
      data: { entry: 'example.com/!lib/@v/v1.1.0.zip' },
    });
    expect(sent()).toBeLessThan(most);
  });
});

it('no byte of a bundle can be changed so that something else is stored', async () => {
  const original = await pack(plain);
  const all = process.env.GOMODKIT_TEST_SCALE === 'full';
  await fc.assert(
    fc.asyncProperty(fc.nat(original.length - 1), fc.integer({ min: 1, max: 255 }), async (place, change) => {
      const damaged = original.slice();
      damaged[place] = (damaged[place] ?? 0) ^ change;
      const storage = memoryStorage();
      await receive(damaged, { storage }).catch((error: { code?: string }) => {
        expect(['invalid_bundle', 'limit_exceeded']).toContain(error.code);
      });
      await expectHonest(storage);
    }),
    { numRuns: all ? 3000 : 150 },
  );
});
