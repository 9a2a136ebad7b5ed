// Modules in one SQL file, for any number of processes on it. An object is a row, which one INSERT creates or does not.
// Rows are read and written whole: memory is that of the zips under way. Where those are big, keep them in parts.
import { resolve } from 'node:path';
import { GoModKitError } from '@gomodkit/core';
import * as plugin from '@gomodkit/core/storage';
import Database from 'libsql';

type Row = Readonly<{ key: string; etag: string; size: number; made: number; bytes: ArrayBuffer | null }>;
const infoOf = ({ key, etag, size, made }: Row): plugin.ObjectInfo => ({ key, etag, size, modified: new Date(made) });
const table = 'objects (key TEXT PRIMARY KEY, etag TEXT, size INTEGER, made INTEGER, bytes BLOB)';

export const openStorage: plugin.OpenStorage = ({ file = 'modules.db', ...unknown }, { workingDirectory }) => {
  if (Object.keys(unknown).length > 0) throw new GoModKitError('invalid_argument', 'the only option is file=PATH');
  const db = new Database(resolve(workingDirectory, file), { timeout: 10_000 });
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE IF NOT EXISTS ${table}`);
  const sql = (signal: AbortSignal | undefined, query: string, ...values: unknown[]): Row[] => {
    signal?.throwIfAborted();
    if (!db.open) throw new GoModKitError('closed', 'the database is closed');
    try {
      return db.prepare(query).all(...values) as Row[];
    } catch (cause) {
      throw new GoModKitError('storage_unavailable', 'the database cannot be used now', { cause });
    }
  };
  const head: plugin.Storage['head'] = async (key, { signal } = {}) => {
    plugin.checkKey(key);
    return sql(signal, 'SELECT key, etag, size, made FROM objects WHERE key = ?', key).map(infoOf)[0];
  };
  return {
    head,
    async get(key, { range: wanted, signal } = {}) {
      if (wanted) plugin.checkRange(wanted);
      const info = await head(key, { signal });
      if (info === undefined) return undefined;
      const range = plugin.resolveRange(key, info.size, wanted);
      const size = range.end - range.start;
      const query = 'SELECT substr(bytes, ?, ?) AS bytes FROM objects WHERE key = ? AND etag = ?';
      const [row] = sql(signal, query, range.start + 1, size, key, info.etag);
      const chunks = new Blob([row?.bytes ?? '']).stream();
      const body = plugin.objectBody(chunks, { backend: 'SQL', key, size, stall: 60_000, signal, release() {} });
      return { ...info, range, body };
    },
    async create(key, source, { signal } = {}) {
      if ((await head(key, { signal })) !== undefined) return { created: false };
      const { value: bytes } = await plugin.sourceParts(source, Math.max(1, source.size), { signal }).next();
      const query = 'INSERT INTO objects VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING key';
      return { created: sql(signal, query, key, crypto.randomUUID(), source.size, Date.now(), bytes).length === 1 };
    },
    async list(options = {}) {
      const { prefix, after, limit } = plugin.listBounds(options);
      const query = 'SELECT key, etag, size, made FROM objects WHERE key > ? AND key >= ? ORDER BY key LIMIT ?';
      const rows = sql(options.signal, query, after, prefix, limit + 1).filter(({ key }) => key.startsWith(prefix));
      return { objects: rows.slice(0, limit).map(infoOf), more: rows.length > limit };
    },
    async delete(key, { signal } = {}) {
      if (await head(key, { signal })) sql(signal, 'DELETE FROM objects WHERE key = ?', key);
    },
    close: async () => void db.close(),
  };
};
