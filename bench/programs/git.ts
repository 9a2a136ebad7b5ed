// Repositories: makes them, serves them by smart HTTP, and stores modules from them as an embedder would.

import { createRepository, gitSource } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { startGitServer } from '../../packages/core/test/git/server.ts';
import { type RepositoryShape, writeRepository } from '../fixtures/git-repository.ts';
import { answerLines, timed } from './answer-lines.ts';

/** Versions to be stored, from nothing. */
export interface StoreRequest {
  readonly op: 'store';
  readonly engine: 'git' | 'isomorphic';
  /** The server's URL. */
  readonly server: string;
  readonly modulePath: string;
  readonly versions: readonly string[];
  /** Empty directories. */
  readonly cache: string;
  readonly storage: string;
}

await answerLines({
  writeRepository: ({ directory, shape }: { readonly directory: string; readonly shape: RepositoryShape }) =>
    timed(() => writeRepository(directory, shape)),

  async serve({ root }: { readonly root: string }) {
    return { port: (await startGitServer(root)).port };
  },

  async store({ cache, engine, modulePath, server, storage, versions }: StoreRequest) {
    const rewrites = [{ from: 'https://example.com/', to: `${server}/` }];
    // The server is ours: no politeness.
    const source = gitSource({ engine, cache, rewrites, perHost: { requestsPerSecond: 10_000 } });
    const kept = directoryStorage(storage);
    const repository = createRepository({ storage: kept, source, sumdb: 'off' });
    try {
      return await timed(async () => {
        // Several at once, as `gomodkit capture` does.
        const waiting = [...versions];
        const work = async (): Promise<void> => {
          for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
            await repository.zip(modulePath, next);
          }
        };
        await Promise.all(Array.from({ length: 8 }, work));
      });
    } finally {
      await repository.close();
      await kept.close?.();
      await source.close();
    }
  },
});
