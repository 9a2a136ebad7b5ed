import { beforeEach, describe, expect, it, vi } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { networkGuard } from '../network-guard.ts';
import { type DiscoveryOptions, discovery } from './discovery.ts';

const names = new Map<string, readonly string[]>();
vi.mock('#net', () => ({
  resolveAddresses: async (host: string) => names.get(host) ?? (host.endsWith('.absent') ? [] : ['192.0.2.1']),
}));

beforeEach(() => {
  names.clear();
  names.set('internal.example', ['10.0.0.1']);
  names.set('metadata.example', ['169.254.169.254']);
});

type Answer = string | { readonly status: number; readonly body?: string; readonly location?: string } | Error;

const tag = (content: string) => `<html><head><meta name="go-import" content="${content}"></head>`;

/** Discovery over pages by URL without `?go-get=1`. */
function over(pages: Readonly<Record<string, Answer>>, options: DiscoveryOptions = {}) {
  const asked: string[] = [];
  const credentials: (string | null)[] = [];
  const find = discovery({
    ...options,
    async fetch(url, init) {
      asked.push(url);
      credentials.push(new Headers(init.headers).get('authorization'));
      const page = pages[url.replace(/\?.*$/, '')];
      if (page instanceof Error) throw page;
      if (page === undefined) return new Response('not here', { status: 404 });
      if (typeof page === 'string') return new Response(page);
      const headers = page.location === undefined ? {} : { location: page.location };
      return new Response(page.body ?? null, { status: page.status, headers });
    },
  });
  return { find, asked, credentials };
}

