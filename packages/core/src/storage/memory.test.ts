import { describe, expect, it } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { describeStorage } from './conformance/index.ts';
import { memoryStorage } from './memory.ts';

describeStorage('memory', { open: () => memoryStorage(), again: (storage) => storage }, { describe, it });

describe('memoryStorage', () => {
  it('counts objects and what is being read in against its limit', async () => {
    const storage = memoryStorage({ maxBytes: 10 });
    await storage.create('a', bytesSource(new Uint8Array(6)));
    await expect(storage.create('b', bytesSource(new Uint8Array(5)))).rejects.toMatchObject({ code: 'limit_exceeded' });
    const both = [
      storage.create('c', bytesSource(new Uint8Array(3))),
      storage.create('d', bytesSource(new Uint8Array(3))),
    ];
    const ends = await Promise.allSettled(both);
    expect(ends.map((end) => end.status)).toEqual(['fulfilled', 'rejected']);
    await storage.delete?.('a');
    await expect(storage.create('b', bytesSource(new Uint8Array(7)))).resolves.toEqual({ created: true });
  });

  it('gives room back after a failed or lost create', async () => {
    const storage = memoryStorage({ maxBytes: 10 });
    await expect(storage.create('a', { size: 8, stream: () => new Blob(['x']).stream() })).rejects.toMatchObject({
      code: 'invalid_argument',
    });
    const racers = await Promise.all([0, 1].map(() => storage.create('a', bytesSource(new Uint8Array(5)))));
    expect(racers.filter((end) => end.created)).toHaveLength(1);
    await expect(storage.create('b', bytesSource(new Uint8Array(5)))).resolves.toEqual({ created: true });
  });

  it('is not reached by changes of the bytes that went in or came out', async () => {
    const storage = memoryStorage();
    const bytes = encodeUtf8('abc');
    await storage.create('a', bytesSource(bytes));
    bytes[0] = 0;
    const first = await storage.get('a');
    const out = await readAll(first?.body ?? new ReadableStream());
    out[1] = 0;
    const second = await storage.get('a');
    expect(await readAll(second?.body ?? new ReadableStream())).toEqual(encodeUtf8('abc'));
  });

  it('makes equal bytes have equal etags', async () => {
    const storage = memoryStorage({ now: () => new Date(5) });
    await storage.create('a', bytesSource(encodeUtf8('same')));
    await storage.create('b', bytesSource(encodeUtf8('same')));
    expect((await storage.head('a'))?.etag).toBe((await storage.head('b'))?.etag);
    expect((await storage.head('a'))?.modified).toEqual(new Date(5));
  });
});
