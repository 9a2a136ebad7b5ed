// The largest zip there may be, through object stores: the server that captures it and serves it holds a few parts of it in memory, and an upload
// that is cut off midway leaves nothing.
//
// GOMODKIT_TEST_SCALE=full is the real size; else a tenth of it, where only what grows with it is judged.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ListMultipartUploadsCommand } from '@aws-sdk/client-s3';
import { fileSource } from '@gomodkit/core';
import { tempDirectory } from '@gomodkit/testing';
import { beforeAll, describe, expect, it, vi } from 'vitest';
import { writeBigZip } from '../bench/fixtures/big-zip.ts';
import { type Backend, backends } from './support/backends.ts';
import { type BuiltProgram, buildProgram } from './support/built-program.ts';
import { closeAfterAll, closeAfterEach } from './support/closing.ts';
import { startFileUpstream } from './support/file-upstream.ts';
import { type Instance, startInstance, targetsOf } from './support/instances.ts';
import { forgetPeak, knowsMemory, memoryOf } from './support/memory.ts';
import { openPlace, type StoragePlace, s3ClientAt } from './support/storage-place.ts';

const mebibyte = 1024 * 1024;
const full = process.env.GOMODKIT_TEST_SCALE === 'full';
const size = (full ? 495 : 60) * mebibyte;
/** What is asked of the server's resident memory, in bytes. */
const limit = 200e6;
const clients = 4;
const big = { path: 'example.com/big', version: 'v1.0.0' };
const bigName = `${big.path}@${big.version}`;
const [, , zipTarget = ''] = targetsOf(bigName);
const small = { path: 'example.com/small', version: 'v1.0.0' };

const keep = closeAfterEach();
const keepForAll = closeAfterAll();
let zips: Readonly<Record<string, string>> = {};
let built: BuiltProgram;

// Fakes keep whole objects and requests in the memory of this process; one of them is enough for every run.
const chosen = backends.filter(({ name, real }) => real || (!full && name === 'S3, faked'));

beforeAll(async () => {
  built = keepForAll(await buildProgram('instance'));
  const directory = keepForAll(await tempDirectory()).path;
  zips = { [bigName]: join(directory, 'big.zip'), [`${small.path}@${small.version}`]: join(directory, 'small.zip') };
  await writeBigZip(join(directory, 'big.zip'), big, size);
  await writeBigZip(join(directory, 'small.zip'), small, mebibyte);
}, 120_000);

describe.each(chosen)('$name', (backend) => {
  it.skipIf(!backend.installed || !knowsMemory)(
    `takes and gives a zip of ${size / mebibyte} MiB through a server of bounded memory`,
    { timeout: 300_000 },
    async () => {
      const { instance } = await serverOn(backend);
      // What is loaded at first use is loaded now: its size says nothing about zips.
      await instance.capture(`${small.path}@${small.version}`);
      const idle = (await memoryOf(instance.pid)).resident;

      await forgetPeak(instance.pid);
      const report = await instance.capture(bigName);
      expect(report).toMatchObject({ refused: [], new: { zips: 1 } });
      const capturing = (await memoryOf(instance.pid)).peak;

      await forgetPeak(instance.pid);
      const wanted = await sumOf(createReadStream(zips[bigName] ?? ''));
      const sums = await Promise.all(Array.from({ length: clients }, () => sumOfDownload(instance.url + zipTarget)));
      expect(sums).toEqual(sums.map(() => wanted));
      const serving = (await memoryOf(instance.pid)).peak;

      const megabytes = [idle, capturing, serving].map((bytes) => Math.round(bytes / 1e6));
      console.log(
        `${backend.name}: ${size / mebibyte} MiB, MB resident: idle ${megabytes[0]}, at most ${megabytes[1]} while it was captured and ${megabytes[2]} while ${clients} clients read it`,
      );
      if (full) expect(Math.max(capturing, serving)).toBeLessThan(limit);
      else expect(Math.max(capturing, serving) - idle, 'growth').toBeLessThan(limit / 2);
    },
  );

  it.skipIf(!backend.installed)('has nothing of an upload that was killed midway', { timeout: 300_000 }, async () => {
    const { instance, place } = await serverOn(backend);
    const storage = await openPlace(place);
    const captured = instance.capture(bigName).catch(() => 'killed');
    // The zip is the last that is stored. Object stores without parts to be seen are given some time instead.
    const key = zipTarget.slice(1);
    await vi.waitFor(async () => expect(await storage.head(`${key}hash`)).toBeDefined(), {
      timeout: 60_000,
      interval: 5,
    });
    if (place.kind === 's3')
      await vi.waitFor(async () => expect(await openUploads(place)).toBe(1), { timeout: 60_000, interval: 5 });
    else await sleep(20);
    await instance.close();
    expect(await captured).toBe('killed');

    expect(await storage.head(key)).toBeUndefined();
    expect((await storage.list({ prefix: key })).objects.map((object) => object.key)).toEqual([`${key}hash`]);
    if (place.kind === 's3') {
      expect(await openUploads(place)).toBe(1);
      expect(await storage.sweep?.({ olderThan: new Date(Date.now() - 3_600_000) }), 'what is young').toBe(0);
      expect(await storage.sweep?.({ olderThan: new Date(Date.now() + 60_000) })).toBe(1);
      expect(await openUploads(place)).toBe(0);
    }
    await storage.close?.();
  });

  it.skipIf(!backend.installed)('has nothing of an upload that was aborted midway', { timeout: 300_000 }, async () => {
    const place = await keep(await backend.start()).place();
    const storage = await openPlace(place);
    const source = keep(await fileSource(zips[bigName] ?? ''));
    const stop = new AbortController();
    const reason = new Error('enough');
    let read = 0;
    const stopsMidway = {
      size: source.size,
      stream: () =>
        source.stream().pipeThrough(
          new TransformStream<Uint8Array, Uint8Array>({
            transform(chunk, controller) {
              read += chunk.length;
              if (read > 1.5 * source.size || (place.kind === 's3' && read > source.size / 2)) stop.abort(reason);
              controller.enqueue(chunk);
            },
          }),
        ),
    };
    await expect(storage.create('aborted/big.zip', stopsMidway, { signal: stop.signal })).rejects.toBe(reason);
    expect(await storage.head('aborted/big.zip')).toBeUndefined();
    if (place.kind === 's3') await vi.waitFor(async () => expect(await openUploads(place)).toBe(0));
    await storage.close?.();
  });
});

async function serverOn(backend: Backend): Promise<{ readonly instance: Instance; readonly place: StoragePlace }> {
  const place = await keep(await backend.start()).place();
  const upstream = keep(await startFileUpstream(zips));
  return { instance: keep(await startInstance(built, place, upstream.url)), place };
}

/** How many multipart uploads are neither complete nor aborted. */
async function openUploads(place: StoragePlace & { kind: 's3' }): Promise<number> {
  const client = await s3ClientAt(place);
  const { Uploads = [] } = await client.send(new ListMultipartUploadsCommand({ Bucket: place.bucket }));
  client.destroy();
  return Uploads.length;
}

async function sumOfDownload(url: string): Promise<string> {
  const response = await fetch(url);
  expect(response.status).toBe(200);
  if (response.body === null) throw new Error('an answer without body');
  return sumOf(response.body);
}

async function sumOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const sum = createHash('sha256');
  for await (const chunk of chunks) sum.update(chunk);
  return sum.digest('hex');
}
