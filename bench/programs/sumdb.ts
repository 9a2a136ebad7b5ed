// A checksum database of made-up modules, a server that proxies it, and a client that verifies with it.

import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { createHandler, createRepository, memoryStorage, sumdb } from '@gomodkit/core';
import { adapters } from './adapters.ts';
import { answerLines, timed } from './answer-lines.ts';
import { listen } from './listen.ts';

const name = 'sum.example/db';
const below = `/sumdb/${name}/`;

const pathOf = (i: number): string => `example.com/sums/m${i}`;
const sumOf = (text: string): string => `h1:${createHash('sha256').update(text).digest('base64')}`;
const sumsOf = (i: number) => ({ zip: sumOf(`zip ${i}`), goMod: sumOf(`mod ${i}`) });

/** Where a database is, and whose key it signs with. */
interface At {
  /** Without `/sumdb/NAME/`. */
  readonly url: string;
  readonly key: string;
}

const remoteOf =
  (url: string): sumdb.SumdbRemote =>
  async (path, { signal }) => {
    const response = await fetch(url + below + path, { signal: signal ?? null });
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new Uint8Array(await response.arrayBuffer());
  };

/** The storage of the client, kept from one run to the next. */
let kept = memoryStorage();

await answerLines({
  /** A database of `records` modules. */
  async database({ records }: { readonly records: number }) {
    const keys = await sumdb.note.generateKey(name);
    const signer = await sumdb.note.newSigner(keys.signerKey);
    const database = sumdb.createChecksumDatabase({ storage: memoryStorage(), signer });
    const all = Array.from({ length: records }, (_, i) => ({ path: pathOf(i), version: 'v1.0.0', sums: sumsOf(i) }));
    for (let from = 0; from < records; from += 1000) await database.add(all.slice(from, from + 1000));
    const server = createServer((request, response) => {
      const path = decodeURIComponent(request.url ?? '').slice(below.length);
      database.sumdb(name, path).then(
        (body) => response.end(body),
        (error) => response.writeHead(404).end(String(error)),
      );
    });
    return { ...(await listen(server)), key: keys.verifierKey };
  },
  async proxy({ url, key }: At) {
    const storage = memoryStorage();
    const proxy = sumdb.createSumdbProxy({ storage, databases: [{ key, remote: remoteOf(url) }] });
    return adapters.node(createHandler({ repository: createRepository({ storage }), sumdb: proxy }));
  },
  /** Verifies a go.sum of `lines`, with empty caches or with what the last run left. */
  async verify({ url, key, lines, warm }: At & { readonly lines: number; readonly warm: boolean }) {
    if (!warm) kept = memoryStorage();
    const client = sumdb.createSumdbClient({
      key,
      remote: remoteOf(url),
      heads: sumdb.storageHeads(kept, name),
      cache: sumdb.storageCache(kept, name),
    });
    const both = async (i: number): Promise<void> => {
      await client.verify(pathOf(i), 'v1.0.0', sumsOf(i).zip);
      await client.verify(pathOf(i), 'v1.0.0/go.mod', sumsOf(i).goMod);
    };
    return timed(() => Promise.all(Array.from({ length: lines / 2 }, (_, i) => both(i))));
  },
});
