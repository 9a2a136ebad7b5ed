// Proxies that pages name: where they may be, and what they are told.

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { networkGuard } from '../network-guard.ts';
import { type PageProxyOptions, pageProxies } from './page-proxies.ts';

const names = new Map<string, readonly string[]>();
vi.mock('#net', () => ({ resolveAddresses: async (host: string) => names.get(host) ?? [] }));

beforeEach(() => {
  names.clear();
  names.set('goproxy.example', ['192.0.2.1']);
  names.set('cdn.example', ['192.0.2.2']);
  names.set('internal.example', ['10.0.0.1']);
});

/** Asks the proxy at `url` for versions, and says what was sent; `locations` are redirected to, in order. */
async function ask(url: string, options: PageProxyOptions = {}, locations: readonly string[] = []) {
  const sent: string[] = [];
  const authorized: string[] = [];
  const proxies = pageProxies({
    ...options,
    async fetch(target, init) {
      const { host } = new URL(target);
      if (new Headers(init.headers).has('authorization')) authorized.push(host);
      sent.push(host);
      const location = locations[sent.length - 1];
      return location === undefined
        ? new Response('v1.0.0\n')
        : new Response(null, { status: 302, headers: { location } });
    },
  });
  const proxy = proxies({ root: 'm.example/a', kind: 'mod', url, subdirectory: '' });
  const answer = await proxy.versions('m.example/a/b').catch((error) => error);
  return { sent, authorized, answer };
}

describe('a proxy that a page names', () => {
  it.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://169.254.169.254/latest',
    'https://2130706433/',
    'https://localhost:8443/',
    'https://internal.example/',
    'https://user:password@internal.example/',
  ])('is not asked at %s', async (url) => {
    const { sent, answer } = await ask(url);
    expect(sent).toEqual([]);
    expect(answer).toMatchObject({ code: 'upstream_invalid' });
    expect(answer.message).toMatch(/^a page leads to a proxy at .*which is a (loopback|private|link-local) address/);
    expect(answer.message).not.toContain('password');
  });

  it('leads to no private address by a redirect', async () => {
    for (const location of ['https://internal.example/', 'https://127.0.0.1/', 'https://169.254.169.254/']) {
      const { sent, answer } = await ask('https://goproxy.example', {}, [location]);
      expect(sent).toEqual(['goproxy.example']);
      expect(answer).toMatchObject({ code: 'upstream_invalid' });
    }
  });

  it('may change its name to a private address and is not asked there', async () => {
    const network = networkGuard();
    expect((await ask('https://goproxy.example', { network })).answer).toEqual(['v1.0.0']);
    names.set('goproxy.example', ['10.0.0.1']);
    const { sent, answer } = await ask('https://goproxy.example', { network }, ['https://internal.example/']);
    expect(sent).toEqual([]);
    expect(answer).toMatchObject({ code: 'upstream_invalid' });
  });

  it('may be anywhere for modules of the user and where that is allowed', async () => {
    const url = 'https://internal.example';
    expect((await ask(url, { isOwn: (root) => root === 'm.example/a' })).answer).toEqual(['v1.0.0']);
    expect((await ask(url, { isOwn: (root) => root === 'm.example' })).answer).toMatchObject({
      code: 'upstream_invalid',
    });
    expect((await ask(url, { network: networkGuard(['internal.example']) })).answer).toEqual(['v1.0.0']);
  });

  it('gets the credentials of its own host alone', async () => {
    const credentials = (url: URL) => (url.host === 'goproxy.example' ? { Authorization: 'Bearer t' } : undefined);
    const { authorized, sent } = await ask('https://goproxy.example', { credentials }, ['https://cdn.example/']);
    expect(sent).toEqual(['goproxy.example', 'cdn.example']);
    expect(authorized).toEqual(['goproxy.example']);
    expect((await ask('https://cdn.example', { credentials })).authorized).toEqual([]);
  });

  it('is one source while it is used, and one of so many', () => {
    const proxies = pageProxies({});
    const at = (url: string) => proxies({ root: 'm.example', kind: 'mod', url, subdirectory: '' });
    const [first, second] = [at('https://goproxy.example/0'), at('https://goproxy.example/1')];
    for (let i = 2; i < 1000; i++) at(`https://goproxy.example/${i}`);
    expect(at('https://goproxy.example/0')).toBe(first);
    at('https://goproxy.example/1000');
    expect(at('https://goproxy.example/0')).toBe(first);
    expect(at('https://goproxy.example/1')).not.toBe(second);
  });
});
