// protocol-cases.md with the real repository, storage and sources behind the handler: what a client sees end to end.

import { afterEach, describe, expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import { createRepository, type Policy, type Repository, type RepositoryOptions } from '../repository/index.ts';
import { type MemoryModule, type ModuleSource, memorySource } from '../source/index.ts';
import { memoryStorage, type Storage } from '../storage/index.ts';
import { createHandler, type HandlerOptions } from './create-handler.ts';
import { rangePolicy } from './range-policy.ts';
import { ask, request } from './testdata/requests.ts';

const info = '{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z"}';
const mod = 'module example.com\n';

const open: Repository[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((repository) => repository.close()));
});

/** Counts what a source is asked. */
function counting(source: ModuleSource): ModuleSource & { readonly calls: string[] } {
  const calls: string[] = [];
  const noted = (what: string, path: string, version = ''): ModuleSource => {
    calls.push(`${what} ${path} ${version}`.trimEnd());
    return source;
  };
  return {
    calls,
    versions: (path, options) => noted('versions', path).versions(path, options),
    resolve: (path, query, options) => noted('resolve', path, query).resolve(path, query, options),
    goMod: (path, version, options) => noted('goMod', path, version).goMod(path, version, options),
    zip: (path, version, options) => noted('zip', path, version).zip(path, version, options),
  };
}

const modules: Readonly<Record<string, MemoryModule>> = {
  'example.com@v1.0.0': { files: { 'go.mod': mod, 'a.go': 'package a\n' }, branches: ['main', '1a2b3c4d5e6f'] },
};

interface Setup extends Partial<RepositoryOptions> {
  readonly handler?: Partial<HandlerOptions>;
  readonly modules?: Readonly<Record<string, MemoryModule>>;
}

function setup({ handler: handlerOptions, modules: given = modules, ...options }: Setup = {}) {
  const source = counting(memorySource(given));
  const storage = options.storage ?? memoryStorage();
  const repository = createRepository({ storage, source, ...options });
  open.push(repository);
  const errors: unknown[] = [];
  const handler = createHandler({ repository, onError: (error) => errors.push(error), ...handlerOptions });
  return { handler, source, storage, errors, get: (target: string) => ask(handler, target) };
}

/** Every key of a storage. */
async function keysOf(storage: Storage): Promise<string[]> {
  return (await storage.list()).objects.map(({ key }) => key);
}

/** Memory storage with some methods replaced. */
function changed(changes: Partial<Storage>): Storage {
  const base = memoryStorage();
  return {
    get: (...args) => base.get(...args),
    head: (...args) => base.head(...args),
    create: (...args) => base.create(...args),
    list: (...args) => base.list(...args),
    ...changes,
  };
}

