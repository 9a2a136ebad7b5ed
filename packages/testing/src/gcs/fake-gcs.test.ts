// The fake's answers, request by request, beside those of a server that others wrote, where it is installed.

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fakeGcsServer, startFakeGcsServer } from '../../../../tools/real-servers/fake-gcs-server.ts';
import { crc32c } from './crc32c.ts';
import { startFakeGcs } from './index.ts';

const unit = 256 * 1024;

/** What fake-gcs-server 1.56 does otherwise than the service. */
const wrongThere: Readonly<Record<string, string>> = {
  'deletes only the generation that is named': 'it ignores conditions of deletes',
  'says how far a resumable upload is': 'it takes the question for the end of the upload',
  'ends a session that is cancelled': 'it goes on taking its chunks',
  'refuses a condition when a resumable upload begins': 'it looks at conditions at the end only',
  'knows a finished session': 'it forgets sessions when they end',
};

describe.each([
  ['the fake', true],
  ['fake-gcs-server', false],
] as const)('%s', (_, ours) => {
  let endpoint = '';
  let end: () => Promise<void> = async () => {};
  const present = ours || fakeGcsServer !== undefined;

  beforeAll(async () => {
    if (!present) return;
    if (ours) {
      const fake = await startFakeGcs();
      [endpoint, end] = [fake.endpoint, fake.close];
    } else {
      const server = await startFakeGcsServer(fakeGcsServer ?? '');
      [endpoint, end] = [server.endpoint, server.stop];
    }
    const body = JSON.stringify({ name: 'modules' });
    await fetch(`${endpoint}/storage/v1/b?project=test`, { method: 'POST', body });
  });
  afterAll(() => end());

  const example = (name: string, body: () => Promise<void>): void => {
    const wrong = !ours && name in wrongThere;
    it.skipIf(!present || wrong)(wrong ? `${name} (${wrongThere[name]})` : name, body);
  };

  const insert = (name: string, bytes: Uint8Array, query = ''): Promise<Response> =>
    fetch(`${endpoint}/upload/storage/v1/b/modules/o?uploadType=media&name=${encodeURIComponent(name)}${query}`, {
      method: 'POST',
      body: bytes,
    });
  const object = (name: string, query = ''): string =>
    `${endpoint}/storage/v1/b/modules/o/${encodeURIComponent(name)}${query}`;
  const begin = async (name: string, query = '', metadata: object = {}): Promise<Response> =>
    fetch(`${endpoint}/upload/storage/v1/b/modules/o?uploadType=resumable&name=${name}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(metadata),
    });
  const send = (session: Response, range: string, body: Uint8Array = new Uint8Array()): Promise<Response> =>
    fetch(session.headers.get('location') ?? '', {
      method: 'PUT',
      headers: { 'content-range': `bytes ${range}` },
      body,
      redirect: 'manual',
    });
  const text = (value: string): Uint8Array => new TextEncoder().encode(value);

  example('describes what it stored', async () => {
    const answer = await insert('a/b', text('hello'));
    expect(answer.status).toBe(200);
    const described = (await (await fetch(object('a/b'))).json()) as Record<string, string>;
    expect(described).toMatchObject({ name: 'a/b', bucket: 'modules', size: '5', crc32c: 'mnG7TA==' });
    expect(described.generation).toMatch(/^\d+$/);
    const media = await fetch(object('a/b', '?alt=media'));
    expect(await media.text()).toBe('hello');
    expect(media.headers.get('x-goog-generation')).toBe(described.generation);
    expect(media.headers.get('x-goog-hash')).toContain('crc32c=mnG7TA==');
    expect(media.headers.get('x-goog-stored-content-length')).toBe('5');
  });

  example('creates once where generation 0 is the condition', async () => {
    expect((await insert('once', text('1'), '&ifGenerationMatch=0')).status).toBe(200);
    expect((await insert('once', text('2'), '&ifGenerationMatch=0')).status).toBe(412);
    expect(await (await fetch(object('once', '?alt=media'))).text()).toBe('1');
  });

  example('delivers ranges', async () => {
    await insert('range', text('0123456789'));
    const ranged = (range: string): Promise<Response> => fetch(object('range', '?alt=media'), { headers: { range } });
    const part = await ranged('bytes=2-4');
    expect([part.status, part.headers.get('content-range'), await part.text()]).toEqual([206, 'bytes 2-4/10', '234']);
    expect(await (await ranged('bytes=8-')).text()).toBe('89');
    expect(await (await ranged('bytes=8-100')).text()).toBe('89');
    expect((await ranged('bytes=10-')).status).toBe(416);
  });

  example('lists by pages, from an offset that is inclusive', async () => {
    for (const name of ['l/3', 'l/1', 'l/2', 'l-1']) await insert(name, text('x'));
    const list = async (query: string): Promise<{ names: string[]; nextPageToken?: string }> => {
      const page = (await (await fetch(`${endpoint}/storage/v1/b/modules/o?${query}`)).json()) as {
        items?: { name: string }[];
        nextPageToken?: string;
      };
      return {
        names: page.items?.map(({ name }) => name) ?? [],
        ...(page.nextPageToken && { nextPageToken: page.nextPageToken }),
      };
    };
    const first = await list('prefix=l/&maxResults=2');
    expect(first.names).toEqual(['l/1', 'l/2']);
    expect(await list(`prefix=l/&maxResults=2&pageToken=${encodeURIComponent(first.nextPageToken ?? '')}`)).toEqual({
      names: ['l/3'],
    });
    expect((await list('prefix=l/&startOffset=l/2')).names).toEqual(['l/2', 'l/3']);
    expect((await list('prefix=nothing')).names).toEqual([]);
  });

  example('deletes once', async () => {
    await insert('gone', text('x'));
    expect((await fetch(object('gone'), { method: 'DELETE' })).ok).toBe(true);
    expect((await fetch(object('gone'), { method: 'DELETE' })).status).toBe(404);
    expect((await fetch(object('gone'))).status).toBe(404);
    expect((await fetch(object('gone', '?alt=media'))).status).toBe(404);
  });

  example('deletes only the generation that is named', async () => {
    await insert('mine', text('x'));
    expect((await fetch(object('mine', '?ifGenerationMatch=1'), { method: 'DELETE' })).status).toBe(412);
    expect((await fetch(object('mine'))).status).toBe(200);
  });

  example('takes a resumable upload in chunks', async () => {
    const session = await begin('big', '&ifGenerationMatch=0', { crc32c: crc32c(new Uint8Array(unit + 3)) });
    expect(session.status).toBe(200);
    const first = await send(session, `0-${unit - 1}/${unit + 3}`, new Uint8Array(unit));
    expect([first.status, first.headers.get('range')]).toEqual([308, `bytes=0-${unit - 1}`]);
    expect((await fetch(object('big'))).status).toBe(404);
    expect((await send(session, `${unit}-${unit + 2}/${unit + 3}`, new Uint8Array(3))).status).toBe(200);
    expect((await (await fetch(object('big'))).json()) as object).toMatchObject({ size: String(unit + 3) });
  });

  example('refuses a resumable upload that lost its race at its end', async () => {
    const session = await begin('race', '&ifGenerationMatch=0');
    await insert('race', text('first'));
    expect((await send(session, '0-1/2', text('2n'))).status).toBe(412);
    expect(await (await fetch(object('race', '?alt=media'))).text()).toBe('first');
  });

  example('refuses a resumable upload with another checksum', async () => {
    const session = await begin('damaged', '', { crc32c: crc32c(text('right')) });
    expect((await send(session, '0-4/5', text('wrong'))).status).toBe(400);
    expect((await fetch(object('damaged'))).status).toBe(404);
  });

  example('says how far a resumable upload is', async () => {
    const session = await begin('far');
    const nothing = await send(session, '*/300000');
    expect([nothing.status, nothing.headers.get('range')]).toEqual([308, null]);
    await send(session, `0-${unit - 1}/300000`, new Uint8Array(unit));
    const some = await send(session, '*/300000');
    expect([some.status, some.headers.get('range')]).toEqual([308, `bytes=0-${unit - 1}`]);
  });

  example('knows a finished session', async () => {
    const session = await begin('finished');
    await send(session, '0-1/2', text('ok'));
    expect((await send(session, '*/2')).status).toBe(200);
  });

  example('refuses a condition when a resumable upload begins', async () => {
    await insert('taken', text('x'));
    expect((await begin('taken', '&ifGenerationMatch=0')).status).toBe(412);
  });

  example('ends a session that is cancelled', async () => {
    const session = await begin('cancelled');
    const cancelled = await fetch(session.headers.get('location') ?? '', { method: 'DELETE' });
    expect(cancelled.status).toBe(499);
    expect((await send(session, '0-1/2', text('ok'))).status).toBe(404);
  });
});
