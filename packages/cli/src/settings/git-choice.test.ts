import { describe, expect, it } from 'vitest';
import { chooseGit, type GitCandidates, mayReadRepositories } from './git-choice.ts';

const none: GitCandidates = {
  flags: {},
  config: {},
  env: { HOME: '/home/u' },
  goEnv: {},
  directory: '/project',
  platform: 'linux',
};

describe('how direct reads repositories', () => {
  it('is decided by flags, then the file, then defaults', () => {
    const config = {
      gitEngine: 'isomorphic',
      gitCache: 'copies',
      gitRewrites: [{ from: 'https://a.example/', to: '/m/' }],
    };
    const flags = {
      gitEngine: 'git',
      gitCache: '/copies',
      gitRewrite: ['https://b.example/=https://c.example/x=y/'],
    } as const;
    expect(chooseGit(none)).toMatchObject({ engine: 'auto', cache: '/home/u/.cache/gomodkit/git', rewrites: [] });
    expect(chooseGit({ ...none, config })).toMatchObject({
      engine: 'isomorphic',
      cache: '/project/copies',
      rewrites: [{ from: 'https://a.example/', to: 'file:///m/' }],
    });
    expect(chooseGit({ ...none, config, flags })).toMatchObject({
      engine: 'git',
      cache: '/copies',
      rewrites: [{ from: 'https://b.example/', to: 'https://c.example/x=y/' }],
    });
  });

  it.each([
    ['linux', { XDG_CACHE_HOME: '/c' }, '/c/gomodkit/git'],
    ['linux', { XDG_CACHE_HOME: '' }, '/home/u/.cache/gomodkit/git'],
    ['darwin', {}, '/home/u/Library/Caches/gomodkit/git'],
    ['win32', { LocalAppData: '/local' }, '/local/gomodkit/git'],
  ] as const)('keeps copies where %s keeps caches', (platform, env, cache) => {
    expect(chooseGit({ ...none, platform, env: { ...none.env, ...env } }).cache).toBe(cache);
  });

  it('takes what the go command is set to', () => {
    const goEnv = { GOPRIVATE: 'a.example', GOINSECURE: 'b.example', GOVCS: 'public:off' };
    expect(chooseGit({ ...none, goEnv })).toMatchObject({
      private: 'a.example',
      insecure: 'b.example',
      govcs: 'public:off',
    });
    expect(chooseGit({ ...none, goEnv: { GOVCS: '' } }).govcs).toBeUndefined();
  });

  it('lets a directory stand for an address', () => {
    const rewrites = (rewrite: string) => chooseGit({ ...none, flags: { gitRewrite: [rewrite] } }).rewrites[0]?.to;
    expect(rewrites('https://a.example/=mirrors/a/')).toBe('file:///project/mirrors/a/');
    expect(rewrites('https://a.example/x=../x')).toBe('file:///x');
    expect(rewrites('https://a.example/=/')).toBe('file:///');
  });

  it.each(['', 'https://a.example/', 'a.example=/x', '=x', 'https://a.example/='])(
    'refuses the rewrite %j',
    (rewrite) => {
      expect(() => chooseGit({ ...none, flags: { gitRewrite: [rewrite] } })).toThrow(/a git rewrite is FROM=TO/);
    },
  );

  it('shows no password in a refusal', () => {
    const refused = () => chooseGit({ ...none, flags: { gitRewrite: ['a=https://user:secret@b.example/'] } });
    expect(refused).toThrow(/\*\*\*@b\.example/);
    expect(refused).not.toThrow(/secret/);
  });

  it('refuses engines that are not there', () => {
    expect(() => chooseGit({ ...none, config: { gitEngine: 'jgit' } })).toThrow(
      'no git engine jgit; there are auto, git, isomorphic',
    );
  });
});

it.each([
  ['direct', '', true],
  ['https://a.example,direct', undefined, true],
  ['https://a.example|off', '', false],
  ['https://a.example/direct', '', false],
  ['off', 'corp.example', true],
])('whether %s with %j private reads repositories: %s', (list, noProxy, expected) => {
  expect(mayReadRepositories(list, noProxy)).toBe(expected);
});
