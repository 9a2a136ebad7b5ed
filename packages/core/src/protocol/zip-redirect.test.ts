import { afterEach, describe, expect, it } from 'vitest';
import { createRepository, type Repository, type RepositoryOptions } from '../repository/index.ts';
import { memorySource } from '../source/index.ts';
import { memoryStorage, type Storage } from '../storage/index.ts';
import { createHandler, type HandlerOptions } from './create-handler.ts';
import type { HandlerRequest } from './handler.ts';
import { ask } from './testdata/requests.ts';

const zipPath = '/example.com/@v/v1.0.0.zip';
const zipKey = zipPath.slice(1);

const open: Repository[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((repository) => repository.close()));
});

function setup(
  handlerOptions: Partial<HandlerOptions>,
  options: Partial<RepositoryOptions> & { sign?: Storage['signedUrl'] } = {},
) {
  const { sign = async (key) => `https://bucket.example.com/${key}?signature=x`, ...rest } = options;
  const calls: string[] = [];
  const storage: Storage & Required<Pick<Storage, 'delete' | 'signedUrl'>> = Object.assign(
    memoryStorage() as Storage & Required<Pick<Storage, 'delete'>>,
    {
      signedUrl: (...args: Parameters<NonNullable<Storage['signedUrl']>>) => {
        calls.push(args[0]);
        return sign(...args);
      },
    },
  );
  const source = memorySource({
    'example.com@v1.0.0': { files: { 'go.mod': 'module example.com\n', 'a.go': 'package a\n' } },
  });
  const repository = createRepository({ storage, source, sumdb: 'off', ...rest });
  open.push(repository);
  const errors: unknown[] = [];
  const handler = createHandler({ repository, onError: (error) => errors.push(error), ...handlerOptions });
  const get = (headers: Readonly<Record<string, string>> = {}, method = 'GET', url = zipPath) => {
    const request: HandlerRequest = { method, url, headers: { get: (name) => headers[name] ?? null } };
    return handler(request);
  };
  return { storage, repository, handler, errors, calls, get };
}

/** Redirects are for the bytes of a GET; this is what is answered from here. */
const streamed = { status: 200, headers: { 'content-type': 'application/zip', 'accept-ranges': 'bytes' } };

describe('zips by redirect', () => {
  it('are off unless they are asked for', async () => {
    const { get, calls } = setup({});
    expect(await get()).toMatchObject(streamed);
    expect(calls).toEqual([]);
  });

  it('name what the storage signs, once the zip is captured, and are never kept', async () => {
    const { get, storage } = setup({ zipRedirect: true });
    const answer = await get();
    expect(answer).toEqual({
      status: 302,
      headers: {
        location: `https://bucket.example.com/${zipKey}?signature=x`,
        'cache-control': 'no-store',
        'content-length': '0',
      },
      body: new Uint8Array(0),
    });
    expect(await storage.head(zipKey)).toBeDefined();
  });

  it('may be said by a function, which knows what it is about', async () => {
    const seen: unknown[] = [];
    const { get, calls } = setup({
      zipRedirect: ({ signedUrl, ...zip }, { request }) => {
        seen.push(zip, request.method, typeof signedUrl);
        return `https://cdn.example.com/${zip.key}`;
      },
    });
    expect((await get()).headers.location).toBe(`https://cdn.example.com/${zipKey}`);
    expect(seen).toMatchObject([
      { path: 'example.com', version: 'v1.0.0', key: zipKey, size: expect.any(Number) },
      'GET',
      'function',
    ]);
    expect(calls).toEqual([]);
  });

  it('are for zips alone', async () => {
    const { handler, calls } = setup({ zipRedirect: true });
    for (const file of ['list', 'v1.0.0.info', 'v1.0.0.mod'])
      expect((await ask(handler, `/example.com/@v/${file}`)).status).toBe(200);
    expect(calls).toEqual([]);
  });

  it('leave HEAD, validators and wrong ranges to this server: URLs are signed for GET', async () => {
    const { get, calls } = setup({ zipRedirect: true });
    const head = await get({}, 'HEAD');
    expect(head).toMatchObject({ ...streamed, body: null });
    expect((await get({ 'if-none-match': head.headers.etag ?? '' })).status).toBe(304);
    expect((await get({ 'if-match': '"other"' })).status).toBe(412);
    expect((await get({ range: 'bytes=999999-' })).status).toBe(416);
    expect(calls).toEqual([]);
    expect((await get({ range: 'bytes=0-3' })).status).toBe(302);
  });
});

describe('nothing is redirected that would be refused', () => {
  it('without access', async () => {
    const { get, calls } = setup({ zipRedirect: true, authorize: () => ({ allow: false, status: 401 }) });
    expect((await get()).status).toBe(401);
    expect(calls).toEqual([]);
  });

  it('when a policy denies or somebody withdrew it', async () => {
    const denied = setup({ zipRedirect: true }, { policy: () => ({ allow: false, policy: 'p', reason: 'no' }) });
    expect((await denied.get()).status).toBe(403);
    const { get, repository, calls } = setup({ zipRedirect: true });
    expect((await get()).status).toBe(302);
    await repository.withdraw({ path: 'example.com', version: 'v1.0.0', reason: 'bad', author: 'me', status: 'block' });
    expect((await get()).status).toBe(403);
    expect([...denied.calls, ...calls]).toEqual([zipKey]);
  });

  it('when it was removed meanwhile: a 404 of the store would send go to its next source', async () => {
    const { get, storage, errors } = setup({ zipRedirect: true });
    expect((await get()).status).toBe(302);
    await storage.delete(zipKey);
    expect(await get()).toMatchObject({ status: 503, headers: { 'retry-after': '5' } });
    expect(errors).not.toEqual([]);
    // What this process remembered of it is forgotten now, and the zip is captured again.
    expect((await get()).status).toBe(302);
    expect(await storage.head(zipKey)).toBeDefined();
  });
});

describe('what cannot be redirected is streamed', () => {
  it('by a storage that signs nothing', async () => {
    const storage = memoryStorage();
    const { get, errors } = setup({ zipRedirect: true }, { storage });
    expect(await get()).toMatchObject(streamed);
    expect(errors).toEqual([]);
  });

  it('when signing fails, which is reported', async () => {
    const { get, errors } = setup({ zipRedirect: true }, { sign: () => Promise.reject(new Error('no key')) });
    expect(await get()).toMatchObject(streamed);
    expect(errors).toMatchObject([{ message: 'no key' }]);
  });

  it.each([
    '/relative',
    'ftp://x/y',
    'https://user@host/x',
    'https://host/x#f',
    'https://host/x\r\nset-cookie: y',
    'https://host/ö',
  ])('when the URL is %j, which is reported', async (url) => {
    const { get, errors } = setup({ zipRedirect: () => url });
    expect(await get()).toMatchObject(streamed);
    expect(errors).toMatchObject([{ message: expect.stringContaining('no absolute http or https URL') }]);
  });

  it('when it would lead from https to http, which go refuses', async () => {
    const { get } = setup({ zipRedirect: () => 'http://127.0.0.1/x' });
    expect((await get()).status).toBe(302);
    expect((await get({ 'x-forwarded-proto': 'https' })).status).toBe(200);
    expect((await get({}, 'GET', `https://proxy.example.com${zipPath}`)).status).toBe(200);
  });

  it('when the function says so', async () => {
    const { get } = setup({ zipRedirect: () => undefined });
    expect(await get()).toMatchObject(streamed);
  });
});
