// How many requests a repository makes to its bucket while clients ask it for modules, counted where the storage hands them to the SDK.

import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createHandler, createRepository, upstreamSource } from '@gomodkit/core';
import { s3Storage } from '@gomodkit/storage-s3';
import { startFakeS3 } from '@gomodkit/testing/s3';
import { s3ClientAt } from './buckets-client.ts';

/** Requests to be made of the repository. */
export interface RequestsRequest {
  readonly upstream: string;
  /** `cold`: modules that nobody asked for; `restarted`: stored ones, that this process has not served; `warm`: served before. */
  readonly state: 'cold' | 'restarted' | 'warm';
  /** What is asked for of each module, in this order. */
  readonly kinds: readonly ('info' | 'mod' | 'zip')[];
  readonly modules: number;
  readonly atOnce: number;
}

/** What the bucket was asked for. */
export interface RequestCounts {
  /** Proxy requests that were answered. */
  readonly answered: number;
  /** By operation: `PutObject`, … */
  readonly operations: Readonly<Record<string, number>>;
  /** Bytes of objects that the bucket has more of. */
  readonly stored: number;
}

/** Makes them, and counts. */
export async function countRequests(request: RequestsRequest): Promise<RequestCounts> {
  const { upstream, state, kinds, modules, atOnce } = request;
  const server = await startFakeS3();
  const client = s3ClientAt(server.endpoint);
  await client.send(new CreateBucketCommand({ Bucket: 'modules' }));
  const open = () => {
    const storage = s3Storage({ bucket: 'modules', client });
    const repository = createRepository({ storage, source: upstreamSource(upstream), sumdb: 'off' });
    return { storage, repository, handler: createHandler({ repository }) };
  };
  const targets = Array.from({ length: modules }, (_, index) =>
    kinds.map((kind) => `/example.com/requests/m${index}/@v/v1.0.0.${kind}`),
  );
  const askAll = async ({ handler }: ReturnType<typeof open>): Promise<void> => {
    const left = targets[Symbol.iterator]();
    const work = async (): Promise<void> => {
      for (const each of left) {
        for (const url of each) {
          const { status, body } = await handler({ method: 'GET', url, headers: new Headers() });
          if (status !== 200) throw new Error(`${url}: ${status}`);
          await new Response(body as ReadableStream<Uint8Array> | Uint8Array<ArrayBuffer> | null).arrayBuffer();
        }
      }
    };
    await Promise.all(Array.from({ length: atOnce }, work));
  };

  let opened = open();
  // The probe of the endpoint, and what is looked at once per process.
  await opened.handler({ method: 'GET', url: '/example.com/first/@v/v1.0.0.info', headers: new Headers() });
  if (state !== 'cold') await askAll(opened);
  if (state === 'restarted') {
    await opened.repository.close();
    opened = open();
  }
  // What was published has its entry in the index by then.
  await opened.repository.index({ limit: 1 });
  const before = server.operations.length;
  const storedBefore = await storedBytes(opened.storage);
  const lists = server.operations.length - before;
  await askAll(opened);
  await opened.repository.close();
  const operations: Record<string, number> = {};
  for (const name of server.operations.slice(before + lists)) operations[name] = (operations[name] ?? 0) + 1;
  const stored = (await storedBytes(opened.storage)) - storedBefore;
  client.destroy();
  await server.close();
  return { answered: modules * kinds.length, operations, stored };
}

async function storedBytes(storage: ReturnType<typeof s3Storage>): Promise<number> {
  let bytes = 0;
  for (let after: string | undefined, more = true; more; ) {
    const page = await storage.list({ after });
    for (const { size } of page.objects) bytes += size;
    after = page.objects.at(-1)?.key;
    more = page.more;
  }
  return bytes;
}
