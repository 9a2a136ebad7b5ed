// The module proxy that is measured: repository, handler and adapter as an embedder puts them together.

import { createHandler, createRepository, memoryStorage, type Storage, upstreamSource } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { type Adapter, adapters } from './adapters.ts';
import { answerLines } from './answer-lines.ts';

/** What the server is to be made of. */
export interface ServeRequest {
  readonly op: 'serve';
  readonly adapter: Adapter;
  readonly upstream: string;
  /** A directory, or nothing for memory. */
  readonly storage: string | undefined;
}

await answerLines({
  async serve({ adapter, upstream, storage }: ServeRequest) {
    const kept: Storage = storage === undefined ? memoryStorage() : directoryStorage(storage);
    const repository = createRepository({ storage: kept, source: upstreamSource(upstream), sumdb: 'off' });
    const onError = (error: unknown): void => console.error(error);
    return adapters[adapter](createHandler({ repository, onError }));
  },
});
