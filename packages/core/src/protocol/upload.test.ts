// Publishing over HTTP, through the handler alone. The adapters have their own tests.

import { describe, expect, it } from 'vitest';
import { bytesSource, readAll, streamOf } from '../bytes/source.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { createRepository } from '../repository/index.ts';
import { memoryStorage } from '../storage/memory.ts';
import { createZip, sourceFile, verifyZip } from '../zip/index.ts';
import { createHandler, type HandlerOptions } from './create-handler.ts';
import type { HandlerRequest } from './handler.ts';
import type { UploadOptions } from './upload.ts';

const path = 'example.com/m';
const version = 'v1.0.0';
const target = `/${path}/@v/${version}.zip`;
const everybody: UploadOptions = { authorize: () => ({ allow: true }) };

function zipOf(
  files: Record<string, string> = { 'go.mod': `module ${path}\n` },
  of: string = version,
): Promise<Uint8Array> {
  const list = Object.entries(files).map(([name, text]) => sourceFile(name, encodeUtf8(text)));
  return readAll(createZip({ path, version: of }, list));
}

function server(options: Partial<HandlerOptions> = {}) {
  const storage = memoryStorage();
  const repository = createRepository({ storage });
  const errors: unknown[] = [];
  const handler = createHandler({ repository, upload: everybody, onError: (error) => errors.push(error), ...options });
  const ask = async (
    method: string,
    url: string,
    headers: Record<string, string> = {},
    more: Partial<HandlerRequest> = {},
  ) => {
    const answer = await handler({ method, url, headers: new Headers(headers), ...more });
    const { body } = answer;
    const bytes = body instanceof ReadableStream ? await readAll(body) : (body ?? new Uint8Array());
    return { ...answer, text: new TextDecoder().decode(bytes), bytes };
  };
  const put = (bytes: Uint8Array, headers: Record<string, string> = {}, url: string = target) =>
    ask('PUT', url, { 'content-length': String(bytes.length), ...headers }, { body: streamOf(bytes) });
  const keys = async () =>
    (await storage.list()).objects.map(({ key }) => key).filter((key) => !key.startsWith('.gomodkit/'));
  return { ask, put, keys, errors, repository };
}

