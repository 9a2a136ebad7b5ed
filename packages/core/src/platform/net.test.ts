import { describe, expect, it } from 'vitest';
import * as node from './net.node.ts';
import * as web from './net.web.ts';

describe('#net', () => {
  it('resolves names as this machine does', async () => {
    const addresses = (await node.resolveAddresses('localhost')) ?? [];
    expect(addresses.some((address) => address === '127.0.0.1' || address === '::1')).toBe(true);
    expect(await node.resolveAddresses('127.0.0.1')).toEqual(['127.0.0.1']);
  });

  it('says where nobody can tell', async () => {
    expect(await web.resolveAddresses('localhost')).toBeUndefined();
    expect(Object.keys(web)).toEqual(Object.keys(node));
  });
});
