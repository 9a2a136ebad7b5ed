// protocol-cases.md, rows 20 to 37: what is refused, and how. Rows about sources and storages: see also the rows of repository/.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import type { AccessDecision } from './authorize.ts';
import { createHandler } from './create-handler.ts';
import type { HandlerRequest } from './handler.ts';
import { ask, request } from './testdata/requests.ts';
import { setup } from './testdata/setup.ts';

const longNegative = 'public, max-age=86400';
const shortNegative = 'public, max-age=60';

/** Asks for `.info` while the repository fails with `error`. */
async function failing(error: unknown, options: Parameters<typeof setup>[0] = {}, asked?: HandlerRequest) {
  const { repository, handler, errors } = setup(options);
  repository.error = error;
  return { ...(await ask(handler, asked ?? '/example.com/@v/v1.0.0.info')), errors };
}

describe('requests', () => {
  it.each([
    ['row 20', '/'],
    ['row 20', '/x'],
    ['row 20', '/example.com/m'],
    ['row 20', '/favicon.ico'],
    ['row 21', '/example.com/../m/@v/list'],
    ['row 21', '/example.com//m/@v/list'],
    ['row 21', '/example.com/%2e%2e/m/@v/list'],
    ['row 21', '/example.com/a%5cb/@v/list'],
    ['row 21', '/example.com/%00/@v/list'],
    ['row 21', '/example.com/M/@v/list'],
    ['row 21', '/example.com/!!m/@v/list'],
    ['row 21', '/example.com/m//@v/list'],
    ['row 21', '/-example.com/m/@v/list'],
    ['row 21', '/example.com/.m/@v/list'],
    ['row 22', '/example.com/@v/latest.info'],
    ['row 22', '/example.com/@v/upgrade.info'],
    ['row 22', '/example.com/@v/patch.info'],
    ['row 23', '/example.com/@v/master.mod'],
    ['row 23', '/example.com/@v/v1.zip'],
    ['row 23', '/example.com/@v/v1.0.0.foo'],
    ['row 23', '/example.com/@v/v1.0.0'],
    ['row 24', '/example.com/@v/v2.0.0.mod'],
    ['row 24', '/example.com/@v/v2.0.0.zip'],
    ['row 24', '/example.com/v2/@v/v1.0.0.zip'],
  ])('%s: %s', async (_, target) => {
    const asked: unknown[] = [];
    const authorize = () => {
      asked.push(1);
      return { allow: true, public: true } as const;
    };
    const { handler, repository } = setup();
    const { status, headers, text } = await ask(handler, target);
    expect(status).toBe(404);
    expect(headers).toMatchObject({ 'content-type': 'text/plain; charset=utf-8', 'cache-control': longNegative });
    expect(text).toMatch(/^not found: .{10}/);
    await ask(createHandler({ repository, authorize }), target);
    expect(repository.calls).toEqual([]);
    expect(asked).toEqual([]);
  });

  it('row 24: .info of a major version that does not fit is for the repository to answer', async () => {
    const { handler, repository } = setup();
    await ask(handler, '/example.com/@v/v2.0.0.info');
    expect(repository.calls).toEqual(['info example.com@v2.0.0']);
  });

  it.each([
    [{ 'content-length': '1' }],
    [{ 'content-length': '00012' }],
    [{ 'content-length': 'many' }],
    [{ 'transfer-encoding': 'chunked' }],
  ])('row 35: %j', async (headers: Record<string, string>) => {
    const { handler, repository } = setup();
    const response = await ask(handler, request('/example.com/@latest', headers));
    expect(response.status).toBe(400);
    expect(response.headers).toMatchObject({ connection: 'close', 'cache-control': 'no-store' });
    expect(repository.calls).toEqual([]);
  });

  it('row 35: a body of no bytes is none', async () => {
    const { handler } = setup();
    expect((await ask(handler, request('/example.com/@latest', { 'content-length': '0' }))).status).toBe(200);
  });

  it('row 35: a body of another method closes the connection, too', async () => {
    const { handler } = setup();
    const response = await ask(handler, request('/', { 'content-length': '9' }, { method: 'POST' }));
    expect(response).toMatchObject({ status: 405, headers: { connection: 'close' } });
  });
});

