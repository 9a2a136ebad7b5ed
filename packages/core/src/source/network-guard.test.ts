import { beforeEach, describe, expect, it, vi } from 'vitest';
import { networkGuard } from './network-guard.ts';

const names = new Map<string, readonly string[] | undefined>();
let asked: string[] = [];
vi.mock('#net', () => ({
  async resolveAddresses(host: string) {
    asked.push(host);
    if (host === 'silent.example') throw Object.assign(new Error('getaddrinfo'), { code: 'EAI_AGAIN' });
    if (host === 'slow.example') return new Promise(() => {});
    return names.has(host) ? names.get(host) : [];
  },
}));

beforeEach(() => {
  asked = [];
  names.clear();
  names.set('public.example', ['192.0.2.1', '2606:2800::1']);
  names.set('corp.example', ['10.0.0.1']);
  names.set('mixed.example', ['192.0.2.1', '192.168.0.1']);
  names.set('metadata.example', ['169.254.169.254']);
  names.set('loop.example', ['127.0.0.1']);
  names.set('many.example', ['224.0.0.1']);
});

const guard = networkGuard();
const url = (host: string) => new URL(`https://${host}/x`);
const refusal = (host: string, from?: string) =>
  guard.check(url(host), { from: from === undefined ? undefined : url(from) }).then(
    () => 'admitted',
    (error) => `${error.code} ${error.message}`,
  );

describe('networkGuard', () => {
  it('admits public hosts, and says which addresses it judged', async () => {
    expect(await guard.check(url('public.example'))).toEqual(['192.0.2.1', '2606:2800::1']);
    expect(await guard.check(url('192.0.2.7:8443'))).toEqual(['192.0.2.7']);
    expect(await guard.check(url('[2606:2800::1]'))).toEqual(['2606:2800::1']);
  });

  it.each([
    ['127.0.0.1', 'loopback'],
    ['127.1', 'loopback'],
    ['0x7f000001', 'loopback'],
    ['017700000001', 'loopback'],
    ['2130706433', 'loopback'],
    ['0.0.0.0', 'loopback'],
    ['[::1]', 'loopback'],
    ['[::]', 'loopback'],
    ['[::ffff:127.0.0.1]', 'loopback'],
    ['[64:ff9b::7f00:1]', 'loopback'],
    ['localhost', 'loopback'],
    ['x.localhost', 'loopback'],
    ['LOCALHOST.', 'loopback'],
    ['loop.example', 'loopback'],
    ['10.1.2.3:8080', 'private'],
    ['[fd00::1]', 'private'],
    ['corp.example', 'private'],
    ['mixed.example', 'private'],
    ['169.254.169.254', 'link-local'],
    ['[fe80::1]', 'link-local'],
    ['metadata.example', 'link-local'],
    ['many.example', 'reserved'],
  ])('refuses %s, a %s address', async (host, kind) => {
    const { host: shown } = url(host);
    expect(await refusal(host)).toBe(
      `upstream_invalid ${shown}, which is a ${kind} address; allow the host if that is intended`,
    );
  });

  it('tells a name that nobody has from one that could not be looked up', async () => {
    await expect(guard.check(url('absent.example'))).rejects.toMatchObject({
      code: 'upstream_invalid',
      message: 'absent.example, which has no address',
      data: { host: 'absent.example', address: 'unknown' },
    });
    await expect(guard.check(url('silent.example'))).rejects.toMatchObject({
      code: 'upstream_unavailable',
      data: { transient: true },
    });
  });

  it('admits what is allowed by name without looking it up, and nothing that only looks like it', async () => {
    const some = networkGuard(['corp.example', '127.0.0.1']);
    expect(await some.check(url('corp.example:8443'))).toBeUndefined();
    expect(await some.check(url('127.0.0.1'))).toBeUndefined();
    expect(await networkGuard(true).check(url('metadata.example'))).toBeUndefined();
    expect(asked).toEqual([]);
    names.set('x.corp.example', ['10.0.0.2']);
    for (const host of ['x.corp.example', '127.0.0.2']) {
      await expect(some.check(url(host))).rejects.toMatchObject({ code: 'upstream_invalid' });
    }
  });

  it.each([
    ['corp.example', '10.0.0.9', true],
    ['corp.example', '127.0.0.1', false],
    ['corp.example', '169.254.169.254', false],
    ['localhost', '127.0.0.1', true],
    ['localhost', 'corp.example', true],
    ['localhost', '169.254.169.254', false],
    ['metadata.example', '10.0.0.9', true],
    ['metadata.example', '127.0.0.1', false],
    ['public.example', 'corp.example', false],
    ['many.example', 'many.example', true],
  ])('lets a host of the user at %s lead to %s: %s', async (from, to, admitted) => {
    expect((await refusal(to, from)) === 'admitted').toBe(admitted);
  });

  it('knows internal names where nothing can be looked up', async () => {
    for (const host of ['git.internal', 'printer.local', 'public.example']) names.set(host, undefined);
    expect(await guard.check(url('public.example'))).toBeUndefined();
    expect(await refusal('git.internal')).toContain('private address');
    expect(await refusal('printer.local')).toContain('private address');
  });

  it('ends with its caller', async () => {
    const controller = new AbortController();
    const checking = guard.check(url('slow.example'), { signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(checking).rejects.toThrow('gone');
  });
});
