// Redirects and what must not follow them (protocol cases row 57).

import { beforeEach, describe, expect, it, vi } from 'vitest';
import { startServer } from '../../test/http-server.ts';
import { netrcCredentials } from './credentials.ts';
import type { UpstreamOptions } from './http-settings.ts';
import { upstreamSource } from './upstream.ts';

const names = new Map<string, readonly string[] | undefined>();
vi.mock('#net', () => ({
  async resolveAddresses(host: string) {
    if (host === 'silent.example') throw Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' });
    return names.has(host) ? names.get(host) : [];
  },
}));

beforeEach(() => {
  names.clear();
  names.set('goproxy.example', ['192.0.2.1']);
  names.set('corp.example', ['10.0.0.1']);
  names.set('metadata.internal', ['169.254.169.254']);
  names.set('cdn.example', ['192.0.2.2', '2606:2800::1']);
});

interface Sent {
  readonly url: string;
  readonly authorization: string | null;
  readonly token: string | null;
}

/** An upstream that redirects its first requests to `locations`, in order, and then answers. */
function redirecting(base: string, locations: readonly string[], options: UpstreamOptions = {}) {
  const sent: Sent[] = [];
  const source = upstreamSource(base, {
    ...options,
    fetch: async (url, init) => {
      const headers = new Headers(init.headers);
      sent.push({ url, authorization: headers.get('authorization'), token: headers.get('x-token') });
      const location = locations[sent.length - 1];
      return location === undefined
        ? new Response('v1.0.0\n')
        : new Response(null, { status: 302, headers: { location } });
    },
  });
  return { sent, versions: () => source.versions('example.com/m') };
}

