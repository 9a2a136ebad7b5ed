// Packs, judged by git: it makes them, and it reads the indexes that are made here.

import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { packedObject, packHeader, packOf } from '../../../../test/git/pkt-line.ts';
import { type ArchiveRepository, archiveRepository } from '../../../../test/git-archive.ts';
import { applyDelta } from './delta.ts';
import { indexPack } from './index-pack.ts';
import { digitsOf, objectName } from './object.ts';
import { decodeIndex, encodeIndex } from './pack-index.ts';
import { packStore } from './pack-store.ts';

const repositories: ArchiveRepository[] = [];
afterAll(() => {
  for (const each of repositories) each.remove();
});
function fresh(): ArchiveRepository {
  const repository = archiveRepository();
  repositories.push(repository);
  return repository;
}

const options = { what: 'it', objectBytes: 2 ** 24 };
const sealed = (body: Uint8Array): Buffer => Buffer.concat([body, createHash('sha1').update(body).digest()]);

/** Commits of a file that grows and changes, so that git finds deltas worth making. */
function history(repository: ArchiveRepository, commits: number): readonly string[] {
  let text = Array.from({ length: 400 }, (_, i) => `line ${i}\n`).join('');
  const hashes: string[] = [];
  for (let i = 0; i < commits; i++) {
    text = text.replace(`line ${i * 7}\n`, `changed ${i}\n`) + randomBytes(20).toString('hex');
    const files = ['a', 'd/b', 'd/e/c'].map((path) => ({ path, bytes: Buffer.from(`${path} ${text}`) }));
    hashes.push(repository.commit([...files, { path: 'empty', bytes: Buffer.from('') }]));
  }
  return hashes;
}

