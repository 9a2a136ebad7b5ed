// `GET /index` (formats.md §3): bytes, parameters, paging, and whom it shows what.

import { describe, expect, it } from 'vitest';
import { backfilledKey, indexPrefix } from '../repository/index-feed/entries.ts';
import { put, setUp } from '../repository/testdata/fixture.ts';
import { openSeries } from '../series/index.ts';
import { memoryStorage } from '../storage/memory.ts';
import type { Authorize } from './authorize.ts';
import { createHandler, type HandlerOptions } from './create-handler.ts';

const feed = [
  'golang.org/x/text@v0.3.0',
  'corp.example.com/secret@v1.0.0',
  'github.com/BurntSushi/toml@v1.2.0+incompatible',
];

async function serve(options: Partial<HandlerOptions> = {}) {
  const storage = memoryStorage();
  let now = 1_554_923_332_997_264;
  const series = openSeries<{ path: string; version: string }>(storage, indexPrefix, { now: () => now });
  for (const name of feed) {
    const [path = '', version = ''] = name.split('@');
    await series.append([{ path, version }]);
    now += 2_736;
  }
  await put(storage, backfilledKey, '{"v":1}');
  const errors: unknown[] = [];
  const { repository } = setUp({}, { storage });
  const handler = createHandler({ repository, onError: (error) => errors.push(error), ...options });
  return {
    errors,
    async get(target: string, headers: Record<string, string> = {}, method = 'GET') {
      const bag = new Headers(headers);
      const { status, headers: answered, body } = await handler({ method, url: target, headers: bag });
      return { status, headers: answered, body: body === null ? null : new TextDecoder().decode(body as Uint8Array) };
    },
  };
}

const lines = [
  '{"Path":"golang.org/x/text","Version":"v0.3.0","Timestamp":"2019-04-10T19:08:52.997264Z"}\n',
  '{"Path":"corp.example.com/secret","Version":"v1.0.0","Timestamp":"2019-04-10T19:08:53Z"}\n',
  '{"Path":"github.com/BurntSushi/toml","Version":"v1.2.0+incompatible","Timestamp":"2019-04-10T19:08:53.002736Z"}\n',
];

describe('GET /index', () => {
  it('answers lines of JSON, as the public index has them', async () => {
    const { get } = await serve();
    const { status, headers, body } = await get('/index');
    expect({ status, body }).toEqual({ status: 200, body: lines.join('') });
    expect(headers).toMatchObject({
      'content-type': 'application/x-ndjson; charset=utf-8',
      'cache-control': 'public, max-age=60',
      'content-length': String(lines.join('').length),
    });
    expect(headers.link).toBeUndefined();
    const head = await get('/index', {}, 'HEAD');
    expect(head).toMatchObject({ status: 200, body: null });
    expect(head.headers).toEqual(headers);
    expect((await get('/index', { 'if-none-match': headers.etag ?? '' })).status).toBe(304);
  });

  it.each([
    ['?since=2019-04-10T19:08:53Z', [1, 2]],
    ['?since=2019-04-10T19:08:53.000000001Z', [2]],
    ['?since=2019-04-10T21%3A08%3A53%2B02%3A00', [1, 2]],
    ['?since=2030-01-01T00:00:00Z', []],
    ['?limit=1', [0]],
    ['?limit=5000', [0, 1, 2]],
    ['?limit=&since=', [0, 1, 2]],
    ['?include=all', [0, 1, 2]],
    ['?prefix=golang.org/x', [0]],
    ['?module=github.com/BurntSushi/toml', [2]],
    ['?unknown=1', [0, 1, 2]],
    ['?limit=1&limit=2#x', [0]],
  ])('%s', async (query, wanted) => {
    const { get } = await serve();
    const answer = await get(`/index${query}`);
    expect(answer.status, answer.body ?? '').toBe(200);
    expect(answer.body).toBe(wanted.map((i) => lines[i]).join(''));
  });

  it.each([
    ['?limit=0', 'limit 0'],
    ['?limit=-1', 'limit'],
    ['?limit=ten', 'limit'],
    ['?since=yesterday', 'RFC 3339'],
    ['?since=2019-04-10T19:08:53+02:00', 'RFC 3339'],
    ['?include=some', 'include'],
    ['?cursor=x', 'cursor'],
    ['?module=nodots', 'nodots'],
    ['?prefix=/', 'prefix'],
  ])('%s is a bad request', async (query, text) => {
    const { get, errors } = await serve();
    const answer = await get(`/index${query}`);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(text);
    expect(answer.headers['cache-control']).toBe('no-store');
    expect(errors).toEqual([]);
  });

  it('names the next page in a Link header, which keeps the filters', async () => {
    const { get } = await serve({ basePath: '/go' });
    let target = '/go/index?limit=1&include=all&since=2019-01-01T00:00:00Z';
    let text = '';
    for (let pages = 0; target !== ''; pages++) {
      const { status, headers, body } = await get(target);
      expect(status).toBe(200);
      text += body;
      const next = /^<(\?cursor=[\w-]+&limit=1&include=all)>; rel="next"$/.exec(headers.link ?? '')?.[1];
      expect(headers.link === undefined).toBe(next === undefined);
      target = next === undefined ? '' : `/go/index${next}`;
      expect(pages).toBeLessThan(5);
    }
    expect(text).toBe(lines.join(''));
  });

  it('is nowhere where it is not wanted, and below its path alone', async () => {
    expect((await (await serve({ index: false })).get('/index')).status).toBe(404);
    const { get } = await serve({ basePath: '/go' });
    for (const target of ['/index', '/go/index/', '/go/Index', '/go/index/@v/list']) {
      expect((await get(target)).status, target).toBe(404);
    }
    expect((await get('/go/%69ndex')).status).toBe(200);
  });
});

describe('with an authorize hook', () => {
  /** The hook of the documentation, which knows nothing of the index. */
  const authorize: Authorize = (request, subject) => {
    if (!subject.path?.startsWith('corp.example.com/')) return { allow: true, public: true };
    return request.headers.get('authorization') === 'x' ? { allow: true } : { allow: false, status: 401 };
  };

  it('no name of a module is shown to whom its list is refused', async () => {
    const { get } = await serve({ authorize });
    const outside = await get('/index');
    expect(outside.body).toBe(`${lines[0]}${lines[2]}`);
    expect(outside.headers).toMatchObject({ 'cache-control': 'private, max-age=60', vary: 'authorization' });
    expect((await get('/index?module=corp.example.com/secret')).body).toBe('');
    expect((await get('/index', { authorization: 'x' })).body).toBe(lines.join(''));
  });

  it('is refused as a whole where the hook says so, before storage is asked', async () => {
    const kinds: string[] = [];
    const { get } = await serve({
      authorize: (_, { kind }) => {
        kinds.push(kind);
        return { allow: false, status: 403 };
      },
    });
    expect((await get('/index')).status).toBe(403);
    expect(kinds).toEqual(['index']);
  });

  it('asks once for each module of a page, and a hook that fails refuses', async () => {
    const asked: string[] = [];
    const { get, errors } = await serve({
      authorize: (_, { kind, path = '' }) => {
        asked.push(`${kind} ${path}`);
        if (path.startsWith('github.com')) throw new Error('down');
        return { allow: true };
      },
    });
    expect((await get('/index?limit=2')).status).toBe(200);
    expect(asked).toEqual(['index ', 'list golang.org/x/text', 'list corp.example.com/secret']);
    expect((await get('/index')).status).toBe(500);
    expect(errors).toHaveLength(1);
  });
});