describe('reading', () => {
  it('row 1: @latest', async () => {
    const { get } = setup();
    expect(await get('/example.com/@latest')).toMatchObject({ status: 200, text: info });
  });

  it('row 4: list', async () => {
    const { get } = setup({
      modules: { ...modules, 'example.com@v1.10.0': {}, 'example.com@v1.9.0': {}, 'example.com@v1.9.0-rc.1': {} },
    });
    expect(await get('/example.com/@v/list')).toMatchObject({
      status: 200,
      text: 'v1.0.0\nv1.9.0-rc.1\nv1.9.0\nv1.10.0\n',
    });
  });

  it('row 5: files keep their validators, also in another instance over the same storage', async () => {
    const storage = memoryStorage();
    const first = setup({ storage });
    const second = setup({ storage });
    for (const kind of ['info', 'mod', 'zip']) {
      const cold = await first.get(`/example.com/@v/v1.0.0.${kind}`);
      const warm = await first.get(`/example.com/@v/v1.0.0.${kind}`);
      const other = await second.get(`/example.com/@v/v1.0.0.${kind}`);
      expect(cold.status).toBe(200);
      for (const answer of [warm, other]) {
        expect(answer.bytes).toEqual(cold.bytes);
        expect(answer.headers.etag).toBe(cold.headers.etag);
      }
      expect(cold.headers.etag).toMatch(/^"[\x21\x23-\x7e]+"$/);
      expect(warm.headers['last-modified']).toMatch(/ GMT$/);
      const asked = request(`/example.com/@v/v1.0.0.${kind}`, { 'if-none-match': warm.headers.etag ?? '' });
      expect((await ask(second.handler, asked)).status).toBe(304);
    }
  });

  it.each(['info', 'mod'])(
    'row 5: a warm .%s never looks at the signal, which adapters make on demand',
    async (kind) => {
      const { get, handler } = setup();
      await get(`/example.com/@v/v1.0.0.${kind}`);
      let looked = 0;
      const asked = {
        ...request(`/example.com/@v/v1.0.0.${kind}`),
        get signal(): undefined {
          looked++;
          return undefined;
        },
      };
      expect((await ask(handler, asked)).status).toBe(200);
      expect(looked).toBe(0);
    },
  );

  it('row 6: branches and short versions', async () => {
    const { get, storage } = setup();
    for (const query of ['main', 'v1', 'v1.0', '1a2b3c4d5e6f']) {
      const answer = await get(`/example.com/@v/${query}.info`);
      expect(answer).toMatchObject({ status: 200, text: info });
      expect(answer.headers['cache-control']).toBe('public, max-age=60');
    }
    expect((await keysOf(storage)).filter((key) => /main|1a2b|v1\.info|v1\.0\.info/.test(key))).toEqual([]);
  });

  it('row 9: ranges of a stored zip', async () => {
    const { get, handler } = setup();
    const whole = await get('/example.com/@v/v1.0.0.zip');
    const part = await ask(handler, request('/example.com/@v/v1.0.0.zip', { range: 'bytes=-22' }));
    expect(part.status).toBe(206);
    expect(part.bytes).toEqual(whole.bytes.subarray(-22));
  });

  it('rows 2, 10: .info, .mod and HEAD of a zip', async () => {
    const { get, handler, source } = setup();
    await get('/example.com/@v/v1.0.0.info');
    await get('/example.com/@v/v1.0.0.mod');
    expect(source.calls.filter((call) => call.startsWith('zip'))).toEqual([]);
    const head = await handler(request('/example.com/@v/v1.0.0.zip', {}, { method: 'HEAD' }));
    const zip = await get('/example.com/@v/v1.0.0.zip');
    expect(head).toEqual({ status: 200, headers: zip.headers, body: null });
    expect(source.calls.filter((call) => call.startsWith('zip'))).toHaveLength(1);
  });

  it('row 12: ready', async () => {
    const { get } = setup();
    expect(await get('/readyz')).toMatchObject({ status: 200, text: 'ready\n' });
    const broken = changed({ create: () => Promise.reject(new Error('EROFS /srv')) });
    const answer = await setup({ storage: broken }).get('/readyz');
    expect(answer.status).toBe(503);
    expect(answer.text).toMatch(/^not ready: /);
    expect(answer.text).not.toContain('srv');
  });
});