describe('answers of sources', () => {
  it('row 25: unknown upstream', async () => {
    const message = 'not found: example.com@v9.9.9: unknown revision v9.9.9';
    const { status, headers, text, errors } = await failing(new GoModKitError('not_found', message));
    expect({ status, text, errors }).toEqual({ status: 404, text: `${message}\n`, errors: [] });
    expect(headers['cache-control']).toBe(shortNegative);
  });

  it.each([
    ['gone', 410, 'gone: taken away'],
    ['not_found', 404, 'not found: taken away'],
    ['upstream_unavailable', 502, 'taken away'],
    ['denied', 403, 'denied: taken away'],
  ] as const)('row 26: %s is %i', async (code, status, text) => {
    expect(await failing(new GoModKitError(code, 'taken away'))).toMatchObject({ status, text: `${text}\n` });
  });

  it.each([
    ['upstream_unavailable', 502],
    ['upstream_timeout', 504],
  ] as const)('row 27: %s is %i, or 404 where the embedder wants it', async (code, status) => {
    const error = new GoModKitError(code, 'proxy.example: 503 Service Unavailable');
    const failed = await failing(error);
    expect(failed).toMatchObject({ status, text: 'proxy.example: 503 Service Unavailable\n', errors: [] });
    expect(failed.headers['cache-control']).toBe('no-store');
    const absent = await failing(error, { upstreamErrors: 'not-found' });
    expect(absent).toMatchObject({ status: 404, text: 'not found: proxy.example: 503 Service Unavailable\n' });
    expect(absent.headers['cache-control']).toBe('no-store');
  });

  it('row 28: sums that differ', async () => {
    const message = 'example.com@v1.0.0: sums differ\nproxy.example: h1:a=\nsum.golang.org: h1:b=';
    const { status, headers, text } = await failing(new GoModKitError('checksum_mismatch', message), {
      upstreamErrors: 'not-found',
    });
    expect({ status, text }).toEqual({ status: 502, text: `SECURITY ERROR: ${message}\n` });
    expect(headers['cache-control']).toBe('no-store');
  });

  it.each(['invalid_zip', 'upstream_invalid', 'invalid_go_mod', 'limit_exceeded', 'conflict'] as const)(
    'rows 29, 30, 55, 58: %s is 502 with its reason',
    async (code) => {
      const failed = await failing(new GoModKitError(code, 'the rule'), { upstreamErrors: 'not-found' });
      expect(failed).toMatchObject({ status: 502, text: 'the rule\n', errors: [] });
      expect(failed.headers['cache-control']).toBe('no-store');
    },
  );

  it.each(['true', 'True', '1', 't', ' true '])('row 31: Disable-Module-Fetch: %s', async (value) => {
    const { handler, repository } = setup();
    const headers = { 'disable-module-fetch': value };
    expect((await ask(handler, request('/example.com/@v/v1.0.0.mod', headers))).status).toBe(200);
    expect(repository.options.at(-1)?.cachedOnly).toBe(true);
    const cold = await ask(handler, request('/example.com/@v/v1.1.0.mod', headers));
    expect(cold).toMatchObject({ status: 404, headers: { 'cache-control': 'no-store' } });
  });

  it('row 31: what is only a part of the truth enters no cache', async () => {
    const { handler } = setup();
    const cacheControl = async (target: string) => {
      const { status, headers } = await ask(handler, request(target, { 'disable-module-fetch': 'true' }));
      return [status, headers['cache-control']];
    };
    for (const target of ['@v/list', '@latest', '@v/main.info'])
      expect([target, ...(await cacheControl(`/example.com/${target}`))]).toEqual([target, 200, 'no-store']);
    for (const kind of ['info', 'mod', 'zip'])
      expect((await cacheControl(`/example.com/@v/v1.0.0.${kind}`))[1]).toMatch(/ immutable$/);
  });

  it.each(['false', '0', '', 'yes'])('row 31: Disable-Module-Fetch: %s changes nothing', async (value) => {
    const { handler, repository } = setup();
    await ask(handler, request('/example.com/@v/v1.0.0.mod', { 'disable-module-fetch': value }));
    expect(repository.options.at(-1)?.cachedOnly).toBe(false);
  });

  it('rows 32, 34: a denied version says policy, reason and end', async () => {
    const until = new Date('2030-01-02T00:00:00Z');
    const error = new GoModKitError('denied', 'example.com@v1.0.0: released three days ago', {
      data: { policy: 'cool-down', until },
    });
    const { status, headers, text } = await failing(error);
    expect(status).toBe(403);
    expect(text).toBe(
      'denied: example.com@v1.0.0: released three days ago\npolicy: cool-down\nuntil: 2030-01-02T00:00:00.000Z\n',
    );
    expect(headers['cache-control']).toBe(shortNegative);
  });

  it('row 37: offline', async () => {
    const failed = await failing(new GoModKitError('offline', 'example.com@main: this repository is offline'));
    expect(failed).toMatchObject({ status: 404, text: 'not found: example.com@main: this repository is offline\n' });
  });
});