describe('indexPack', () => {
  it.each([
    ['deltas by offset', ['--delta-base-offset', '--depth=50']],
    ['deltas by name', ['--depth=50']],
    ['no deltas', ['--depth=0']],
  ])('finds the objects of a pack with %s, and git reads its index', async (_, args) => {
    const repository = fresh();
    const all = repository
      .git(['rev-list', '--objects', ...history(repository, 25)])
      .toString()
      .trim()
      .split('\n');
    const input = all.map((line) => `${line.slice(0, 40)}\n`).join('');
    const pack = repository.git(['pack-objects', '--stdout', '-q', '--window=20', ...args], input);
    const objects = await indexPack(pack, options);
    const names = all.map((line) => line.slice(0, 40)).sort();
    expect(objects.map(({ name }) => digitsOf(name)).sort()).toEqual(names);

    const sum = pack.subarray(-20);
    const directory = join(repository.directory, 'ours');
    mkdirSync(directory);
    const file = join(directory, `pack-${sum.toString('hex')}`);
    const index = encodeIndex(objects, sum);
    writeFileSync(`${file}.pack`, pack);
    writeFileSync(`${file}.idx`, index);
    const verified = repository.git(['verify-pack', '-v', `${file}.idx`]).toString();
    expect(verified).toContain(': ok');
    if (args.includes('--depth=50')) expect(verified).toMatch(/chain length = ([5-9]|\d\d)/);
    // Git's own index of the same pack has the same bytes.
    const own = join(repository.directory, 'own.idx');
    repository.git(['index-pack', '-o', own, `${file}.pack`]);
    expect(readFileSync(own).equals(index)).toBe(true);

    const store = packStore(directory, 2 ** 24);
    await store.refresh();
    for (const name of names) {
      const object = await store.read(objectName(name) ?? new Uint8Array());
      const type = object?.type ?? '';
      expect(type).toBe(repository.git(['cat-file', '-t', name]).toString().trim());
      expect(Buffer.from(object?.data ?? []).equals(repository.git(['cat-file', type, name]))).toBe(true);
      const described = { type, size: object?.data.length };
      expect(await store.describe(objectName(name) ?? new Uint8Array())).toEqual(described);
      if (names.indexOf(name) > 20) break;
    }
    expect(store.has(new Uint8Array(20))).toBe(false);
    store.close();
  });

  const blob = (text: string): Buffer => packedObject(['blob', Buffer.from(text)]);
  const refDelta = (base: Uint8Array, delta: Uint8Array): Buffer =>
    Buffer.concat([Buffer.of(0x70 | delta.length), base, deflateSync(delta)]);
  const nameOf = (text: string) => createHash('sha1').update(`blob ${text.length}\0${text}`).digest();
  /** A delta from `aaaa` to `size` zeros, said to be so. */
  const boasting = (size: number): Buffer => {
    const varint: number[] = [];
    for (let rest = size; ; rest = Math.floor(rest / 128)) {
      varint.push(rest >= 128 ? (rest % 128) | 128 : rest);
      if (rest < 128) break;
    }
    return Buffer.from([4, ...varint, 0x90, 4]);
  };

  it('puts deltas together whose bases come later', async () => {
    const delta = Buffer.from([4, 8, 0x90, 4, 0x90, 4]);
    const pack = sealed(Buffer.concat([packHeader(2), refDelta(nameOf('aaaa'), delta), blob('aaaa')]));
    const objects = await indexPack(pack, options);
    const expected = [nameOf('aaaaaaaa'), nameOf('aaaa')].map((name) => name.toString('hex'));
    expect(objects.map(({ name }) => digitsOf(name))).toEqual(expected);
  });

  it.each([
    [
      'a checksum that does not hold',
      packOf([['blob', Buffer.from('a')]]).map((byte, i) => (i === 30 ? byte ^ 1 : byte)),
    ],
    ['no head', sealed(Buffer.from('PACX\0\0\0\x02\0\0\0\0', 'latin1'))],
    ['fewer entries than stated', sealed(Buffer.concat([packHeader(2), blob('a')]))],
    ['more entries than stated', sealed(Buffer.concat([packHeader(1), blob('a'), blob('b')]))],
    [
      'a larger object than stated',
      sealed(Buffer.concat([packHeader(1), packedObject(['blob', Buffer.alloc(999)], 9)])),
    ],
    [
      'a smaller object than stated',
      sealed(Buffer.concat([packHeader(1), packedObject(['blob', Buffer.alloc(9)], 99)])),
    ],
    ['a cut-off object', sealed(Buffer.concat([packHeader(1), blob('abcdefgh').subarray(0, -6)]))],
    [
      'a delta of nothing',
      sealed(Buffer.concat([packHeader(1), refDelta(nameOf('none'), Buffer.from([4, 4, 0x90, 4]))])),
    ],
    [
      'a delta of another base',
      sealed(Buffer.concat([packHeader(2), blob('aaaaa'), refDelta(nameOf('aaaaa'), Buffer.from([4, 4, 0x90, 4]))])),
    ],
    [
      'an offset before everything',
      sealed(Buffer.concat([packHeader(1), Buffer.of(0x64, 0x7f), deflateSync(Buffer.from([4, 4, 0x90, 4]))])),
    ],
    ['an unknown kind', sealed(Buffer.concat([packHeader(1), Buffer.of(0x50), deflateSync(Buffer.alloc(0))]))],
  ])('refuses %s', async (_, pack) => {
    await expect(indexPack(Uint8Array.from(pack), options)).rejects.toMatchObject({ code: 'upstream_invalid' });
  });

  it('leaves objects beyond its memory to the git program, before it has made them', async () => {
    const large = sealed(Buffer.concat([packHeader(1), packedObject(['blob', Buffer.from('x')], 2 ** 40)]));
    const delta = sealed(Buffer.concat([packHeader(2), blob('aaaa'), refDelta(nameOf('aaaa'), boasting(2 ** 40))]));
    for (const pack of [large, delta]) {
      await expect(indexPack(pack, options)).rejects.toMatchObject({
        code: 'needs_git_engine',
        data: { limit: 2 ** 24 },
      });
    }
  });

  it('leaves packs of too many objects to the git program', async () => {
    const pack = packOf(Array.from({ length: 17 }, () => ['blob', Buffer.alloc(0)] as const));
    const few = { ...options, objectBytes: 1024 };
    await expect(indexPack(pack, few)).rejects.toMatchObject({
      code: 'needs_git_engine',
      message: expect.stringMatching(/17 objects/),
    });
  });

  it('refuses objects of more deltas than git makes', async () => {
    const chain = (length: number): Buffer => {
      // Four bytes out of four, from the entry right before.
      const delta = (distance: number): Buffer =>
        Buffer.concat([Buffer.of(0x64, distance), deflateSync(Buffer.from([4, 4, 0x90, 4]))]);
      const [first, second, next] = [blob('aaaa'), delta(blob('aaaa').length), delta(delta(0).length)];
      const rest = Array.from({ length: length - 1 }, () => next);
      return sealed(Buffer.concat([packHeader(length + 1), first, second, ...rest]));
    };
    expect(await indexPack(chain(4095), options)).toHaveLength(4096);
    await expect(indexPack(chain(4096), options)).rejects.toMatchObject({
      code: 'upstream_invalid',
      message: expect.stringMatching(/4095/),
    });
  });

  it('stops when it is cancelled', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => ['blob', Buffer.from(`${i}`)] as const);
    const reason = new Error('enough');
    const cancelled = indexPack(packOf(many), { ...options, signal: AbortSignal.abort(reason) });
    await expect(cancelled).rejects.toBe(reason);
  });

  it('never fails otherwise, whatever is sent', async () => {
    const pack = packOf(['a', 'bb', 'ccc'].map((text) => ['blob', Buffer.from(text.repeat(50))] as const));
    const change = fc.array(fc.tuple(fc.nat(pack.length - 21), fc.nat(255)), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(change, async (changes) => {
        const body = Uint8Array.from(pack.subarray(0, -20));
        for (const [at, byte] of changes) body[at] = byte;
        const outcome = await indexPack(sealed(body), options).then(
          () => 'indexed',
          (error: { code?: string }) => error.code,
        );
        expect(['indexed', 'upstream_invalid', 'needs_git_engine']).toContain(outcome);
      }),
    );
  });
});