describe('refusing', () => {
  it.each([
    '/example.com/M/@v/list',
    '/example.com/@v/main.mod',
    '/example.com/@v/v2.0.0.zip',
    '/github.com/x/@v/list',
  ])('rows 21-24: %s touches neither source nor storage', async (target) => {
    const touched: string[] = [];
    const fail = (name: string) => () => {
      touched.push(name);
      return Promise.reject(new Error(name));
    };
    const storage = { get: fail('get'), head: fail('head'), create: fail('create'), list: fail('list') };
    const { get, source } = setup({ storage });
    expect((await get(target)).status).toBe(404);
    expect([...source.calls, ...touched]).toEqual([]);
  });

  it('row 24: .info of v2.0.0 on a path without /v2 is 404 where there is no incompatible version', async () => {
    expect((await setup().get('/example.com/@v/v2.0.0.info')).status).toBe(404);
  });

  it('row 25: unknown versions and modules', async () => {
    const { get } = setup();
    for (const target of [
      '/example.com/@v/v1.0.1.info',
      '/example.com/@v/v1.0.1.zip',
      '/example.com/sub/@v/list',
      '/example.com/sub/@latest',
    ]) {
      const { status, headers, text } = await get(target);
      expect({ target, status }).toEqual({ target, status: 404 });
      expect(text).toMatch(/^not found: (?!not found)/);
      expect(headers['cache-control']).toBe('public, max-age=60');
    }
  });

  it('row 27: a source that fails', async () => {
    const error = new GoModKitError('upstream_unavailable', 'proxy.example: 500 Internal Server Error');
    const fail = () => Promise.reject(error);
    const source: ModuleSource = { versions: fail, resolve: fail, goMod: fail, zip: fail };
    for (const target of ['@v/list', '@latest', '@v/v1.0.0.info', '@v/v1.0.0.mod', '@v/v1.0.0.zip', '@v/main.info']) {
      const { status, text } = await setup({ source }).get(`/example.com/${target}`);
      expect({ target, status }).toEqual({ target, status: 502 });
      expect(text).toContain('proxy.example');
    }
  });

  it('row 29: a broken zip is refused with its rule, and not stored', async () => {
    const { get, storage } = setup({
      modules: { 'example.com@v1.0.0': { zip: new TextEncoder().encode('no zip'), goMod: mod } },
    });
    const answer = await get('/example.com/@v/v1.0.0.zip');
    expect(answer.status).toBe(502);
    expect(answer.text.length).toBeGreaterThan(20);
    expect((await keysOf(storage)).filter((key) => key.endsWith('.zip'))).toEqual([]);
  });

  it('row 31: Disable-Module-Fetch', async () => {
    const { handler, get, source } = setup();
    const cached = (target: string) => ask(handler, request(target, { 'disable-module-fetch': 'true' }));
    for (const kind of ['info', 'mod', 'zip']) {
      const { status, headers, text } = await cached(`/example.com/@v/v1.0.0.${kind}`);
      expect({ kind, status, cache: headers['cache-control'] }).toEqual({ kind, status: 404, cache: 'no-store' });
      expect(text).toMatch(/^not found: .*temporarily unavailable/);
    }
    expect(source.calls).toEqual([]);
    for (const kind of ['info', 'mod', 'zip']) await get(`/example.com/@v/v1.0.0.${kind}`);
    for (const kind of ['info', 'mod', 'zip']) {
      expect((await cached(`/example.com/@v/v1.0.0.${kind}`)).status).toBe(200);
    }
  });

  it('row 32: a denied version is named by nothing, only its .mod stays readable', async () => {
    const given = { ...modules, 'example.com@v1.1.0': {} };
    const policy = rangePolicy([{ modules: 'example.com', deny: '>=1.1.0', reason: 'not reviewed' }], {
      name: 'review',
    });
    const { get } = setup({ modules: given, policy });
    expect((await get('/example.com/@v/list')).text).toBe('v1.0.0\n');
    expect((await get('/example.com/@latest')).text).toBe(info);
    for (const kind of ['info', 'zip']) {
      const { status, text } = await get(`/example.com/@v/v1.1.0.${kind}`);
      expect({ kind, status }).toEqual({ kind, status: 403 });
      expect(text).toMatch(/review.*not reviewed/);
    }
    expect((await get('/example.com/@v/v1.1.0.mod')).status).toBe(200);
  });

  it('row 32: all versions denied, and paths that are no module', async () => {
    const until = new Date('2030-01-02T00:00:00Z');
    const policy: Policy = () => ({ allow: false, policy: 'cool-down', reason: 'too young', until });
    const { get } = setup({ policy });
    expect(await get('/example.com/@v/list')).toMatchObject({ status: 200, text: '' });
    const latest = await get('/example.com/@latest');
    expect(latest.status).toBe(403);
    expect(latest.text).toMatch(/cool-down.*too young/);
    expect((await get('/example.com/@v/v1.0.0.zip')).text).toContain('2030-01-02');
    for (const target of ['@v/list', '@latest', '@v/v1.0.0.info']) {
      expect((await get(`/example.com/sub/${target}`)).status).toBe(404);
    }
  });

  it('row 33: no answer differs, and nothing is asked', async () => {
    const { get, source } = setup({ handler: { authorize: () => ({ allow: false, status: 401 }) } });
    expect(await get('/example.com/@v/v1.0.0.zip')).toEqual(await get('/example.com/absent/@latest'));
    expect(source.calls).toEqual([]);
  });

  it('row 36: storage faults', async () => {
    const transient = () =>
      Promise.reject(new GoModKitError('storage_unavailable', 'ECONNRESET s3.internal', { data: { transient: true } }));
    const permanent = () =>
      Promise.reject(new GoModKitError('storage_unavailable', 'EACCES /srv', { data: { transient: false } }));
    const soon = await setup({ storage: changed({ get: transient, head: transient }) }).get(
      '/example.com/@v/v1.0.0.mod',
    );
    expect(soon.status).toBe(503);
    expect(soon.headers).toHaveProperty('retry-after');
    const { get, errors } = setup({ storage: changed({ get: permanent, head: permanent }) });
    const never = await get('/example.com/@v/v1.0.0.mod');
    expect(never.status).toBe(500);
    expect(soon.text + never.text).not.toMatch(/internal\b.*s3|s3\.internal|srv/);
    expect(errors).toHaveLength(1);
  });

  it('row 37: offline', async () => {
    const storage = memoryStorage();
    const online = setup({ storage });
    for (const kind of ['info', 'mod', 'zip']) await online.get(`/example.com/@v/v1.0.0.${kind}`);
    const { get, source } = setup({ storage, offline: true });
    expect((await get('/example.com/@v/list')).text).toBe('v1.0.0\n');
    expect((await get('/example.com/@v/v1.0.0.zip')).status).toBe(200);
    for (const target of ['/example.com/@v/main.info', '/example.com/@v/v1.0.1.info', '/example.com/other/@latest']) {
      const { status, text } = await get(target);
      expect({ target, status }).toEqual({ target, status: 404 });
      expect(text).toContain('offline');
    }
    expect(source.calls).toEqual([]);
  });
});

