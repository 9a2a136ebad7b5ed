import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { type ErrorCode, GoModKitError } from '../errors/error.ts';
import { type ChainEntry, chain } from './chain.ts';
import { statusError } from './http-status.ts';
import { route } from './route.ts';
import type { ModuleSource, SumdbSource } from './source.ts';
import { directSource, offSource } from './unavailable.ts';

type Source = ModuleSource & SumdbSource;

/** Answers everything with `answer`, or fails with what it makes. */
function fake(name: string, fail?: () => Error, log: string[] = []): Source {
  const act = <T>(what: string, value: T) => {
    log.push(`${name} ${what}`);
    return fail === undefined ? Promise.resolve(value) : Promise.reject(fail());
  };
  return {
    versions: (path) => act(`versions ${path}`, [name]),
    resolve: (path, query) => act(`resolve ${path}@${query}`, { version: name }),
    goMod: (path) => act(`mod ${path}`, new TextEncoder().encode(name)),
    zip: (path) => act(`zip ${path}`, { body: new ReadableStream<Uint8Array>() }),
    sumdb: (database, path) => act(`sumdb ${database} ${path}`, new TextEncoder().encode(name)),
  };
}

const failing =
  (code: ErrorCode, message: string = code) =>
  () =>
    new GoModKitError(code, message);

interface FallbackCase {
  readonly GOPROXY: string;
  readonly entries: readonly {
    readonly status?: number;
    readonly sumdbStatus?: number;
    readonly error?: string;
    readonly literal?: string;
    readonly separatorAfter: string;
  }[];
  readonly ok: boolean;
  readonly stderr?: string;
}

describeVectors<FallbackCase>('goproxy-fallback', (file) => {
  const refusal = (status: number, where: string) => () =>
    statusError({ upstream: `${where}/${status}/`, what: 'rsc.io/quote@v1.5.2', status, reason: '', retryAfter: null });
  const entry = (each: FallbackCase['entries'][number]): ChainEntry => {
    const fallBackOnError = each.separatorAfter === '|';
    if (each.literal === 'direct') return { source: directSource(), direct: true };
    if (each.literal === 'off') return { source: offSource() };
    if (each.error !== undefined) return { source: fake('down', failing('upstream_unavailable')), fallBackOnError };
    const ok = fake('ok');
    const status = each.status ?? each.sumdbStatus ?? 200;
    const refusing = fake('no', status === 200 ? undefined : refusal(status, 'http://127.0.0.1'));
    if (each.status !== undefined) return { source: refusing, fallBackOnError };
    return { source: { ...ok, sumdb: refusing.sumdb }, fallBackOnError };
  };
  // For a database that no proxy serves the go command asks it directly, which fails in these rows.
  const overSumdb = (row: FallbackCase) =>
    row.entries.some(({ sumdbStatus, literal }) => sumdbStatus || literal === 'direct');

  it.each(file.cases)('GOPROXY=$GOPROXY', async (row) => {
    const source = chain(row.entries.map(entry));
    const answer = overSumdb(row)
      ? source.sumdb('sum.golang.org', 'supported')
      : source.versions('rsc.io/quote').then(() => source.zip('rsc.io/quote', 'v1.5.2'));
    if (row.ok) {
      await answer;
      return;
    }
    const error: unknown = await answer.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(GoModKitError);
    const direct = /localhost\.localdev/.test(row.stderr ?? '');
    if (direct) expect(error).toMatchObject({ code: 'not_found' });
    else
      expect((error as Error).message).toMatch(
        new RegExp(
          (row.stderr ?? '')
            .replace(/^reading/, '')
            .split(': ')
            .at(-1) ?? '',
        ),
      );
  });
});