describe('an index', () => {
  it('finds names and prefixes', () => {
    const property = fc.property(
      fc.uniqueArray(fc.uint8Array({ minLength: 20, maxLength: 20 }), { maxLength: 30, selector: digitsOf }),
      fc.nat(40),
      (names, length) => {
        const index = decodeIndex(
          encodeIndex(
            names.map((name, i) => ({ name, offset: i + 12, crc: 0 })),
            new Uint8Array(20),
          ),
        );
        for (const [i, name] of names.entries()) {
          expect(index?.find(name)).toBe(i + 12);
          const prefix = digitsOf(name).slice(0, length);
          const expected = names.map(digitsOf).filter((digits) => digits.startsWith(prefix));
          expect(index?.withPrefix(prefix).map(digitsOf)).toEqual(expected.sort());
        }
        expect(index?.find(Uint8Array.from({ length: 20 }, () => 255))).toBe(undefined);
      },
    );
    fc.assert(property);
  });

  it('that is damaged is none', () => {
    const index = encodeIndex([{ name: new Uint8Array(20), offset: 12, crc: 0 }], new Uint8Array(20));
    for (const [i, byte] of index.entries()) {
      expect(decodeIndex(index.map((each, k) => (k === i ? byte ^ 1 : each)))).toBeUndefined();
    }
    expect(decodeIndex(index.subarray(1))).toBeUndefined();
  });
});

describe('applyDelta', () => {
  const base = Buffer.from('abcd');
  it.each([
    ['an unknown instruction', [4, 1, 0]],
    ['a copy beyond the base', [4, 4, 0x91, 1, 4]],
    ['a cut-off insertion', [4, 4, 4, 65]],
    ['too much', [4, 3, 0x90, 4]],
    ['too little', [4, 5, 0x90, 4]],
    ['a size without end', [4, ...Array<number>(12).fill(0x80)]],
  ])('refuses %s', (_, delta) => {
    expect(() => applyDelta(base, Buffer.from(delta))).toThrow(RangeError);
  });
});
