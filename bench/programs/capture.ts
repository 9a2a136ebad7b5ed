// Captures closures as an embedder would: a repository on a directory, modules from an upstream next door.

import { createRepository, memoryStorage, upstreamSource } from '@gomodkit/core';
import { directoryStorage } from '@gomodkit/storage-fs';
import { answerLines, timed } from './answer-lines.ts';

/** What is to be captured. */
export interface CaptureRequest {
  readonly op: 'capture';
  readonly upstream: string;
  /** A directory, or nothing for memory. */
  readonly storage?: string | undefined;
  /** Text of a go.mod. */
  readonly goMod: string;
}

await answerLines({
  async capture({ upstream, storage, goMod }: CaptureRequest) {
    const kept = storage === undefined ? memoryStorage() : directoryStorage(storage);
    const repository = createRepository({ storage: kept, source: upstreamSource(upstream), sumdb: 'off' });
    const before = process.cpuUsage();
    const { milliseconds } = await timed(async () => {
      for await (const event of repository.capture({ goMod })) {
        if (event.type === 'refused') throw new Error(`${event.path}: ${event.reason}`);
      }
    });
    const { user, system } = process.cpuUsage(before);
    await repository.close();
    await kept.close?.();
    return { milliseconds, processor: (user + system) / 1000 };
  },
});
