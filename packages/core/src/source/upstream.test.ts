import { describe, expect, it } from 'vitest';
import { readAll } from '../bytes/source.ts';
import type { UpstreamOptions } from './http-settings.ts';
import { upstreamSource } from './upstream.ts';

type Answer = string | Uint8Array | { readonly status: number; readonly body?: string; readonly type?: string };

const base = 'https://192.0.2.1/base';
const instant = { sleep: () => Promise.resolve(), random: () => 0 };

/** A proxy that answers from a table of request paths; everything else is 404. */
function proxy(table: Readonly<Record<string, Answer>>, options: UpstreamOptions = {}) {
  const asked: string[] = [];
  const source = upstreamSource(base, {
    clock: instant,
    ...options,
    fetch: async (url) => {
      const path = url.slice(base.length + 1);
      asked.push(path);
      const answer = table[path] ?? { status: 404 };
      if (typeof answer === 'string' || answer instanceof Uint8Array) return new Response(answer);
      const { status, body = '', type = 'text/plain; charset=utf-8' } = answer;
      return new Response(body, { status, headers: { 'content-type': type } });
    },
  });
  return { source, asked };
}

const info = (version: string) => JSON.stringify({ Version: version, Time: '2000-01-01T00:00:00Z' });
const found = (version: string) => ({ version, time: '2000-01-01T00:00:00Z' });

describe('requests', () => {
  it('escapes as the go command does (spec §1.19)', async () => {
    const { source, asked } = proxy({
      'github.com/%21burnt%21sushi/toml/@v/list': 'v1.0.0\n',
      'example.com/m/@v/v1.0.0+incompatible.info': info('v1.0.0+incompatible'),
      'example.com/m/@v/%21release-1~x@$&=.info': info('v1.0.0'),
      'example.com/m/@v/a%23b%25%2Cc.info': info('v1.0.0'),
    });
    expect(await source.versions('github.com/BurntSushi/toml')).toEqual(['v1.0.0']);
    await source.resolve('example.com/m', 'v1.0.0+incompatible');
    await source.resolve('example.com/m', 'Release-1~x@$&=');
    await source.resolve('example.com/m', 'a#b%,c');
    expect(asked).toHaveLength(4);
  });

  it('keeps the query of the base and shows neither it nor user info', async () => {
    const asked: string[] = [];
    const source = upstreamSource('https://user:hunter22@192.0.2.1/base/?token=hunter33', {
      fetch: async (url) => {
        asked.push(url);
        return new Response('', { status: 410 });
      },
    });
    expect(source.name).toBe('https://192.0.2.1/base');
    await expect(source.versions('example.com/m')).rejects.toThrow(/^(?!.*hunter).*192\.0\.2\.1\/base$/);
    expect(asked).toEqual(['https://192.0.2.1/base/example.com/m/@v/list?token=hunter33']);
  });

  it('asks nothing for paths that are no module and names that fit no URL', async () => {
    const { source, asked } = proxy({});
    await expect(source.versions('nodots')).rejects.toMatchObject({ code: 'invalid_path' });
    await expect(source.resolve('example.com/m', 'feature/x')).rejects.toMatchObject({ code: 'not_found' });
    await expect(source.resolve('example.com/m', '..')).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([]);
  });

  it.each([
    ['ftp://goproxy.example', 'must be https, http or file'],
    ['nonsense', 'not a URL'],
    ['http://user:hunter22@goproxy.example', 'plain http'],
  ])('refuses %s as an upstream', (url, reason) => {
    expect(() => upstreamSource(url)).toThrow(reason);
    expect(() => upstreamSource(url)).not.toThrow('hunter22');
  });

  it('refuses settings out of range', () => {
    expect(() => upstreamSource(base, { limits: { zip: -1 } })).toThrow('limits.zip');
    expect(() => upstreamSource(base, { timeouts: { idle: Number.NaN } })).toThrow('timeouts.idle');
    expect(() => upstreamSource(base, { concurrency: 0 })).toThrow('concurrency limit');
  });
});

describe('versions', () => {
  it('drops what no client can use (protocol cases row 4)', async () => {
    const body = 'v1.0.0\nv1.1\nv2.0.0\nv0.0.0-20060102150405-abcdef123456\n\xff\nv1.2.0 x\n';
    const { source } = proxy({ 'example.com/m/@v/list': Uint8Array.from(body, (c) => c.charCodeAt(0)) });
    expect(await source.versions('example.com/m')).toEqual(['v1.0.0', 'v1.2.0']);
  });

  it('takes no login page for a module without versions', async () => {
    const { source } = proxy({ 'example.com/m/@v/list': '\n<!DOCTYPE html>\n<html>Sign in</html>\n' });
    await expect(source.versions('example.com/m')).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(source.resolve('example.com/m', 'latest')).rejects.toThrow('it is a page, not a list');
  });
});

