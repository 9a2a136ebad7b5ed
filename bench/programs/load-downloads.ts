// Clients on slow lines: they read a body at a fixed speed and leave the rest to the server's buffers.

import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** What to download. */
export interface SlowDownloadsRequest {
  readonly url: string;
  readonly clients: number;
  /** Of each client. */
  readonly bytesPerSecond: number;
}

/** Downloads to the end; rejects when a body is not as long as announced. */
export async function slowDownloads({ url, clients, bytesPerSecond }: SlowDownloadsRequest): Promise<object> {
  const sizes = await Promise.all(Array.from({ length: clients }, () => download(url, bytesPerSecond)));
  return { bytes: sizes.reduce((sum, size) => sum + size, 0) };
}

async function download(url: string, bytesPerSecond: number): Promise<number> {
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get(url, { agent: false }, resolve).once('error', reject);
  });
  if (response.statusCode !== 200) throw new Error(`${url}: ${response.statusCode}`);
  const start = performance.now();
  let size = 0;
  for await (const chunk of response) {
    size += (chunk as Buffer).length;
    const early = start + (size * 1000) / bytesPerSecond - performance.now();
    if (early > 5) await sleep(early);
  }
  const announced = Number(response.headers['content-length']);
  if (size !== announced) throw new Error(`${url}: ${size} of ${announced} bytes came`);
  return size;
}
