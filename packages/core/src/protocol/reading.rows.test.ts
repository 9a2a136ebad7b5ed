// protocol-cases.md, rows 1 to 10: what is answered about modules.

import { describe, expect, it } from 'vitest';
import { infoText, modText, zipBytes } from './testdata/fake-repository.ts';
import { ask, request } from './testdata/requests.ts';
import { setup } from './testdata/setup.ts';

const lastModified = 'Sat, 03 Feb 2024 04:05:06 GMT';
const immutable = 'public, max-age=31536000, immutable';

describe('modules', () => {
  it('row 1: @latest', async () => {
    const { handler } = setup();
    const { status, headers, text } = await ask(handler, '/example.com/@latest');
    expect({ status, headers, text }).toEqual({
      status: 200,
      headers: {
        'content-type': 'application/json',
        'cache-control': 'public, max-age=60',
        'content-length': String(infoText.length),
        etag: '"info-etag"',
        'last-modified': lastModified,
      },
      text: infoText,
    });
  });

  it('row 1: private behind a hook, unless the hook says public', async () => {
    let everybody = false;
    const { handler } = setup({ authorize: () => ({ allow: true, public: everybody }) });
    const hidden = await ask(handler, '/example.com/@v/v1.0.0.mod');
    expect(hidden.headers).toMatchObject({
      'cache-control': 'private, max-age=31536000, immutable',
      vary: 'authorization',
    });
    for (const target of ['/', '/example.com/@v/v9.9.9.info', '/example.com/@latest']) {
      const { headers } = await ask(handler, target);
      expect(headers['cache-control']).toMatch(/^private/);
      expect(headers.vary).toBe('authorization');
    }
    everybody = true;
    const open = await ask(handler, '/example.com/@v/v1.0.0.mod');
    expect(open.headers['cache-control']).toBe(immutable);
    expect(open.headers).not.toHaveProperty('vary');
    expect((await ask(handler, '/example.com/@v/v9.9.9.info')).headers['cache-control']).toMatch(/^public/);
  });

  it.each([
    '/example.com/@v/list',
    '/example.com/@latest',
    '/example.com/@v/v1.0.0.info',
    '/example.com/@v/v1.0.0.mod',
    '/example.com/@v/v1.0.0.zip',
    '/example.com/@v/v1.0.1.zip',
    '/example.com/M/@v/list',
    '/healthz',
    '/readyz',
    '/sumdb/s.example/supported',
    '/',
  ])('row 2: HEAD %s', async (target) => {
    const { handler } = setup();
    const get = await ask(handler, target);
    const head = await handler(request(target, {}, { method: 'HEAD' }));
    expect(head).toEqual({ status: get.status, headers: get.headers, body: null });
    expect(head.headers['content-length']).toBe(String(get.bytes.length));
  });

  it('row 2: HEAD opens no zip, and ignores ranges', async () => {
    const { handler, repository } = setup();
    const head = await handler(request('/example.com/@v/v1.0.0.zip', { range: 'bytes=0-9' }, { method: 'HEAD' }));
    expect(head).toMatchObject({ status: 200, headers: { 'content-length': '1000', 'accept-ranges': 'bytes' } });
    expect(repository.opened).toBe(0);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'TRACE', 'get', ''])('row 3: %s', async (method) => {
    const { handler, repository } = setup();
    const { status, headers } = await ask(handler, request('/example.com/@latest', {}, { method }));
    expect(status).toBe(405);
    expect(headers).toMatchObject({ allow: 'GET, HEAD', 'cache-control': 'no-store' });
    expect(repository.calls).toEqual([]);
  });

  it('row 4: list', async () => {
    const { handler, repository } = setup();
    repository.versions = async () => ['v1.0.0', 'v1.1.0-rc.1', 'v1.10.0'];
    const { status, headers, text } = await ask(handler, '/example.com/@v/list');
    expect({ status, headers, text }).toEqual({
      status: 200,
      headers: {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'public, max-age=60',
        'content-length': '27',
        etag: expect.stringMatching(/^"[0-9a-f]{64}"$/),
      },
      text: 'v1.0.0\nv1.1.0-rc.1\nv1.10.0\n',
    });
  });

  it('row 4: no versions are 200 with an empty body', async () => {
    const { handler, repository } = setup();
    repository.versions = async () => [];
    const { status, headers, bytes } = await ask(handler, '/example.com/@v/list');
    expect({ status, length: headers['content-length'], bytes: bytes.length }).toEqual({
      status: 200,
      length: '0',
      bytes: 0,
    });
  });

  it.each([
    ['info', 'application/json', new TextEncoder().encode(infoText)],
    ['mod', 'text/plain; charset=utf-8', new TextEncoder().encode(modText)],
    ['zip', 'application/zip', zipBytes],
  ])('row 5: .%s', async (kind, contentType, body) => {
    const { handler } = setup();
    const { status, headers, bytes } = await ask(handler, `/example.com/@v/v1.0.0.${kind}`);
    expect({ status, headers }).toEqual({
      status: 200,
      headers: {
        'content-type': contentType,
        'cache-control': immutable,
        'content-length': String(body.length),
        etag: `"${kind}-etag"`,
        'last-modified': lastModified,
        ...(kind === 'zip' ? { 'accept-ranges': 'bytes' } : {}),
      },
    });
    expect(bytes).toEqual(body);
  });

  it('row 5: validators that could not be headers are left out', async () => {
    const { handler, repository } = setup();
    const bytes = new Uint8Array(1);
    repository.goMod = async () => ({ bytes, etag: 'a"\r\nx-evil: 1', modified: new Date(Number.NaN) });
    const { status, headers } = await ask(handler, '/example.com/@v/v1.0.0.mod');
    expect(status).toBe(200);
    expect(Object.keys(headers).sort()).toEqual(['cache-control', 'content-length', 'content-type']);
  });

  it('row 6: a query is answered for a minute', async () => {
    const { handler, repository } = setup();
    const { status, headers, text } = await ask(handler, '/example.com/@v/main.info');
    expect({ status, text, cache: headers['cache-control'] }).toEqual({
      status: 200,
      text: infoText,
      cache: 'public, max-age=60',
    });
    expect(repository.calls).toEqual(['info example.com@main']);
  });

  it('row 10: .info and .mod ask for no zip', async () => {
    const { handler, repository } = setup();
    await ask(handler, '/example.com/@v/v1.0.0.info');
    await ask(handler, '/example.com/@v/v1.0.0.mod');
    expect(repository.calls).toEqual(['info example.com@v1.0.0', 'mod example.com@v1.0.0']);
  });
});