describe('access', () => {
  const kinds = ['@v/list', '@latest', '@v/v1.0.0.info', '@v/v1.0.0.mod', '@v/v1.0.0.zip', '@v/v1.9.9.zip'];
  const deny = (decision: AccessDecision) => setup({ authorize: () => decision });

  it('row 33: 401 is the same for what is there and what is not', async () => {
    const { handler, repository } = deny({ allow: false, status: 401 });
    const answers = await Promise.all(
      ['example.com', 'example.com/absent'].flatMap((path) => kinds.map((kind) => ask(handler, `/${path}/${kind}`))),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({
      status: 401,
      headers: { 'www-authenticate': 'Basic realm="Go modules"', 'cache-control': 'no-store' },
    });
    expect(repository.calls).toEqual([]);
  });

  it('row 33: 403 likewise', async () => {
    const { handler, repository } = deny({ allow: false, status: 403 });
    const answers = await Promise.all(kinds.map((kind) => ask(handler, `/example.com/${kind}`)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]?.status).toBe(403);
    expect(answers[0]?.headers).not.toHaveProperty('www-authenticate');
    expect(repository.calls).toEqual([]);
  });

  it('row 33: the hook learns what is asked for', async () => {
    const subjects: unknown[] = [];
    const { handler } = setup({
      authorize: (_, subject) => {
        subjects.push(subject);
        return { allow: true };
      },
    });
    for (const kind of ['@v/list', '@latest', '@v/main.info', '@v/v1.0.0.zip'])
      await ask(handler, `/example.com/${kind}`);
    await ask(handler, '/sumdb/s.example/latest');
    await ask(handler, '/sumdb/s.example/lookup/a.example/!x@v1.0.0');
    expect(subjects).toEqual([
      { kind: 'list', path: 'example.com' },
      { kind: 'latest', path: 'example.com' },
      { kind: 'info', path: 'example.com', version: 'main' },
      { kind: 'zip', path: 'example.com', version: 'v1.0.0' },
      { kind: 'sumdb' },
      { kind: 'sumdb', path: 'a.example/X', version: 'v1.0.0' },
    ]);
  });

  it('row 33: a challenge of the embedder, unless it would break the header', async () => {
    const challenge = async (text: string) =>
      (await ask(deny({ allow: false, status: 401, challenge: text }).handler, '/example.com/@latest')).headers[
        'www-authenticate'
      ];
    expect(await challenge('Bearer realm="x"')).toBe('Bearer realm="x"');
    expect(await challenge('Bearer\r\nx-evil: 1')).toBe('Basic realm="Go modules"');
    expect(await challenge('')).toBe('Basic realm="Go modules"');
  });

  it.each([
    ['throws', () => Promise.reject(new Error('LDAP at ldap.corp is down'))],
    ['throws a denial', () => Promise.reject(new GoModKitError('not_found', 'LDAP at ldap.corp is down'))],
    ['says nothing', () => undefined as unknown as AccessDecision],
    ['says nonsense', () => ({ allow: 'yes' }) as unknown as AccessDecision],
  ])('row 33: a hook that %s lets nobody in', async (_, authorize) => {
    const { handler, repository } = setup({ authorize });
    const { status, text } = await ask(handler, '/example.com/@latest');
    expect(status).toBeGreaterThanOrEqual(400);
    expect(text).not.toContain('LDAP');
    expect(repository.calls).toEqual([]);
  });
});

describe('faults', () => {
  const secret = 'EACCES: permission denied, open /srv/modules/x';

  it('row 36: transient', async () => {
    const error = new GoModKitError('storage_unavailable', secret, { data: { transient: true } });
    const failed = await failing(error);
    expect(failed).toMatchObject({ status: 503, errors: [error] });
    expect(failed.headers).toMatchObject({ 'retry-after': '5', 'cache-control': 'no-store' });
    expect(failed.text).toMatch(/^temporarily unavailable: the storage/);
  });

  it.each([
    new GoModKitError('storage_unavailable', secret),
    new GoModKitError('invalid_key', secret),
    new Error(secret),
    new TypeError(secret),
    secret,
  ])('row 36: permanent: %s', async (error) => {
    const failed = await failing(error);
    expect(failed).toMatchObject({ status: 500, errors: [error] });
    expect(failed.headers['cache-control']).toBe('no-store');
    expect(failed.text).toMatch(/^internal error: /);
    expect(failed.text).not.toContain('srv');
  });

  it('row 36: a zip that cannot be opened', async () => {
    const { handler, repository, errors } = setup();
    const real = repository.zip;
    repository.zip = async (...args) => ({ ...(await real(...args)), open: () => Promise.reject(new Error(secret)) });
    expect((await ask(handler, '/example.com/@v/v1.0.0.zip')).status).toBe(500);
    expect(errors).toHaveLength(1);
  });

  it('row 36: a hook for errors that throws changes nothing', async () => {
    const onError = () => {
      throw new Error('logger');
    };
    expect((await failing(new Error(secret), { onError })).status).toBe(500);
  });

  it('row 51: a request that was cancelled is no fault', async () => {
    const asked = request('/example.com/@v/v1.0.0.info', {}, { signal: AbortSignal.abort(new Error('gone')) });
    const failed = await failing(new Error('gone'), {}, asked);
    expect(failed).toMatchObject({ status: 503, errors: [] });
    expect(failed.headers['cache-control']).toBe('no-store');
  });

  it('row 51: the signal reaches the repository and the storage', async () => {
    const { handler, repository } = setup();
    const { signal } = new AbortController();
    const signals: unknown[] = [];
    const real = repository.zip;
    repository.zip = async (path, version, options) => {
      signals.push(options?.signal);
      const file = await real(path, version, options);
      const open: typeof file.open = (opened) => {
        signals.push(opened?.signal);
        return file.open(opened);
      };
      return { ...file, open };
    };
    await ask(handler, request('/example.com/@v/v1.0.0.zip', {}, { signal }));
    expect(signals).toEqual([signal, signal]);
  });

  it('row 56: the body of a zip is the stream of the storage: nothing is read ahead, cancelling releases it', async () => {
    const { handler, repository } = setup();
    let pulled = 0;
    let cancelled = false;
    const real = repository.zip;
    repository.zip = async (...args) => {
      const file = await real(...args);
      const open: typeof file.open = async (options) => {
        const body = new ReadableStream<Uint8Array>(
          {
            pull(controller) {
              pulled++;
              controller.enqueue(new Uint8Array(1));
            },
            cancel() {
              cancelled = true;
            },
          },
          { highWaterMark: 0 },
        );
        return { ...(await file.open(options)), body };
      };
      return { ...file, open };
    };
    const { body } = await handler(request('/example.com/@v/v1.0.0.zip'));
    expect(pulled).toBe(0);
    await (body as ReadableStream<Uint8Array>).cancel();
    expect(cancelled).toBe(true);
  });
});