describe('an upload', () => {
  it('is 201 with the go.sum lines, 200 for the same again, 409 for another, and served', async () => {
    const { ask, put } = server();
    const bytes = await zipOf();
    const { h1 } = await verifyZip({ path, version }, bytesSource(bytes));
    const first = await put(bytes, { 'module-time': '2020-01-02T03:04:05Z' });
    expect([first.status, first.headers['cache-control']]).toEqual([201, 'no-store']);
    expect(first.text.split('\n')[0]).toBe(`${path} ${version} ${h1}`);
    expect(await put(bytes)).toMatchObject({ status: 200, text: first.text });
    const other = await put(await zipOf({ 'go.mod': `module ${path}\n`, 'a.go': '' }));
    expect(other.status).toBe(409);
    expect(other.text).toContain(h1);
    expect((await ask('GET', target)).bytes).toEqual(bytes);
    expect(JSON.parse((await ask('GET', `/${path}/@latest`)).text)).toEqual({
      Version: version,
      Time: '2020-01-02T03:04:05Z',
    });
  });

  it('needs no announced length', async () => {
    const { ask } = server();
    expect((await ask('PUT', target, {}, { body: streamOf(await zipOf()) })).status).toBe(201);
  });

  it('is off by default: 405, the body unread', async () => {
    const { put, keys } = server({ upload: undefined });
    const { status, headers } = await put(await zipOf());
    expect([status, headers.allow, headers.connection]).toEqual([405, 'GET, HEAD', 'close']);
    expect(await keys()).toEqual([]);
  });

  it.each([{}, { authorize: undefined }, { authorize: 'nobody' }, { ...everybody, limit: -1 }])(
    'cannot be switched on by accident: %j',
    (upload) => {
      const repository = createRepository({ storage: memoryStorage() });
      const authorize = () => ({ allow: true }) as const;
      expect(() => createHandler({ repository, authorize, upload: upload as UploadOptions })).toThrow(/upload/);
    },
  );

  it.each<[string, UploadOptions['authorize'], number]>([
    ['401', () => ({ allow: false, status: 401 }), 401],
    ['403', () => ({ allow: false, status: 403 }), 403],
    ['a hook that says nothing', (() => undefined) as never, 500],
    ['a hook that says yes in its own way', (() => ({ allow: 'yes', status: 403 })) as never, 403],
    ['a hook that throws', () => Promise.reject(new Error('ldap at 10.0.0.1')), 500],
  ])('that is not allowed (%s) is not read', async (_, authorize, status) => {
    let read = false;
    const pull = (): void => {
      read = true;
    };
    const body = new ReadableStream<Uint8Array>({ pull }, { highWaterMark: 0 });
    const { ask, keys } = server({ upload: { authorize }, authorize: () => ({ allow: true, public: true }) });
    const answer = await ask('PUT', target, { 'content-length': '100' }, { body });
    expect(answer.status).toBe(status);
    expect(answer.headers.vary).toBe('authorization');
    expect(answer.text).not.toContain('10.0.0.1');
    expect(read).toBe(false);
    expect(await keys()).toEqual([]);
  });

  it('is asked of its own hook, with the module, and not of the one for reading', async () => {
    const asked: unknown[] = [];
    const authorize: UploadOptions['authorize'] = (_, module) => {
      asked.push(module);
      return { allow: true };
    };
    const { put } = server({ upload: { authorize }, authorize: () => ({ allow: false, status: 403 }) });
    expect((await put(await zipOf())).status).toBe(201);
    expect(asked).toEqual([{ path, version }]);
  });

  const bad = async (files: Record<string, string>) => zipOf(files);
  it.each<[string, () => Promise<Uint8Array>, Record<string, string>, number, RegExp]>([
    ['not a zip', async () => encodeUtf8('hello'), {}, 422, /rules of module zips/],
    ['another version', () => zipOf({ 'go.mod': `module ${path}\n` }, 'v1.0.1'), {}, 422, /does not have prefix/],
    [
      'another module line',
      () => bad({ 'go.mod': 'module example.com/n\n' }),
      {},
      422,
      /must say module example\.com\/m/,
    ],
    ['over the limit, announced', async () => new Uint8Array(2001), {}, 413, /2000 bytes/],
    ['a time that is none', () => zipOf(), { 'module-time': 'yesterday' }, 400, /"yesterday"/],
    ['a part', () => zipOf(), { 'content-range': 'bytes 0-9/100' }, 400, /Content-Range/],
    ['a length that is none', () => zipOf(), { 'content-length': '1e3' }, 400, /Content-Length/],
    ['shorter than announced', () => zipOf(), { 'content-length': '1999' }, 400, /1999/],
    ['longer than announced', () => zipOf(), { 'content-length': '10' }, 400, /longer/],
    ['empty', async () => new Uint8Array(), {}, 422, /zip/],
  ])('%s is refused with the reason, and nothing stored', async (_, bytes, headers, status, text) => {
    const { put, keys, errors } = server({ upload: { ...everybody, limit: 2000 } });
    const answer = await put(await bytes(), headers);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(text)]);
    expect(await keys()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('over the limit without announcing it is cut off there', async () => {
    let sent = 0;
    const body = new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          sent += 1000;
          controller.enqueue(new Uint8Array(1000));
        },
      },
      { highWaterMark: 0 },
    );
    const { ask, keys } = server({ upload: { ...everybody, limit: 5000 } });
    expect((await ask('PUT', target, {}, { body })).status).toBe(413);
    expect(sent).toBe(6000);
    expect(await keys()).toEqual([]);
  });

  it('over the limit of the repository is 413, too', async () => {
    const repository = createRepository({ storage: memoryStorage(), limits: { zip: 10 } });
    const { put } = server({ repository });
    expect((await put(await zipOf())).status).toBe(413);
  });

  it('without a body, or with one that breaks off, is 400', async () => {
    const { ask, keys, errors } = server();
    expect((await ask('PUT', target)).status).toBe(400);
    const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(new Error('ECONNRESET')) });
    expect((await ask('PUT', target, { 'content-length': '10' }, { body })).status).toBe(400);
    expect(await keys()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('of somebody who left stores nothing, even if all of it came', async () => {
    const { ask, keys, errors } = server();
    const abort = new AbortController();
    const bytes = await zipOf();
    const body = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.enqueue(bytes);
        abort.abort(new Error('left'));
        controller.close();
      },
    });
    expect((await ask('PUT', target, {}, { body, signal: abort.signal })).status).toBe(503);
    expect(await keys()).toEqual([]);
    expect(errors).toEqual([]);
  });

  it('of a withdrawn version is 403 with the reason', async () => {
    const { put, repository, keys } = server();
    await repository.withdraw({ path, version, status: 'gone', reason: 'leaks a key', author: 'me' });
    const { status, text } = await put(await zipOf());
    expect([status, text]).toEqual([403, expect.stringContaining('leaks a key')]);
    expect(await keys()).toEqual([]);
  });

  it.each([
    ['/x', 404],
    [`/${path}/@v/list`, 405],
    [`/${path}/@v/${version}.info`, 405],
    [`/${path}/@v/${version}.mod`, 405],
    [`/${path}/@latest`, 405],
    ['/healthz', 405],
    ['/sumdb/sum.golang.org/latest', 405],
    [`/${path}/@v/main.zip`, 404],
    [`/${path}/@v/v2.0.0.zip`, 404],
    [`/${path}/../n/@v/${version}.zip`, 404],
    [`/${path}/%2e%2e/@v/${version}.zip`, 404],
    [`/../../etc/@v/${version}.zip`, 404],
    [`/${path}/@v/..%2f..%2fx.zip`, 404],
    ['/.gomodkit/withdrawals/@v/v1.0.0.zip', 404],
  ])('to %s is %i', async (url, status) => {
    const { put, keys } = server();
    expect((await put(await zipOf(), {}, url)).status).toBe(status);
    expect(await keys()).toEqual([]);
  });

  it('row 35 still holds: GET with a body is 400; so does row 3', async () => {
    const { ask } = server();
    expect((await ask('GET', target, { 'content-length': '4' })).status).toBe(400);
    expect((await ask('POST', target, { 'content-length': '4' })).status).toBe(405);
  });

  it('is told about storage faults as everybody is', async () => {
    const storage = memoryStorage();
    const repository = createRepository({
      storage: { ...storage, create: () => Promise.reject(new Error('EIO /secret')) },
    });
    const { put, errors } = server({ repository });
    const { status, text } = await put(await zipOf());
    expect(status).toBe(503);
    expect(text).not.toContain('secret');
    expect(errors).toHaveLength(1);
  });
});