describe('conditions and ranges', () => {
  const zip = '/example.com/@v/v1.0.0.zip';

  it.each([
    ['info', { 'if-none-match': '"info-etag"' }],
    ['mod', { 'if-none-match': '"x", W/"mod-etag"' }],
    ['zip', { 'if-none-match': '*' }],
    ['zip', { 'if-modified-since': lastModified }],
    ['zip', { 'if-none-match': '"zip-etag"', range: 'bytes=0-9' }],
  ])('row 8: .%s %j', async (kind, headers: Record<string, string>) => {
    const { handler, repository } = setup();
    const response = await handler(request(`/example.com/@v/v1.0.0.${kind}`, headers));
    expect(response).toEqual({
      status: 304,
      headers: { 'cache-control': immutable, etag: `"${kind}-etag"`, 'last-modified': lastModified },
      body: null,
    });
    expect(repository.opened).toBe(0);
  });

  it('row 8: a list is recognised by its bytes', async () => {
    const { handler, repository } = setup();
    const list = '/example.com/@v/list';
    const { etag = '' } = (await ask(handler, list)).headers;
    expect((await ask(handler, request(list, { 'if-none-match': etag }))).status).toBe(304);
    repository.versions = async () => ['v1.0.0', 'v1.0.1'];
    expect((await ask(handler, request(list, { 'if-none-match': etag }))).status).toBe(200);
  });

  it('row 8: another ETag is no match, whatever the date', async () => {
    const { handler } = setup();
    const headers = { 'if-none-match': '"old"', 'if-modified-since': lastModified };
    expect((await ask(handler, request(zip, headers))).status).toBe(200);
  });

  it.each([
    ['bytes=0-99', 0, 100],
    ['bytes=990-', 990, 1000],
    ['bytes=-10', 990, 1000],
    ['bytes=500-9999', 500, 1000],
  ])('row 9: %s', async (range, start, end) => {
    const { handler } = setup();
    const response = await ask(handler, request(zip, { range }));
    expect(response.status).toBe(206);
    expect(response.headers).toMatchObject({
      'content-range': `bytes ${start}-${end - 1}/1000`,
      'content-length': String(end - start),
      'content-type': 'application/zip',
      etag: '"zip-etag"',
    });
    expect(response.bytes).toEqual(zipBytes.subarray(start, end));
  });

  it('row 9: 416 names the size', async () => {
    const { handler, repository } = setup();
    const { status, headers } = await ask(handler, request(zip, { range: 'bytes=1000-' }));
    expect(status).toBe(416);
    expect(headers).toMatchObject({ 'content-range': 'bytes */1000', 'cache-control': 'no-store' });
    expect(repository.opened).toBe(0);
  });

  it.each([
    { range: 'bytes=0-9,20-29' },
    { range: 'bytes=9-0' },
    { range: 'lines=1-2' },
    { range: 'bytes=0-9', 'if-range': '"old"' },
    { range: 'bytes=0-9', 'if-range': 'W/"zip-etag"' },
  ])('row 9: the whole for %j', async (headers) => {
    const { handler } = setup();
    const response = await ask(handler, request(zip, headers as unknown as Record<string, string>));
    expect(response.status).toBe(200);
    expect(response.headers).not.toHaveProperty('content-range');
    expect(response.bytes).toEqual(zipBytes);
  });

  it('row 9: If-Range with the current validator', async () => {
    const { handler } = setup();
    for (const condition of ['"zip-etag"', lastModified]) {
      const headers = { range: 'bytes=0-9', 'if-range': condition };
      expect((await ask(handler, request(zip, headers))).status).toBe(206);
    }
  });

  it.each([
    { 'if-match': '"old"', range: 'bytes=0-9' },
    { 'if-match': 'W/"zip-etag"' },
    { 'if-unmodified-since': 'Sat, 01 Jan 2000 00:00:00 GMT' },
  ])('row 9: 412 for bytes that are not the ones named by %j', async (headers) => {
    const { handler, repository } = setup();
    for (const method of ['GET', 'HEAD']) {
      const response = await ask(handler, request(zip, headers as unknown as Record<string, string>, { method }));
      expect([method, response.status, response.headers['cache-control']]).toEqual([method, 412, 'no-store']);
    }
    expect(repository.opened).toBe(0);
  });

  it('row 9: If-Match with the current validator', async () => {
    const { handler } = setup();
    expect((await ask(handler, request(zip, { range: 'bytes=0-9', 'if-match': '"zip-etag"' }))).status).toBe(206);
  });

  it('row 9: ranges are for zips only', async () => {
    const { handler } = setup();
    const response = await ask(handler, request('/example.com/@v/v1.0.0.mod', { range: 'bytes=0-1' }));
    expect(response).toMatchObject({ status: 200, text: modText });
    expect(response.headers).not.toHaveProperty('accept-ranges');
  });

  it('row 9: a storage that opens other bytes than announced is a fault, and what it opened is released', async () => {
    const { handler, repository, errors } = setup();
    let cancelled = false;
    const real = repository.zip;
    repository.zip = async (...args) => {
      const file = await real(...args);
      const open: typeof file.open = async () => {
        const body = new ReadableStream<Uint8Array>({
          cancel() {
            cancelled = true;
          },
        });
        return { ...(await file.open()), body, range: { start: 0, end: 1000 } };
      };
      return { ...file, open };
    };
    const { status } = await ask(handler, request(zip, { range: 'bytes=0-9' }));
    expect({ status, cancelled, errors: errors.length }).toEqual({ status: 500, cancelled: true, errors: 1 });
  });
});