describe('under pressure', () => {
  it('row 50: 64 clients, one cold version, one fetch of each file', async () => {
    const { get, source } = setup();
    const kinds = ['info', 'mod', 'zip'];
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, i) => get(`/example.com/@v/v1.0.0.${kinds[i % 3]}`)),
    );
    expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
    for (const call of ['goMod', 'zip']) expect(source.calls.filter((made) => made.startsWith(call))).toHaveLength(1);
  });

  it('row 51: the first client leaves, the others get it; when all leave, the fetch is aborted', async () => {
    const real = memorySource(modules);
    const signals: AbortSignal[] = [];
    let release = () => {};
    const gate = new Promise<void>((resolve) => {
      release = resolve;
    });
    const source: ModuleSource = {
      versions: (...args) => real.versions(...args),
      resolve: (...args) => real.resolve(...args),
      goMod: (...args) => real.goMod(...args),
      zip: async (path, version, options) => {
        if (options?.signal) signals.push(options.signal);
        await gate;
        return real.zip(path, version, options);
      },
    };
    const { handler } = setup({ source });
    const zip = (controller: AbortController) =>
      ask(handler, request('/example.com/@v/v1.0.0.zip', {}, { signal: controller.signal }));
    const [first, second] = [new AbortController(), new AbortController()];
    const answers = [zip(first), zip(second)];
    await expect.poll(() => signals.length).toBe(1);
    first.abort();
    expect((await answers[0])?.status).toBe(503);
    expect(signals[0]?.aborted).toBe(false);
    second.abort();
    expect((await answers[1])?.status).toBe(503);
    expect(signals[0]?.aborted).toBe(true);
    release();
    expect((await zip(new AbortController())).status).toBe(200);
  });
});