describe('redirects', () => {
  it.each([301, 302, 303, 307, 308])('follows %i, relative ones too', async (status) => {
    const server = await startServer((request, response) => {
      if (request.url === '/moved') response.end('v1.0.0\n');
      else response.writeHead(status, { location: '/moved' }).end('moved');
    });
    expect(await upstreamSource(server.url).versions('example.com/m')).toEqual(['v1.0.0']);
  });

  it('follows nine in a row and no tenth', async () => {
    let wanted = 9;
    const server = await startServer((_, response) => {
      if (server.requests.length % (wanted + 1) === 0) response.end('v1.0.0\n');
      else response.writeHead(302, { location: `/${server.requests.length}` }).end();
    });
    expect(await upstreamSource(server.url).versions('example.com/m')).toEqual(['v1.0.0']);
    wanted = 1000;
    await expect(upstreamSource(server.url).versions('example.com/m')).rejects.toThrow('more than 9 times');
    expect(server.requests).toHaveLength(20);
  });

  it.each([
    ['https://goproxy.example', 'http://goproxy.example/x', 'from https to plain http'],
    ['https://goproxy.example', 'file:///etc/passwd', 'file: URL'],
    ['http://goproxy.example', 'ftp://goproxy.example/x', 'ftp: URL'],
    ['https://goproxy.example', 'data:,v1.0.0', 'data: URL'],
    ['https://goproxy.example', 'https://[bad', 'without saying where'],
    ['https://goproxy.example', 'https://169.254.169.254/latest/meta-data', 'link-local address'],
    ['https://goproxy.example', 'https://127.0.0.1/', 'loopback address'],
    ['https://goproxy.example', 'https://2130706433/', 'loopback address'],
    ['https://goproxy.example', 'https://0177.1/', 'loopback address'],
    ['https://goproxy.example', 'https://[::ffff:10.0.0.1]/', 'private address'],
    ['https://goproxy.example', 'https://[fd00::1]/', 'private address'],
    ['https://goproxy.example', 'https://100.64.0.1/', 'private address'],
    ['https://goproxy.example', 'https://localhost/', 'loopback address'],
    ['https://goproxy.example', 'https://x.localhost./', 'loopback address'],
    ['https://goproxy.example', 'https://metadata.internal/', 'link-local address'],
    ['https://goproxy.example', 'https://corp.example/', 'private address'],
    ['https://goproxy.example', 'https://nowhere.example/', 'has no address'],
    ['https://corp.example', 'https://127.0.0.1/', 'loopback address'],
    ['https://corp.example', 'https://169.254.169.254/', 'link-local address'],
    ['https://corp.example', 'https://metadata.internal/', 'link-local address'],
    ['http://127.0.0.1:3000', 'http://metadata.internal/', 'link-local address'],
  ])('from %s to %j: %s', async (base, location, reason) => {
    const { sent, versions } = redirecting(base, [location]);
    await expect(versions()).rejects.toMatchObject({ code: 'upstream_invalid' });
    await expect(redirecting(base, [location]).versions()).rejects.toThrow(reason);
    expect(sent).toHaveLength(1);
  });

  it.each([
    ['to a public host', 'https://goproxy.example', 'https://cdn.example/x', {}],
    ['from http to https', 'http://goproxy.example', 'https://goproxy.example/x', {}],
    ['from a private upstream to a private host', 'https://corp.example', 'https://10.9.9.9/x', {}],
    ['from a private upstream to itself', 'https://10.0.0.1', 'https://10.0.0.1:8443/x', {}],
    [
      'where all private hosts are allowed',
      'https://goproxy.example',
      'https://10.0.0.1/x',
      { privateRedirects: true },
    ],
    [
      'where this host is allowed',
      'https://goproxy.example',
      'https://corp.example/x',
      { privateRedirects: ['corp.example'] },
    ],
  ])('follows %s', async (_, base, location, options) => {
    expect(await redirecting(base, [location], options).versions()).toEqual(['v1.0.0']);
  });

  it('judges every address of a name', async () => {
    names.set('mixed.example', ['192.0.2.7', '::1']);
    await expect(redirecting('https://goproxy.example', ['https://mixed.example/']).versions()).rejects.toThrow(
      'loopback',
    );
  });

  it('follows public names where the runtime cannot resolve them, but not addresses', async () => {
    names.set('goproxy.example', undefined);
    names.set('cdn.example', undefined);
    expect(await redirecting('https://goproxy.example', ['https://cdn.example/']).versions()).toEqual(['v1.0.0']);
    await expect(redirecting('https://goproxy.example', ['https://10.0.0.1/']).versions()).rejects.toThrow('private');
    names.set('wiki.internal', undefined);
    await expect(redirecting('https://goproxy.example', ['https://wiki.internal']).versions()).rejects.toThrow(
      'private',
    );
  });

  it('tries again where the name cannot be resolved at the moment', async () => {
    const retry = { attempts: 2, baseDelay: 0 };
    const { sent, versions } = redirecting('https://goproxy.example', ['https://silent.example/x'], { retry });
    expect(await versions()).toEqual(['v1.0.0']);
    expect(sent).toHaveLength(2);
    await expect(
      redirecting('https://goproxy.example', ['https://silent.example/x'], { retry: { attempts: 1 } }).versions(),
    ).rejects.toThrow('silent.example: reading the versions of example.com/m: its name cannot be resolved now');
  });

  it('says when the runtime hides redirects', async () => {
    const hidden = Object.defineProperty(new Response(null), 'type', { value: 'opaqueredirect' });
    const source = upstreamSource('https://goproxy.example', { fetch: async () => hidden });
    await expect(source.versions('example.com/m')).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('credentials', () => {
  const token = { credentials: () => ({ Authorization: 'Bearer hunter22', 'X-Token': ['hunter33'] }) };

  it('go with every request to the origin, and to no other', async () => {
    const locations = [
      'https://goproxy.example/moved',
      'https://cdn.example/x',
      'https://goproxy.example/back',
      'https://goproxy.example/again',
    ];
    const { sent, versions } = redirecting('https://goproxy.example', locations, token);
    await versions();
    expect(sent.map(({ authorization, token }) => [authorization, token])).toEqual([
      ['Bearer hunter22', 'hunter33'],
      ['Bearer hunter22', 'hunter33'],
      [null, null],
      [null, null],
      [null, null],
    ]);
  });

  it.each([
    ['another port', 'https://goproxy.example:8443/x'],
    ['a host below', 'https://sub.goproxy.example/x'],
    ['user info of the redirect', 'https://evil:pw@cdn.example/x'],
  ])('do not go to %s', async (_, location) => {
    names.set('sub.goproxy.example', ['192.0.2.1']);
    const { sent, versions } = redirecting('https://user:hunter22@goproxy.example', [location]);
    await versions();
    expect(sent.map(({ authorization }) => authorization)).toEqual(['Basic dXNlcjpodW50ZXIyMg==', null]);
    expect(sent[1]?.url).not.toContain('evil');
  });

  it('really stay away from another server', async () => {
    const other = await startServer((_, response) => response.end('v1.0.0\n'));
    const server = await startServer((_, response) =>
      response.writeHead(307, { location: `${other.url.replace('127.0.0.1', 'localhost')}/x` }).end(),
    );
    const url = server.url.replace('http://', 'http://user:hunter22@');
    expect(await upstreamSource(url, token).versions('example.com/m')).toEqual(['v1.0.0']);
    expect(server.requests[0]?.headers).toMatchObject({ authorization: 'Bearer hunter22', 'x-token': 'hunter33' });
    expect(other.requests[0]?.headers).not.toHaveProperty('authorization');
    expect(other.requests[0]?.headers).not.toHaveProperty('x-token');
  });

  it('do not travel over plain http', async () => {
    const { sent, versions } = redirecting('http://goproxy.example', [], token);
    await versions();
    expect(sent[0]?.authorization).toBeNull();
  });

  it('come from the callback before the URL, as in Go', async () => {
    const { sent, versions } = redirecting('https://user:pw@goproxy.example', [], token);
    await versions();
    expect(sent[0]?.authorization).toBe('Bearer hunter22');
  });

  it.each([
    [
      'an answer that repeats them',
      async () => new Response('you sent Bearer hunter22', { status: 403, headers: { 'content-type': 'text/plain' } }),
    ],
    ['a refusal', async () => new Response('', { status: 401 })],
    ['a failure that mentions them', () => Promise.reject(new Error('bad header Bearer hunter22'))],
  ])('do not show in the error for %s', async (_, fetch) => {
    const source = upstreamSource('https://user:hunter22@goproxy.example', { ...token, fetch, retry: { attempts: 1 } });
    const error = await source.versions('example.com/m').catch((reason: Error) => reason);
    expect(error).toBeInstanceOf(Error);
    expect((error as Error).message + source.name).not.toContain('hunter22');
  });

  it('that are a user and a password do not show apart either', async () => {
    const source = upstreamSource('https://goproxy.example', {
      credentials: netrcCredentials('machine goproxy.example login ci password hunter44'),
      fetch: async () =>
        new Response('ci may not use hunter44', { status: 403, headers: { 'content-type': 'text/plain' } }),
    });
    await expect(source.versions('example.com/m')).rejects.toThrow(/ci may not use \[redacted\]$/);
  });

  it('that are no header are refused without showing them', async () => {
    const source = upstreamSource('https://goproxy.example', {
      credentials: () => ({ Authorization: 'hunter22\n\0' }),
    });
    await expect(source.versions('example.com/m')).rejects.toThrow(/^(?!.*hunter22).*not a valid HTTP header/);
  });

  it('that cannot be obtained say so', async () => {
    const source = upstreamSource('https://goproxy.example', { credentials: () => Promise.reject(new Error('vault')) });
    await expect(source.versions('example.com/m')).rejects.toMatchObject({ code: 'upstream_unavailable' });
  });
});
