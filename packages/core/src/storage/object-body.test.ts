import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readAll } from '../bytes/source.ts';
import { objectBody } from './object-body.ts';

interface Released {
  readonly reason: unknown;
  readonly missing: number;
}

/** A body of `size` bytes over chunks of these lengths; a negative length fails, `Infinity` hangs. */
function bodyOf(size: number, lengths: readonly number[], signal?: AbortSignal) {
  const released: Released[] = [];
  async function* chunks(): AsyncGenerator<Uint8Array> {
    for (const length of lengths) {
      if (length === Number.POSITIVE_INFINITY) await new Promise(() => {});
      if (length < 0) throw new Error('socket hang up');
      yield Buffer.alloc(length, 7);
    }
  }
  const release = (reason: unknown, missing: number) => released.push({ reason, missing });
  return { body: objectBody(chunks(), { backend: 'Test', key: 'a/b', size, stall: 50, signal, release }), released };
}

describe('a body', () => {
  it.each([[[]], [[3]], [[1, 2]], [[0, 3, 0]]])('of chunks %j is delivered whole', async (lengths) => {
    const size = lengths.reduce((sum: number, length) => sum + length, 0);
    const { body, released } = bodyOf(size, lengths);
    expect((await readAll(body)).length).toBe(size);
    expect(released).toEqual([]);
  });

  it.each([
    ['ends early', [2], 'Test sent 2 bytes of a/b instead of 3', 1],
    ['goes on too long', [2, 2], 'Test sent 4 bytes of a/b instead of 3', 0],
    ['breaks off', [2, -1], 'Test broke off while a/b was read', 1],
    ['stalls', [2, Number.POSITIVE_INFINITY], 'Test sent nothing of a/b for 50 ms', 1],
  ])('that %s is a transient fault', async (_, lengths, message, missing) => {
    const { body, released } = bodyOf(3, lengths);
    const fault = { code: 'storage_unavailable', message, data: { key: 'a/b', transient: true } };
    await expect(readAll(body)).rejects.toMatchObject(fault);
    expect(released).toEqual([{ reason: expect.objectContaining({ message }), missing }]);
  });

  it('of a Node stream that fails before anybody reads fails when it is read, and not the process', async () => {
    const stream = new PassThrough();
    const body = objectBody(stream, { backend: 'Test', key: 'a/b', size: 3, stall: 50, release() {} });
    stream.destroy(new Error('socket hang up'));
    await sleep(1);
    await expect(readAll(body)).rejects.toMatchObject({ code: 'storage_unavailable', data: { transient: true } });
  });

  it('that is cancelled releases its request once', async () => {
    const { body, released } = bodyOf(5, [2, 3]);
    const reader = body.getReader();
    await reader.read();
    await reader.cancel('enough');
    expect(released).toEqual([{ reason: 'enough', missing: 3 }]);
  });

  it('whose call is aborted ends with the reason, also in the middle of a read', async () => {
    const stop = new AbortController();
    const { body, released } = bodyOf(5, [2, Number.POSITIVE_INFINITY], stop.signal);
    const reader = body.getReader();
    await reader.read();
    const reading = reader.read();
    await sleep(5);
    stop.abort('stop');
    await expect(reading).rejects.toBe('stop');
    expect(released).toEqual([{ reason: 'stop', missing: 3 }]);
  });

  it('of an aborted call delivers nothing', async () => {
    const { body, released } = bodyOf(5, [5], AbortSignal.abort('before'));
    await expect(readAll(body)).rejects.toBe('before');
    expect(released).toEqual([{ reason: 'before', missing: 5 }]);
  });

  it('that was read is not touched by a late abort', async () => {
    const stop = new AbortController();
    const { body, released } = bodyOf(2, [2], stop.signal);
    await readAll(body);
    stop.abort('late');
    expect(released).toEqual([]);
  });
});