describe('chain', () => {
  const code = (entries: readonly ChainEntry[]) =>
    chain(entries)
      .versions('example.com/m')
      .catch((error: GoModKitError) => error.code);
  const entry = (errorCode: ErrorCode, more: Partial<ChainEntry> = {}): ChainEntry => ({
    source: fake(errorCode, failing(errorCode)),
    ...more,
  });
  const bar = { fallBackOnError: true };

  it('goes on after "not there" only, or after anything with fallBackOnError', async () => {
    const ok = { source: fake('ok') };
    expect(await code([entry('not_found'), entry('gone'), ok])).toEqual(['ok']);
    for (const hard of ['denied', 'upstream_unavailable', 'upstream_invalid', 'limit_exceeded'] as const) {
      expect(await code([entry(hard), ok])).toBe(hard);
      expect(await code([entry(hard, bar), ok])).toEqual(['ok']);
    }
  });

  it('reports direct before proxies before "not there", and the last of equals', async () => {
    expect(await code([entry('not_found'), entry('gone')])).toBe('gone');
    expect(await code([entry('denied', bar), entry('upstream_timeout', bar), entry('not_found')])).toBe(
      'upstream_timeout',
    );
    expect(await code([entry('denied', bar), entry('not_found', { direct: true })])).toBe('not_found');
    expect(await code([entry('not_found'), { source: offSource() }])).toBe('not_found');
  });

  it('lets the clear answer of a proxy stand where direct cannot be asked', async () => {
    const direct = { source: directSource(), direct: true };
    expect(await code([entry('not_found'), direct])).toBe('not_found');
    expect(await code([entry('denied', bar), direct])).toBe('denied');
    expect(await code([direct])).toBe('unsupported');
    await expect(chain([direct]).goMod('example.com/m', 'v1.0.0')).rejects.toThrow('direct needs a git source');
  });

  it('knows nothing without entries', async () => {
    expect(await code([])).toBe('not_found');
  });

  it('ends the walk when the call is cancelled', async () => {
    const abort = new AbortController();
    const log: string[] = [];
    const source = chain([
      {
        source: fake('first', () => {
          abort.abort(new Error('tired'));
          return new GoModKitError('not_found', 'no');
        }),
        fallBackOnError: true,
      },
      { source: fake('second', undefined, log) },
    ]);
    await expect(source.versions('example.com/m', { signal: abort.signal })).rejects.toThrow('tired');
    expect(log).toEqual([]);
  });

  it('stays with the source that supports a database, and takes its 404 for final (spec §10.25)', async () => {
    const log: string[] = [];
    const first = fake('first', failing('not_found'), log);
    const second = fake('second', undefined, log);
    const third = fake('third', undefined, log);
    second.sumdb = async (_database, path) => {
      log.push(`second ${path}`);
      if (path === 'latest') throw new GoModKitError('not_found', 'no');
      return new Uint8Array();
    };
    const source = chain([{ source: first }, { source: second }, { source: third }]);
    await expect(source.sumdb('sum.golang.org', 'latest')).rejects.toMatchObject({ code: 'not_found' });
    await source.sumdb('sum.golang.org', 'tile/8/0/000');
    expect(log).toEqual([
      'first sumdb sum.golang.org supported',
      'second supported',
      'second latest',
      'second tile/8/0/000',
    ]);
  });

  it('finds no database where no source has one', async () => {
    await expect(chain([{ source: directSource() }]).sumdb('sum.golang.org', 'supported')).rejects.toMatchObject({
      code: 'not_found',
    });
  });
});

describe('route', () => {
  it('asks the first rule that matches, and nobody else', async () => {
    const log: string[] = [];
    const source = route(
      [
        { patterns: '*.corp.example', source: fake('corp', undefined, log) },
        { patterns: 'x.corp.example,github.com/acme', source: fake('acme', undefined, log) },
      ],
      fake('rest', undefined, log),
    );
    await source.versions('x.corp.example/m');
    await source.resolve('github.com/acme/m', 'latest');
    await source.goMod('corp.example/m', 'v1.0.0');
    await source.sumdb('sum.golang.org', 'latest');
    await source.sumdb('sum.golang.org', 'lookup/x.corp.example/%21m@v1.0.0');
    expect(log).toEqual([
      'corp versions x.corp.example/m',
      'acme resolve github.com/acme/m@latest',
      'rest mod corp.example/m',
      'rest sumdb sum.golang.org latest',
      'corp sumdb sum.golang.org lookup/x.corp.example/%21m@v1.0.0',
    ]);
  });

  it('does not ask the database about modules whose source serves none (spec §10.27)', async () => {
    const log: string[] = [];
    const source = route([{ patterns: '*.corp.example', source: directSource() }], fake('rest', undefined, log));
    await expect(source.sumdb('sum.golang.org', 'lookup/x.corp.example/m@v1.0.0')).rejects.toMatchObject({
      code: 'not_found',
    });
    expect(log).toEqual([]);
  });
});
