import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { parseGoProxy } from './go-proxy.ts';

interface GoProxyCase {
  readonly GOPROXY: string;
  readonly list?: unknown;
  readonly error?: string;
}

describeVectors<GoProxyCase>('goproxy-list', (file) => {
  it.each(file.cases)('GOPROXY=$GOPROXY', ({ GOPROXY, list, error }) => {
    if (error === undefined) expect(parseGoProxy(GOPROXY)).toEqual(list);
    else expect(() => parseGoProxy(GOPROXY)).toThrow(error);
  });
});

describe('parseGoProxy', () => {
  it.each([
    ['https://a|b.example , direct , https://c', ['https://a|', 'https://b.example', 'direct']],
    ['localhost:3000', ['https://localhost:3000']],
    ['HTTPS://a.example', ['HTTPS://a.example']],
    ['file:///srv/modules|off', ['file:///srv/modules|', 'off']],
    [',|,https://a,,', ['https://a']],
  ])('%s', (list, expected) => {
    expect(parseGoProxy(list).map(({ url, fallBackOnError }) => url + (fallBackOnError ? '|' : ''))).toEqual(expected);
  });

  it.each([
    ['', 'contains no entries'],
    ['/srv/modules', 'missing scheme'],
    ['word', 'missing scheme'],
    ['ssh://x', 'must be https, http, file'],
    ['https://[bad', 'invalid proxy URL'],
  ])('refuses %j', (list, error) => {
    expect(() => parseGoProxy(list)).toThrow(error);
  });

  it.each([
    'ftp://user:hunter22@a.example',
    'ftp://user:hunt@er22@a.example',
    'https://user:hunt/er22@a.example',
    'user:hunt/er22@a.example',
    'ftp:/user:hunter22@a.example',
  ])('shows no password of %s', (list) => {
    expect(() => parseGoProxy(list)).toThrow(/^(?!.*er22).*a\.example$/);
  });
});