describe('discovery', () => {
  it('asks nobody about hosts of the table', async () => {
    const { find, asked } = over({});
    expect(await find('github.com/a/b/c/v2')).toMatchObject({ root: 'github.com/a/b', url: 'https://github.com/a/b' });
    await expect(find('github.com/a')).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual([]);
  });

  it.each([
    `${'a.'.repeat(200)}a/x`,
    `${'a.'.repeat(200)}a/${'b.git/'.repeat(200)}!`,
    `m.example/${'c.git'.repeat(200)}!`,
  ])('answers about a path with many dots as about any other', async (path) => {
    await expect(over({}).find(path)).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each(['example.1/x', '1.2.3.4.5/x', 'xn--a.example/x', 'user@m.example/x', 'm.example:99999/x', 'm.example?/x'])(
    'finds no host in %s',
    async (path) => {
      const { find, asked } = over({});
      await expect(find(path)).rejects.toMatchObject({
        code: 'not_found',
        message: expect.stringContaining('is no host'),
      });
      expect(asked).toEqual([]);
    },
  );

  it('takes the page of the path for its own prefix, once', async () => {
    const { find, asked } = over({ 'https://m.example/a': tag('m.example/a git https://git.example/a sub/dir') });
    const expected = {
      root: 'm.example/a',
      kind: 'git',
      url: 'https://git.example/a',
      subdirectory: 'sub/dir',
    };
    expect(await find('m.example/a')).toEqual(expected);
    expect(await find('m.example/a')).toEqual(expected);
    expect(asked).toEqual(['https://m.example/a?go-get=1']);
  });

  it('believes a page about a shorter prefix only if the page of that prefix agrees', async () => {
    const page = tag('m.example git https://git.example/m');
    const honest = over({ 'https://m.example/a': page, 'https://m.example/': page });
    expect(await honest.find('m.example/a')).toMatchObject({ root: 'm.example' });
    const liar = over({
      'https://m.example/a': page,
      'https://m.example/': tag('m.example git https://git.example/other'),
    });
    await expect(liar.find('m.example/a')).rejects.toMatchObject({
      code: 'not_found',
      message: 'm.example/a and m.example/ disagree about go-import for m.example',
    });
  });

  it.each([
    ['a 404', { status: 404 }, 'not_found', 'm.example answered 404'],
    ['a page without tags', '<html></html>', 'not_found', 'no go-import meta tag is for m.example/a'],
    ['a page about others', tag('x.example git https://git.example'), 'not_found', '(they are for "x.example")'],
    ['a page that cannot be parsed', '<1>', 'not_found', 'cannot be parsed'],
    ['a 503', { status: 503 }, 'upstream_unavailable', 'm.example answered 503'],
    [
      'a dead host',
      Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      'upstream_unavailable',
      'connection refused',
    ],
    ['a file URL', tag('m.example/a git file:///srv'), 'upstream_invalid', 'file scheme disallowed'],
    ['plain http', tag('m.example/a git http://git.example/a'), 'upstream_invalid', 'not secure'],
    ['git://', tag('m.example/a git git://git.example/a'), 'upstream_invalid', 'not secure'],
    ['a proxy that is no https', tag('m.example/a mod ssh://goproxy.example'), 'upstream_invalid', 'not https'],
    ['a proxy over http', tag('m.example/a mod http://goproxy.example'), 'upstream_invalid', 'not secure'],
    [
      'a redirect into the void',
      { status: 302, location: 'https://x.absent/' },
      'upstream_invalid',
      'redirects to x.absent',
    ],
    ['an option for a host', tag('m.example/a git ssh://-oProxyCommand=x/a'), 'upstream_invalid', 'invalid repo root'],
    ['an unknown kind', tag('m.example/a cvs https://git.example/a'), 'not_found', 'unknown vcs "cvs"'],
    [
      'a kind that GOVCS refuses',
      tag('m.example/a svn https://svn.example/a'),
      'denied',
      'GOVCS disallows using svn for public m.example/a',
    ],
    [
      'a subdirectory outside',
      tag('m.example/a git https://git.example/a ../x'),
      'upstream_invalid',
      'leaves the repository',
    ],
  ] satisfies [string, Answer, string, string][])('%s is no repository', async (_, page, code, message) => {
    const { find } = over({ 'https://m.example/a': page });
    const failure = await find('m.example/a').catch((error) => error);
    expect(failure).toMatchObject({ code });
    expect(failure.message).toContain(message);
  });

  it('takes tags of an error page', async () => {
    const body = tag('m.example/a git https://git.example/a');
    expect(await over({ 'https://m.example/a': { status: 404, body } }).find('m.example/a')).toMatchObject({
      kind: 'git',
    });
  });

  it('does not read a page without end', async () => {
    const head = new TextEncoder().encode(tag('m.example/a git https://git.example/a').replace('</head>', ''));
    let cancelled = false;
    const find = discovery({
      pageLimit: 10_000,
      fetch: async () => {
        let first = true;
        return new Response(
          new ReadableStream({
            pull(controller) {
              controller.enqueue(first ? head : new Uint8Array(1000).fill(0x20));
              first = false;
            },
            cancel() {
              cancelled = true;
            },
          }),
        );
      },
    });
    expect(await find('m.example/a')).toMatchObject({ root: 'm.example/a' });
    expect(cancelled).toBe(true);
  });

  it('tells a name that nobody has from an outage', async () => {
    await expect(over({}).find('m.absent/a')).rejects.toMatchObject({
      code: 'not_found',
      message: 'there is no host m.absent',
    });
  });

  it('goes to no private address, by name or by redirect, unless the path is private', async () => {
    const pages: Record<string, Answer> = {
      'https://internal.example/a': tag('internal.example/a git https://internal.example/a'),
      'https://m.example/a': { status: 302, location: 'https://metadata.example/latest' },
      'https://m.example/b': { status: 302, location: 'https://127.0.0.1/latest' },
    };
    const { find, asked } = over(pages);
    await expect(find('internal.example/a')).rejects.toThrow('internal.example, which is a private address');
    await expect(find('127.0.0.1/a')).rejects.toThrow('127.0.0.1, which is a loopback address');
    expect(asked).toEqual([]);
    await expect(find('m.example/a')).rejects.toThrow('m.example redirects to metadata.example, which is a link-local');
    await expect(find('m.example/b')).rejects.toThrow('m.example redirects to 127.0.0.1');
    expect(asked).toHaveLength(2);
    expect(await over(pages, { private: 'internal.example' }).find('internal.example/a')).toMatchObject({
      kind: 'git',
    });
    const allowed = networkGuard(['internal.example']);
    expect(await over(pages, { network: allowed }).find('internal.example/a')).toMatchObject({ kind: 'git' });
  });

  it('asks again over http only where GOINSECURE says so', async () => {
    const pages: Record<string, Answer> = {
      'https://m.example/a': Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
      'http://m.example/a': tag('m.example/a git http://git.example/a'),
    };
    await expect(over(pages).find('m.example/a')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    expect(await over(pages, { insecure: 'm.example' }).find('m.example/a')).toMatchObject({
      url: 'http://git.example/a',
    });
  });

  it('tells no other host its credentials', async () => {
    const { find, credentials } = over(
      {
        'https://m.example/a': { status: 302, location: 'https://other.example/a' },
        'https://other.example/a': tag('m.example/a git https://git.example/a'),
      },
      { credentials: (url) => (url.host === 'm.example' ? { Authorization: 'Bearer t' } : undefined) },
    );
    await find('m.example/a');
    expect(credentials).toEqual(['Bearer t', null]);
  });

  it('finds the scheme of a path that says what it is', async () => {
    const probed: string[] = [];
    const probe = async (url: string, root: string) => {
      expect(root).toBe('git.example/x.git');
      probed.push(url);
      return url.startsWith('ssh:');
    };
    expect(await over({}, { probe }).find('git.example/x.git/y')).toMatchObject({ url: 'ssh://git.example/x' });
    expect(probed).toEqual(['https://git.example/x', 'git+ssh://git.example/x', 'ssh://git.example/x']);
    expect(await over({}).find('git.example/x.git/y')).toMatchObject({
      root: 'git.example/x.git',
      url: 'https://git.example/x',
    });
  });

  it('takes a host that could not be asked for no sign of absence', async () => {
    const unreachable = new GoModKitError('upstream_unavailable', 'no route');
    const failing = (scheme: string) => async (url: string) => {
      if (url.startsWith(scheme)) throw unreachable;
      return false;
    };
    await expect(over({}, { probe: failing('https:') }).find('git.example/x.git')).rejects.toBe(unreachable);
    // Few servers speak ssh to strangers, and few machines speak it at all.
    const notFound = { code: 'not_found' };
    await expect(over({}, { probe: failing('ssh:') }).find('git.example/x.git')).rejects.toMatchObject(notFound);
  });

  it('says of launchpad.net what it once was only where it says that there is nothing', async () => {
    const at = (status: number) => over({ 'https://launchpad.net/x': { status } }).find('launchpad.net/x');
    await expect(at(404)).rejects.toMatchObject({ code: 'denied', message: expect.stringContaining('using bzr') });
    await expect(at(503)).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });

  it('remembers no failure', async () => {
    const pages: Record<string, Answer> = { 'https://m.example/a': { status: 503 } };
    const { find } = over(pages);
    await expect(find('m.example/a')).rejects.toMatchObject({ code: 'upstream_unavailable' });
    pages['https://m.example/a'] = tag('m.example/a git https://git.example/a');
    expect(await find('m.example/a')).toMatchObject({ kind: 'git' });
  });

  it('ends with its caller', async () => {
    const controller = new AbortController();
    const find = discovery({ fetch: () => new Promise(() => {}) });
    const finding = find('m.example/a', { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(finding).rejects.toThrow('gone');
  });
});
