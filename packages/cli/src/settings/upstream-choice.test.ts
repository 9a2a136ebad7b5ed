import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { findGo, tempDirectory } from '@gomodkit/testing';
import { describe, expect, test } from 'vitest';
import { chooseUpstream, readGoEnv, type UpstreamCandidates, withoutCredentials } from './upstream-choice.ts';

const self = { host: '127.0.0.1', port: 3000 };
const all: UpstreamCandidates = {
  flag: 'https://flag.example',
  config: 'https://config.example',
  env: { GOMODKIT_UPSTREAM: 'https://ours.example', GOPROXY: 'https://env.example' },
  goEnv: { GOPROXY: 'https://go.example,direct' },
};

test.each([
  ['the flag', all, 'https://flag.example', '--upstream'],
  ['the file', { ...all, flag: undefined }, 'https://config.example', 'the configuration file'],
  ['GOMODKIT_UPSTREAM', { ...all, flag: '', config: ' ' }, 'https://ours.example', '$GOMODKIT_UPSTREAM'],
  ['GOPROXY', { env: { GOPROXY: 'https://env.example' }, goEnv: all.goEnv }, 'https://env.example', '$GOPROXY'],
  ["go's own setting", { env: {}, goEnv: all.goEnv }, 'https://go.example,direct', 'go env GOPROXY'],
  ['the default', { env: {}, goEnv: {} }, 'direct', 'the default'],
])('%s wins over what comes after it, and is named', (_, candidates, list, origin) => {
  expect(chooseUpstream(candidates, self)).toEqual({ list, origin, notes: [] });
});

test.each([
  ['http://127.0.0.1:3000,https://a.example|direct', 'https://a.example|direct'],
  ['https://a.example|http://localhost:3000', 'https://a.example'],
  ['http://127.0.0.1:3000', 'direct'],
  ['http://127.0.0.1:3001', 'http://127.0.0.1:3001'],
])('a server does not become its own upstream: %s', (flag, list) => {
  const choice = chooseUpstream({ flag, env: {}, goEnv: {} }, self);
  expect(choice.list).toBe(list);
  expect(choice.notes).toHaveLength(list === flag ? 0 : 1);
});

test('a command that serves nothing may ask a server on the default address', () => {
  const flag = 'http://127.0.0.1:3000';
  expect(chooseUpstream({ flag, env: {}, goEnv: {} }, undefined).list).toBe(flag);
});

test.each([
  ['https://user:secret@a.example/x,direct', 'https://***@a.example/x,direct'],
  ['https://b.example|user:secret@a.example', 'https://b.example|***@a.example'],
  ['secret@a.example', '***@a.example'],
  ['https://a.example/m@v1,direct', 'https://a.example/m@v1,direct'],
])('%s is shown as %s', (list, shown) => {
  expect(withoutCredentials(list)).toBe(shown);
});

test.each([
  { env: { GOMODKIT_UPSTREAM: 'https://user:secret@a.example' }, goEnv: {} },
  { env: { GOPROXY: 'https://b.example,https://user:secret@a.example' }, goEnv: {} },
  { env: {}, goEnv: { GOPROXY: 'https://secret@a.example' } },
  { env: { GOMODKIT_UPSTREAM: 'https://b.example|user:secret@a.example' }, goEnv: {} },
])('credentials in the environment are refused without repeating them', (candidates) => {
  let message = '';
  try {
    chooseUpstream(candidates, self);
  } catch (error) {
    message = String(error);
  }
  expect(message).toMatch(/netrc/);
  expect(message).not.toMatch(/secret/);
});

const go = await findGo();

describe('the settings of go', () => {
  test.skipIf(go === undefined)('hold also where another toolchain is wanted', async () => {
    const directory = await tempDirectory({
      'go.work': 'go 1.999\n',
      env: 'GOPRIVATE=git.corp.example\nGOSUMDB=off\n',
    });
    const { PATH, HOME } = process.env;
    const [GOWORK, GOENV] = [join(directory.path, 'go.work'), join(directory.path, 'env')];
    const GOPROXY = 'http://127.0.0.1:1';
    const env = { PATH, HOME, GOWORK, GOENV, GOPROXY, GOTOOLCHAIN: 'auto', GOFLAGS: 'nonsense' };
    expect(await readGoEnv(env)).toMatchObject({
      GOPROXY,
      GOPRIVATE: 'git.corp.example',
      GONOSUMDB: 'git.corp.example',
      GOSUMDB: 'off',
    });
    await directory.close();
  });

  test('come from the environment where there is no go', async () => {
    const env = { PATH: '/nowhere', GOPRIVATE: 'git.corp.example', OTHER: 'x' };
    expect(await readGoEnv(env)).toEqual({ GOPRIVATE: 'git.corp.example' });
  });

  test.skipIf(process.platform === 'win32')('are not done without where go cannot tell', async () => {
    const directory = await tempDirectory({ go: '#!/bin/sh\necho "no version is set" >&2\nexit 126\n' });
    await chmod(join(directory.path, 'go'), 0o755);
    await expect(readGoEnv({ PATH: directory.path })).rejects.toMatchObject({
      code: 'invalid_argument',
      message: expect.stringMatching(/no version is set\n.*private/),
    });
    await directory.close();
  });
});