describe('resolve', () => {
  const asked = 'example.com/m/@v/v1.0.0.info';

  it('hands on what the source says of a version (protocol cases rows 6 and 7)', async () => {
    const body = '{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z","Origin":{"VCS":"git","New":1}}';
    const { source } = proxy({ [asked]: body, 'example.com/m/@v/master.info': body });
    const expected = { ...found('v1.0.0'), origin: { VCS: 'git', New: 1 } };
    expect(await source.resolve('example.com/m', 'v1.0.0')).toEqual(expected);
    expect(await source.resolve('example.com/m', 'master')).toEqual(expected);
  });

  it.each([
    ['other version', asked, 'v1.0.0', info('v1.0.1'), 'instead of the requested one'],
    ['page', asked, 'v1.0.0', '<html>', 'is not JSON'],
    ['malformed time', asked, 'v1.0.0', '{"Version":"v1.0.0","Time":"x"}', 'malformed Time'],
    ['shorthand', 'example.com/m/@v/main.info', 'main', info('v1.0'), 'no canonical version'],
    ['other major', 'example.com/m/@v/main.info', 'main', info('v2.0.0'), 'no canonical version that fits'],
    ['branch name', 'example.com/m/@v/main.info', 'main', info('main'), 'no canonical version'],
  ])('refuses the wrong answer: %s (protocol cases row 30)', async (_, path, query, body, reason) => {
    const { source } = proxy({ [path]: body });
    const answer = source.resolve('example.com/m', query);
    await expect(answer).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(answer).rejects.toThrow(reason);
    await expect(answer).rejects.toThrow('https://192.0.2.1/base');
  });

  it('asks @latest for latest', async () => {
    const { source } = proxy({ 'example.com/m/@latest': info('v1.5.0') });
    expect(await source.resolve('example.com/m', 'latest')).toEqual(found('v1.5.0'));
  });

  it.each([404, 410])('answers latest from the list where @latest is %i (protocol cases row 1)', async (status) => {
    const { source, asked } = proxy({
      'example.com/m/@latest': { status },
      'example.com/m/@v/list': 'v1.0.0\nv1.10.0\nv1.9.0\nv1.11.0-rc.1\nv0.0.0-20060102150405-abcdef123456\n',
      'example.com/m/@v/v1.10.0.info': info('v1.10.0'),
    });
    expect(await source.resolve('example.com/m', 'latest')).toEqual(found('v1.10.0'));
    expect(asked).toHaveLength(3);
  });

  it('does not fall back when @latest fails otherwise', async () => {
    const { source, asked } = proxy({ 'example.com/m/@latest': { status: 403, body: 'no' } });
    await expect(source.resolve('example.com/m', 'latest')).rejects.toMatchObject({ code: 'denied' });
    expect(asked).toHaveLength(1);
  });

  it('passes incompatible versions over when the compatible one has a go.mod (spec §4.4)', async () => {
    const table = {
      'example.com/m/@v/list': 'v1.0.0\nv2.0.0+incompatible\n',
      'example.com/m/@v/v1.0.0.info': info('v1.0.0'),
      'example.com/m/@v/v2.0.0+incompatible.info': info('v2.0.0+incompatible'),
    };
    const own = proxy({ ...table, 'example.com/m/@v/v1.0.0.mod': 'module example.com/m\n\ngo 1.20\n' });
    expect(await own.source.resolve('example.com/m', 'latest')).toEqual(found('v1.0.0'));
    const made = proxy({ ...table, 'example.com/m/@v/v1.0.0.mod': 'module example.com/m\n' });
    expect(await made.source.resolve('example.com/m', 'latest')).toEqual(found('v2.0.0+incompatible'));
  });

  it('takes the newest pseudo-version of a list without tags (spec §4.13)', async () => {
    const version = 'v0.0.0-20160102150405-abcdef123456';
    const { source } = proxy({
      'example.com/m/@v/list': `v0.0.0-20060102150405-abcdef123456\n${version}\n`,
      [`example.com/m/@v/${version}.info`]: info(version),
    });
    expect(await source.resolve('example.com/m', 'latest')).toEqual(found(version));
  });

  it('says what @latest said when nothing is listed', async () => {
    const { source } = proxy({
      'example.com/m/@latest': { status: 404, body: 'not found: no commits' },
      'example.com/m/@v/list': '',
    });
    await expect(source.resolve('example.com/m', 'latest')).rejects.toThrow(/^no commits$/);
  });

  it('answers v1 and v1.2 from the list where the proxy does not know them', async () => {
    const { source } = proxy({
      'example.com/m/@v/list': 'v1.2.0\nv1.3.0\nv1.4.0-rc.1\nv0.9.0\n',
      'example.com/m/@v/v1.3.0.info': info('v1.3.0'),
      'example.com/m/@v/v1.2.0.info': info('v1.2.0'),
    });
    expect(await source.resolve('example.com/m', 'v1')).toEqual(found('v1.3.0'));
    expect(await source.resolve('example.com/m', 'v1.2')).toEqual(found('v1.2.0'));
    await expect(source.resolve('example.com/m', 'v1.9')).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('goMod', () => {
  const path = 'example.com/m/@v/v1.0.0.mod';

  it('hands on the bytes as they are, also under another path', async () => {
    const body = '// fork\r\nmodule github.com/other/m/v5\r\n???\n';
    const { source } = proxy({ [path]: body });
    expect(new TextDecoder().decode(await source.goMod('example.com/m', 'v1.0.0'))).toBe(body);
  });

  it.each([
    ['', 'no module line'],
    ['<html>module x</html>', 'no module line'],
    ['go 1.20\n', 'no module line'],
    ['module nodots\n', 'malformed module path'],
    ['module example.com/m/v1\n', 'malformed module path'],
  ])('refuses %j (protocol cases row 30)', async (body, reason) => {
    const answer = proxy({ [path]: body }).source.goMod('example.com/m', 'v1.0.0');
    await expect(answer).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(answer).rejects.toThrow(reason);
  });
});

describe('zip', () => {
  it('streams the body with its announced size', async () => {
    const source = upstreamSource(base, {
      fetch: async () => new Response('zip bytes', { headers: { 'content-length': '9' } }),
    });
    const { size, body } = await source.zip('example.com/m', 'v1.0.0');
    expect(size).toBe(9);
    expect(new TextDecoder().decode(await readAll(body))).toBe('zip bytes');
  });
});

describe('statuses (protocol cases rows 25 to 27)', () => {
  it.each([
    [404, 'not_found', 'unknown revision'],
    [410, 'gone', 'unknown revision'],
    [400, 'not_found', 'unknown revision'],
    [401, 'upstream_unavailable', 'our credentials were refused'],
    [403, 'denied', 'refuses example.com/m@v1.0.0: 403 Forbidden: unknown revision'],
    [451, 'denied', 'unknown revision'],
    [418, 'upstream_invalid', 'unexpected status 418'],
    [201, 'upstream_invalid', 'unexpected status 201'],
    [206, 'upstream_invalid', 'unexpected status 206'],
    [429, 'upstream_unavailable', '429 Too Many Requests: unknown revision (tried 4 times)'],
    [500, 'upstream_unavailable', '500 Internal Server Error: unknown revision (tried 4 times)'],
    [503, 'upstream_unavailable', '(tried 4 times)'],
    [504, 'upstream_timeout', '(tried 4 times)'],
  ])('%i is %s', async (status, code, text) => {
    const { source } = proxy({ 'example.com/m/@v/v1.0.0.info': { status, body: 'not found: unknown revision\n' } });
    const answer = source.resolve('example.com/m', 'v1.0.0');
    await expect(answer).rejects.toMatchObject({ code, data: { status } });
    await expect(answer).rejects.toThrow(text);
  });

  it('says something of its own where upstream says nothing fit to show', async () => {
    const page = { status: 404, body: '<html>', type: 'text/html' };
    const { source } = proxy({ 'example.com/m/@v/v1.0.0.info': page });
    await expect(source.resolve('example.com/m', 'v1.0.0')).rejects.toThrow(
      /^example\.com\/m@v1\.0\.0: 404 Not Found at https:\/\/192\.0\.2\.1\/base$/,
    );
  });
});

describe('sumdb', () => {
  it.each([
    ['sum.golang.org', 'supported', 'sumdb/sum.golang.org/supported'],
    ['sum.golang.org', 'latest', 'sumdb/sum.golang.org/latest'],
    ['sum.corp.example/team', 'tile/8/0/x001/234.p/7', 'sumdb/sum.corp.example/team/tile/8/0/x001/234.p/7'],
    ['sum.golang.org', 'tile/8/data/000', 'sumdb/sum.golang.org/tile/8/data/000'],
    [
      'sum.golang.org',
      'lookup/github.com/!x/y@v2.0.0+incompatible',
      'sumdb/sum.golang.org/lookup/github.com/%21x/y@v2.0.0+incompatible',
    ],
    ['sum.golang.org', 'lookup/github.com/%21x/y@v1.0.0', 'sumdb/sum.golang.org/lookup/github.com/%21x/y@v1.0.0'],
  ])('passes %s %s through byte for byte', async (database, path, url) => {
    const bytes = Uint8Array.of(0, 255, 10);
    const { source } = proxy({ [url]: bytes });
    expect(await source.sumdb(database, path)).toEqual(bytes);
  });

  it.each([
    ['sum.golang.org', '../../secret'],
    ['sum.golang.org', 'lookup/../x@v1.0.0'],
    ['sum.golang.org', 'lookup/%2e%2e/x@v1.0.0'],
    ['sum.golang.org', 'tile/8/0/1'],
    ['sum.golang.org', 'latest?x=1'],
    ['sum.golang.org/..', 'latest'],
    ['', 'latest'],
    ['sum.golang.org', ''],
  ])('asks nothing for %j %j', async (database, path) => {
    const { source, asked } = proxy({});
    await expect(source.sumdb(database, path)).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([]);
  });

  it('is not there where the proxy says so', async () => {
    await expect(proxy({}).source.sumdb('sum.golang.org', 'supported')).rejects.toMatchObject({ code: 'not_found' });
  });
});
