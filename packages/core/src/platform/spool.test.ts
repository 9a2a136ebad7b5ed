import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type ByteSource, readAll, streamOf } from '../bytes/source.ts';
import * as nodeSpool from './spool.node.ts';
import * as webSpool from './spool.web.ts';

const what = 'example.com/m@v1.0.0.zip';

function chunked(
  total: number,
  size: number,
  onCancel: (reason: unknown) => void = () => {},
): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        const length = Math.min(size, total - sent);
        if (length <= 0) return controller.close();
        const chunk = new Uint8Array(length);
        for (let i = 0; i < length; i++) chunk[i] = (sent + i) % 251;
        controller.enqueue(chunk);
        sent += length;
      },
      cancel: onCancel,
    },
    { highWaterMark: 0 },
  );
}

describe.each([
  ['node', nodeSpool.spool],
  ['web', webSpool.spool],
])('spool (%s)', (_, spool) => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'spool-test-'));
  });
  afterEach(() => {
    rmSync(directory, { recursive: true });
  });

  it.each([0, 1, 1000, 100_000])('keeps %i bytes, replayable and sliceable', async (total) => {
    const seen: number[] = [];
    const spooled = await spool(chunked(total, 777), {
      limit: total,
      what,
      directory,
      memory: 5000,
      onChunk: (chunk) => seen.push(chunk.length),
    });
    const expected = await readAll(chunked(total, total || 1));
    expect(spooled.size).toBe(total);
    const same = async (part: ByteSource, bytes: Uint8Array) =>
      Buffer.compare(await readAll(part.stream()), bytes) === 0;
    expect(await same(spooled, expected)).toBe(true);
    expect(await same(spooled, expected)).toBe(true);
    expect(await same(spooled.slice(3, 90_000), expected.subarray(3, 90_000))).toBe(true);
    expect(await readAll(spooled.slice(10, 500).slice(5, 20).stream())).toEqual(expected.subarray(15, 30));
    expect(seen.reduce((a, b) => a + b, 0)).toBe(total);
    await spooled.dispose();
    await spooled.dispose();
  });

  it('refuses more than the limit by name, cancels the stream and leaves nothing', async () => {
    const cancelled: unknown[] = [];
    const call = spool(
      chunked(100_000, 1000, (reason) => cancelled.push(reason)),
      { limit: 50_000, what, directory, memory: 5000 },
    );
    await expect(call).rejects.toMatchObject({ code: 'limit_exceeded', data: { limit: 50_000, what } });
    expect(cancelled).toHaveLength(1);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('rejects with the reason of an abort, even while a read waits', async () => {
    const controller = new AbortController();
    const reason = new Error('stop');
    let cancelled: unknown;
    const waiting = new ReadableStream<Uint8Array>({
      start: (c) => c.enqueue(new Uint8Array(10_000)),
      cancel: (r) => {
        cancelled = r;
      },
    });
    const call = spool(waiting, { limit: 1e6, what, directory, memory: 5000, signal: controller.signal });
    setTimeout(() => controller.abort(reason), 5);
    await expect(call).rejects.toBe(reason);
    expect(cancelled).toBe(reason);
    expect(readdirSync(directory)).toEqual([]);
  });

  it('does not wait for a stream that never settles its cancel', async () => {
    const stuck = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(10)),
      cancel: () => new Promise(() => {}),
    });
    await expect(spool(stuck, { limit: 5, what })).rejects.toMatchObject({ code: 'limit_exceeded' });
  });

  it('does not start when already aborted', async () => {
    const reason = new Error('no');
    const call = spool(streamOf(new Uint8Array(1)), { limit: 10, what, signal: AbortSignal.abort(reason) });
    await expect(call).rejects.toBe(reason);
  });

  it('passes on what the stream or onChunk fails with', async () => {
    const fault = new Error('reset');
    const failing = new ReadableStream<Uint8Array>({
      pull: (c) => c.error(fault),
    });
    await expect(spool(failing, { limit: 10, what })).rejects.toBe(fault);
    const options = {
      limit: 10,
      what,
      onChunk: () => {
        throw fault;
      },
    };
    await expect(spool(streamOf(new Uint8Array(3)), options)).rejects.toBe(fault);
  });

  it('fails reads after dispose', async () => {
    const spooled = await spool(chunked(20_000, 100), { limit: 1e6, what, directory, memory: 5000 });
    await spooled.dispose();
    await expect((async () => readAll(spooled.stream()))()).rejects.toMatchObject({ code: 'closed' });
  });
});

describe('spool (node)', () => {
  it('says that the disk does not take a body, without its paths, and cancels the stream', async () => {
    const cancelled: unknown[] = [];
    const body = chunked(50_000, 1000, (reason) => cancelled.push(reason));
    const directory = join(tmpdir(), 'spool-test-that-is-not-there');
    const error = await nodeSpool.spool(body, { limit: 1e6, what, directory, memory: 5000 }).catch((e: Error) => e);
    expect(error).toMatchObject({ code: 'storage_unavailable', data: { transient: true } });
    expect((error as Error).message).not.toContain(directory);
    expect(cancelled).toHaveLength(1);
  });

  it('has unlinked its file before the body is there', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'spool-test-'));
    const listings: string[][] = [];
    const spooled = await nodeSpool.spool(chunked(50_000, 1000), {
      limit: 1e6,
      what,
      directory,
      memory: 1000,
      onChunk: () => listings.push(readdirSync(directory)),
    });
    expect(listings.flat()).toEqual([]);
    expect(spooled.size).toBe(50_000);
    await spooled.dispose();
    rmSync(directory, { recursive: true });
  });
});

describe('spool (web)', () => {
  it('states its own cap', async () => {
    const call = webSpool.spool(chunked(70 * 1024 * 1024, 8 * 1024 * 1024), { limit: 1e9, what });
    await expect(call).rejects.toMatchObject({ code: 'limit_exceeded', data: { limit: 64 * 1024 * 1024 } });
  });
});
