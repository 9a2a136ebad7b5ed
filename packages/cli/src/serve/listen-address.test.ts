import { hostname } from 'node:os';
import { expect, test } from 'vitest';
import { parseListenAddress, reaches, urlOf } from './listen-address.ts';

test.each([
  ['3000', { host: '127.0.0.1', port: 3000 }],
  [':3000', { host: '127.0.0.1', port: 3000 }],
  ['127.0.0.1:0', { host: '127.0.0.1', port: 0 }],
  ['0.0.0.0:80', { host: '0.0.0.0', port: 80 }],
  ['[::1]:8080', { host: '::1', port: 8080 }],
  [' localhost:65535 ', { host: 'localhost', port: 65_535 }],
])('%j is an address', (text, address) => {
  expect(parseListenAddress(text)).toEqual(address);
});

test.each(['', 'localhost', '::1:80', 'host:99999', 'host:-1', 'http://host:80', 'host:80/path', 'a:b:1'])(
  '%j is refused with an example of what is expected',
  (text) => {
    expect(() => parseListenAddress(text)).toThrow(/expected HOST:PORT/);
  },
);

test.each([
  [{ host: '127.0.0.1', port: 3000 }, '', 'http://127.0.0.1:3000'],
  [{ host: '::1', port: 3000 }, '/go', 'http://[::1]:3000/go'],
  [{ host: '0.0.0.0', port: 80 }, '', 'http://localhost:80'],
])('the URL of %j below %j is one that a client can use', (address, basePath, url) => {
  expect(urlOf(address, basePath)).toBe(url);
});

test.each([
  ['http://127.0.0.1:3000', '127.0.0.1', true],
  ['http://localhost:3000/go', '127.0.0.1', true],
  ['http://[::1]:3000', '0.0.0.0', true],
  ['http://127.0.0.1:3001', '127.0.0.1', false],
  ['https://goproxy.example', '127.0.0.1', false],
  ['http://other.example:3000', '0.0.0.0', false],
  ['http://[::ffff:127.0.0.1]:3000', '::', true],
  ['http://127.0.0.2:3000', '0.0.0.0', true],
  ['http://127.0.0.2:3000', '127.0.0.1', false],
  [`http://${hostname()}:3000`, '0.0.0.0', true],
  ['http://other.example:3000', 'other.example', true],
])('%s reaches a server on %s:3000: %s', (url, host, expected) => {
  expect(reaches(new URL(url), { host, port: 3000 })).toBe(expected);
});
