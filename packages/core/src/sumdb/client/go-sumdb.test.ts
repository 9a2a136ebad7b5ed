import { expect, it } from 'vitest';
import { goSumdbFromEnv, parseGoSumdb } from '../index.ts';
import { skippedPaths } from './go-sumdb.ts';
import { keys } from './testdata/database.ts';

const google = 'sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

it.each([
  ['sum.golang.org', { name: 'sum.golang.org', key: google, url: undefined }],
  ['sum.golang.org https://sum.example', { name: 'sum.golang.org', key: google, url: 'https://sum.example' }],
  ['sum.golang.google.cn', { name: 'sum.golang.org', key: google, url: 'https://sum.golang.google.cn' }],
  [keys.verifierKey, { name: 'sum.example/db', key: keys.verifierKey, url: undefined }],
  [
    `  ${keys.verifierKey}\thttp://127.0.0.1:1 `,
    { name: 'sum.example/db', key: keys.verifierKey, url: 'http://127.0.0.1:1' },
  ],
  ['off', undefined],
])('reads GOSUMDB=%s', (text, expected) => {
  expect(parseGoSumdb(text)).toEqual(expected);
});

it.each([
  ['', /empty/],
  [' ', /empty/],
  ['sum.example', /malformed verifier id/],
  ['sum.golang.google.cn https://sum.example', /malformed verifier id/],
  ['constructor', /malformed verifier id/],
  [google.replace('033de0ae', '033de0af'), /invalid verifier hash/],
  ['sum.golang.org https://a https://b', /too many fields/],
  ['sum.golang.org sum.example', /its URL/],
  ['sum.golang.org ftp://sum.example', /its URL/],
  ['off https://sum.example', /malformed verifier id/],
])('refuses GOSUMDB=%j', (text, why) => {
  expect(() => parseGoSumdb(text)).toThrow(
    expect.objectContaining({ code: 'invalid_argument', message: expect.stringMatching(why) }),
  );
});

it('refuses names that a URL reads as more than host[/path]', async () => {
  const { generateKey } = (await import('../index.ts')).note;
  for (const name of [
    'h/',
    'h?q',
    'h#f',
    'u@h',
    'h/%41',
    '/p',
    'h//p',
    'h/../p',
    '..',
    'a\\b',
    `h${'x'.repeat(300)}`,
  ]) {
    const { verifierKey } = await generateKey(name);
    expect(() => parseGoSumdb(verifierKey), name).toThrow(/must be host\[\/path\]/);
  }
});

it('reads the environment as the go command does', () => {
  expect(goSumdbFromEnv({})).toMatchObject({ database: { name: 'sum.golang.org' }, noSumdb: '' });
  expect(goSumdbFromEnv({ GOSUMDB: 'off', GOPRIVATE: 'a' })).toEqual({ database: undefined, noSumdb: 'a' });
  expect(goSumdbFromEnv({ GOSUMDB: '', GOPRIVATE: 'a', GONOSUMDB: 'b' })).toMatchObject({ noSumdb: 'b' });
});

it('skips what the list says, toolchains never', () => {
  const skips = skippedPaths('*.corp.example,golang.org');
  expect(['a.corp.example/x', 'golang.org/x/mod', 'golang.org/toolchain', 'corp.example/x'].map(skips)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
