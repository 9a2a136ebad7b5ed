// A database with data tiles and well-formed sums, for tests of audits.

import { sha256 } from '#sha256';
import { encodeUtf8 } from '../../../bytes/utf8.ts';
import { GoModKitError } from '../../../errors/error.ts';
import { TestDatabase } from '../../client/testdata/database.ts';
import * as tlog from '../../tlog/index.ts';

/** An `h1:` sum that only `mark` makes. */
export function sumOf(mark: string): string {
  return `h1:${tlog.formatHash(sha256(encodeUtf8(mark)))}`;
}

/** A good record. */
export function goodRecord(path: string, version: string, mark = 'good'): string {
  const [zip, goMod] = [sumOf(`${mark} zip ${path}`), sumOf(`${mark} go.mod ${path}`)];
  return `${path} ${version} ${zip}\n${path} ${version}/go.mod ${goMod}\n`;
}

/** A database that serves all that an auditor asks for. */
export class AuditedDatabase extends TestDatabase {
  /** A database of modules `example.com/m0` to … at v1.0.0. */
  static override async of(count: number, height = 2, mark?: string): Promise<AuditedDatabase> {
    const database = new AuditedDatabase(height);
    await database.grow(count, mark);
    return database;
  }

  override async grow(count: number, mark?: string): Promise<void> {
    while (this.records.length < count) {
      const path = `example.com/m${this.records.length}`;
      await this.append(path, 'v1.0.0', goodRecord(path, 'v1.0.0', mark));
    }
  }

  override async answer(path: string): Promise<Uint8Array> {
    const match = /^tile\/\d+\/data\//.test(path) ? tlog.parseTilePath(path) : undefined;
    if (match === undefined) return super.answer(path);
    const first = Number(match.n) * 2 ** match.h;
    const records = this.records.slice(first, first + match.w);
    if (records.length < match.w) throw new GoModKitError('not_found', `no ${path}`);
    return encodeUtf8(tlog.formatDataTile(records));
  }
}
