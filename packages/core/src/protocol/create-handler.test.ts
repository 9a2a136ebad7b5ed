import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import { createHandler } from './create-handler.ts';
import type { HandlerRequest, HandlerResponse } from './handler.ts';
import { fakeRepository, infoText } from './testdata/fake-repository.ts';
import { ask, read, request } from './testdata/requests.ts';
import { whatGoShows } from './testdata/what-go-shows.ts';

describe('createHandler', () => {
  it('takes a Fetch Request as it is', async () => {
    const handler = createHandler({ repository: fakeRepository() });
    const response = await ask(handler, new Request('http://127.0.0.1:3000/example.com/@latest?x=1'));
    expect(response).toMatchObject({ status: 200, text: infoText });
  });

  it.each(['/go', '/go/', '/a/b', '/~me'])('answers below %s', async (basePath) => {
    const handler = createHandler({ repository: fakeRepository(), basePath });
    const base = basePath.replace(/\/$/, '');
    expect((await ask(handler, `${base}/example.com/@latest`)).status).toBe(200);
    expect((await ask(handler, `${base}/healthz`)).status).toBe(200);
    expect((await ask(handler, base)).text).toContain('this is a Go module proxy');
    expect((await ask(handler, '/example.com/@latest')).status).toBe(404);
    expect((await ask(handler, `${base}x/example.com/@latest`)).status).toBe(404);
  });

  it.each(['', '/'])('answers at the root for %j', async (basePath) => {
    const handler = createHandler({ repository: fakeRepository(), basePath });
    expect((await ask(handler, '/example.com/@latest')).status).toBe(200);
  });

  it.each(['go', '//', '/a//b', '/a/../b', '/.', '/a?b', '/a#b', '/a%20b', '/a b', '/a\n'])(
    'refuses the base path %j',
    (basePath) => {
      expect(thrown(() => createHandler({ repository: fakeRepository(), basePath }))).toBe(true);
    },
  );

  it.each(['healthz', '', '/', '/a b', '/a?b'])('refuses the health path %j', (live) => {
    expect(thrown(() => createHandler({ repository: fakeRepository(), health: { live } }))).toBe(true);
  });

  it('does not reject for a request that is none', async () => {
    const handler = createHandler({ repository: fakeRepository() });
    const broken = [
      { method: 'GET', url: undefined, headers: { get: () => null } },
      { method: 'GET', url: '/', headers: undefined },
      {
        method: 'GET',
        url: '/example.com/@latest',
        headers: {
          get() {
            throw new Error('broken');
          },
        },
      },
    ];
    for (const asked of broken) expect((await handler(asked as unknown as HandlerRequest)).status).toBe(500);
  });
});

function thrown(create: () => unknown): boolean {
  try {
    create();
  } catch (error) {
    return isGoModKitError(error, 'invalid_argument');
  }
  return false;
}

/** What holds of every answer. */
async function expectSound(response: HandlerResponse): Promise<void> {
  const { status, headers, text, bytes } = await read(response);
  expect(status).toBeGreaterThanOrEqual(200);
  expect(headers['cache-control']).toBeDefined();
  for (const [name, value] of Object.entries(headers)) {
    expect(name).toMatch(/^[a-z-]+$/);
    expect(value).toMatch(/^[\x20-\x7e]*$/);
  }
  if (response.body !== null) expect(headers['content-length']).toBe(String(bytes.length));
  if (response.body !== null && status >= 400) {
    expect(headers['content-type']).toBe('text/plain; charset=utf-8');
    expect(whatGoShows(text)).toBe(text.trimEnd());
    expect(bytes.length).toBeLessThanOrEqual(600);
  }
}

const chunk = fc.oneof(
  fc.constantFrom(
    '/',
    '/',
    '/@v/',
    '/@latest',
    '@v/list',
    'example.com',
    'github.com',
    '.info',
    '.mod',
    '.zip',
    'v1.0.0',
    'v1',
    'main',
    '/sumdb/s.example',
    '/lookup/',
    '/tile/8/0/000',
    '/supported',
    '%2e',
    '%21',
    '%0d%0a',
    '%00',
    '%',
    '!a',
    '..',
    '?',
    '#',
    'http://h',
    '\ud800',
    '\u200b',
    'A',
  ),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const target = fc.array(chunk, { maxLength: 10 }).map((chunks) => chunks.join(''));
const header = fc.oneof(
  fc.constantFrom(
    '"info-etag"',
    '*',
    'bytes=0-9',
    'bytes=-1',
    'bytes=9999-',
    '0',
    '1',
    'true',
    'Sat, 03 Feb 2024 04:05:06 GMT',
    '\r\nx: y',
  ),
  fc.string({ maxLength: 20 }),
);
const headers = fc.dictionary(
  fc.constantFrom(
    'if-none-match',
    'if-modified-since',
    'range',
    'if-range',
    'content-length',
    'disable-module-fetch',
    'authorization',
  ),
  header,
);

describe('whatever comes in', () => {
  it('is answered soundly, and no repository is asked for an invalid path', async () => {
    const repository = fakeRepository();
    const sumdb = { sumdb: async () => new Uint8Array(3) };
    const handler = createHandler({ repository, sumdb });
    const method = fc.constantFrom('GET', 'GET', 'GET', 'HEAD', 'POST', '');
    await fc.assert(
      fc.asyncProperty(target, headers, method, async (url, fields, verb) => {
        await expectSound(await handler(request(url, fields, { method: verb })));
      }),
      { numRuns: 3000 },
    );
    expect(repository.problems).toEqual([]);
  });

  it('and whatever the repository says', async () => {
    const repository = fakeRepository();
    const handler = createHandler({ repository });
    const code = fc.constantFrom(
      'not_found',
      'gone',
      'denied',
      'upstream_invalid',
      'checksum_mismatch',
      'storage_unavailable',
      'offline',
    );
    const message = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 900 }),
      fc.constantFrom('\n\nx', 'a\r\nset-cookie: b', ''),
    );
    await fc.assert(
      fc.asyncProperty(code, message, message, async (kind, text, policy) => {
        repository.error = new GoModKitError(kind as 'gone', text, { data: { policy, until: text } });
        await expectSound(await handler(request('/example.com/@v/v1.0.0.zip')));
      }),
      { numRuns: 1000 },
    );
  });

  it('and whatever the repository names as validators', async () => {
    const repository = fakeRepository();
    const handler = createHandler({ repository });
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'binary' }),
        fc.date({ noInvalidDate: false }),
        headers,
        async (etag, modified, fields) => {
          repository.goMod = async () => ({ bytes: new Uint8Array(2), etag, modified });
          await expectSound(await handler(request('/example.com/@v/v1.0.0.mod', fields)));
        },
      ),
    );
  });
});
