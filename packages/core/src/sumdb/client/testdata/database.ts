// A checksum database in memory, honest unless told otherwise, for tests.

import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { escapePath, escapeVersion } from '../../../module/escape.ts';
import type { CallOptions } from '../../../storage/storage.ts';
import * as note from '../../note/index.ts';
import * as tlog from '../../tlog/index.ts';
import { storedIn } from '../../tlog/testdata/log.ts';

/** Keys of tests, no secret. */
export const keys: note.KeyPair = await note.generateKey('sum.example/db', new Uint8Array(32).fill(7));
const signer = await note.newSigner(keys.signerKey);

/** The record text of a module version, told apart by `mark`. */
export function recordText(path: string, version: string, mark = 'good'): string {
  return `${path} ${version} h1:${mark}-${path}=\n${path} ${version}/go.mod h1:${mark}-mod-${path}=\n`;
}

/** A database: what it serves can be replaced path by path. */
export class TestDatabase {
  readonly records: string[] = [];
  readonly stored: Uint8Array[] = [];
  readonly numbers: Map<string, number> = new Map();
  /** What was asked, in order. */
  readonly asked: string[] = [];
  /** Answers instead of the honest ones: bytes, or something to throw. */
  readonly instead: Map<string, Uint8Array | Error> = new Map();
  /** Which tree goes with answers to lookups and is the latest. Default: the whole one. */
  size: number | undefined;
  readonly height: number;

  constructor(height = 8) {
    this.height = height;
  }

  /** A database with records of `count` modules, `example.com/m0` to … at v1.0.0. */
  static async of(count: number, height = 8): Promise<TestDatabase> {
    const database = new TestDatabase(height);
    await database.grow(count);
    return database;
  }

  /** Appends modules until there are `count`. */
  async grow(count: number, mark?: string): Promise<void> {
    while (this.records.length < count) {
      const path = `example.com/m${this.records.length}`;
      await this.append(path, 'v1.0.0', recordText(path, 'v1.0.0', mark));
    }
  }

  async append(path: string, version: string, text: string): Promise<void> {
    const number = this.records.length;
    this.stored.push(...(await tlog.storedHashes(BigInt(number), text, storedIn(this.stored))));
    this.records.push(text);
    this.numbers.set(`${escapePath(path)}@${escapeVersion(version)}`, number);
  }

  /** The tree of the first `size` records, signed. */
  async head(size: number = this.size ?? this.records.length, extra = ''): Promise<string> {
    const hash = await tlog.treeHash(BigInt(size), storedIn(this.stored));
    return signTree({ size: BigInt(size), hash }, extra);
  }

  /** What `remote` of a client is. */
  readonly remote = async (path: string, { signal }: CallOptions = {}): Promise<Uint8Array> => {
    this.asked.push(path);
    signal?.throwIfAborted();
    const instead = this.instead.get(path);
    if (instead instanceof Error) throw instead;
    return instead ?? this.answer(path);
  };

  /** The honest answer. */
  async answer(path: string): Promise<Uint8Array> {
    if (path === 'latest') return encodeUtf8(await this.head());
    if (path.startsWith('lookup/')) return this.lookup(path.slice('lookup/'.length));
    const tile = tlog.parseTilePath(path);
    const end = ((tile.n << BigInt(tile.h)) + BigInt(tile.w)) << BigInt(tile.h * tile.l);
    if (end > BigInt(this.records.length)) throw new GoModKitError('not_found', `no ${path}`);
    return tlog.readTileData(tile, storedIn(this.stored));
  }

  async lookup(key: string): Promise<Uint8Array> {
    const number = this.numbers.get(key);
    if (number === undefined) throw new GoModKitError('not_found', `unknown ${key}`);
    const text = this.records[number] ?? '';
    return encodeUtf8(tlog.formatRecord({ number: BigInt(number), text }) + (await this.head()));
  }
}

/** A tree that the database signs, true or not. */
export function signTree(tree: tlog.Tree, extra = ''): Promise<string> {
  return note.sign({ text: tlog.formatTree(tree) + extra }, signer);
}
