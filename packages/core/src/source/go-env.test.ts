import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { sourceFromGoEnv } from './go-env.ts';
import { memorySource } from './memory.ts';

/** What was asked, as `METHOD authorization url`. */
function recorder(status = 200) {
  const asked: string[] = [];
  const fetch = async (url: string, init: RequestInit) => {
    asked.push(`${new Headers(init.headers).get('authorization') ?? '-'} ${url}`);
    return new Response('v1.0.0\n', { status });
  };
  return { asked, fetch };
}

async function home(netrc: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'gomodkit-home-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, '.netrc'), netrc);
  return directory;
}

describe('sourceFromGoEnv', () => {
  it('walks GOPROXY', async () => {
    const { asked, fetch } = recorder(404);
    const source = await sourceFromGoEnv({ GOPROXY: 'https://192.0.2.1/a,192.0.2.2' }, { fetch });
    await expect(source.versions('example.com/m')).rejects.toMatchObject({ code: 'not_found' });
    expect(asked).toEqual(['- https://192.0.2.1/a/example.com/m/@v/list', '- https://192.0.2.2/example.com/m/@v/list']);
  });

  it.each([
    [{ GOPRIVATE: '*.corp.example' }, 'x.corp.example/m'],
    [{ GONOPROXY: 'x.corp.example', GOPRIVATE: '' }, 'x.corp.example/m/sub'],
  ])('sends modules of %j to direct alone', async (env, path) => {
    const { asked, fetch } = recorder();
    const source = await sourceFromGoEnv({ GOPROXY: 'https://192.0.2.1', ...env }, { fetch });
    await expect(source.versions(path)).rejects.toMatchObject({ code: 'unsupported' });
    expect(asked).toEqual([]);
    expect(await source.versions('example.com/m')).toEqual(['v1.0.0']);
  });

  it('lets GONOPROXY win over GOPRIVATE, and none match nothing', async () => {
    const { fetch } = recorder();
    const env = { GOPROXY: 'https://192.0.2.1', GOPRIVATE: 'x.corp.example', GONOPROXY: 'none' };
    expect(await (await sourceFromGoEnv(env, { fetch })).versions('x.corp.example/m')).toEqual(['v1.0.0']);
  });

  it('uses the direct source it is given, also for private modules past GOPROXY=off', async () => {
    const direct = memorySource({ 'x.corp.example/m@v1.2.3': {} });
    const source = await sourceFromGoEnv({ GOPROXY: 'off', GOPRIVATE: 'x.corp.example' }, { direct });
    expect(await source.versions('x.corp.example/m')).toEqual(['v1.2.3']);
    await expect(source.versions('example.com/m')).rejects.toThrow('module lookup disabled by GOPROXY=off');
    await expect(source.sumdb('sum.golang.org', 'supported')).rejects.toMatchObject({ code: 'not_found' });
  });

  it('reads netrc from HOME, or from NETRC', async () => {
    const HOME = await home('machine 192.0.2.1 login u password p\n');
    for (const env of [{ HOME }, { HOME: '/none', NETRC: join(HOME, '.netrc') }, { HOME, GOAUTH: 'netrc' }]) {
      const { asked, fetch } = recorder();
      await (await sourceFromGoEnv({ GOPROXY: 'https://192.0.2.1', ...env }, { fetch })).versions('example.com/m');
      expect(asked[0]).toMatch(/^Basic dTpw /);
    }
  });

  it('reads no netrc with GOAUTH=off, or where there is none', async () => {
    const HOME = await home('machine 192.0.2.1 login u password p\n');
    for (const env of [{ HOME, GOAUTH: 'off' }, { HOME: join(HOME, 'none') }, {}]) {
      const { asked, fetch } = recorder();
      await (await sourceFromGoEnv({ GOPROXY: 'https://192.0.2.1', ...env }, { fetch })).versions('example.com/m');
      expect(asked[0]).toMatch(/^- /);
    }
  });

  it.each([
    [{}, 'invalid_argument', 'GOPROXY is not set'],
    [{ GOPROXY: '' }, 'invalid_argument', 'GOPROXY is not set'],
    [{ GOPROXY: ',' }, 'invalid_argument', 'no entries'],
    [{ GOPROXY: 'https://192.0.2.1', GOAUTH: 'git x' }, 'invalid_argument', 'absolute path'],
    [{ GOPROXY: 'http://u:hunter22@192.0.2.1' }, 'invalid_argument', 'plain http'],
  ])('refuses %j', async (env, code, reason) => {
    await expect(sourceFromGoEnv(env)).rejects.toMatchObject({ code });
    await expect(sourceFromGoEnv(env)).rejects.toThrow(reason);
  });
});
