import dns from 'node:dns/promises';
import { describe, expect, it, vi } from 'vitest';
import * as node from './net.node.ts';
import * as web from './net.web.ts';

describe('#net', () => {
  it('resolves names as this machine does', async () => {
    const addresses = (await node.resolveAddresses('localhost')) ?? [];
    expect(addresses.some((address) => address === '127.0.0.1' || address === '::1')).toBe(true);
    expect(await node.resolveAddresses('127.0.0.1')).toEqual(['127.0.0.1']);
  });

  it('tells a name without addresses from a resolver that does not answer', async () => {
    const failing = (code: string) =>
      vi.spyOn(dns, 'lookup').mockRejectedValueOnce(Object.assign(new Error(), { code }));
    failing('ENOTFOUND');
    expect(await node.resolveAddresses('nowhere.example')).toEqual([]);
    failing('EAI_AGAIN');
    await expect(node.resolveAddresses('goproxy.example')).rejects.toMatchObject({ code: 'EAI_AGAIN' });
  });

  it('says where nobody can tell', async () => {
    expect(await web.resolveAddresses('localhost')).toBeUndefined();
    expect(Object.keys(web)).toEqual(Object.keys(node));
  });
});
