// protocol-cases.md, row 11: checksum databases.

import { describe, expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import type { SumdbSource } from '../source/source.ts';
import { ask } from './testdata/requests.ts';
import { setup } from './testdata/setup.ts';

describe('checksum database', () => {
  const text = 'text/plain; charset=UTF-8';
  const day = 'public, max-age=31536000, immutable';
  const minute = 'public, max-age=60';

  function database(): SumdbSource & { readonly asked: string[] } {
    const asked: string[] = [];
    return {
      asked,
      async sumdb(name, path) {
        asked.push(`${name} ${path}`);
        if (name !== 's.example') throw new GoModKitError('not_found', 'no such database');
        if (path.includes('absent')) throw new GoModKitError('not_found', 'not found: unknown revision v1.0.0');
        return new TextEncoder().encode(`bytes of ${path}\n`);
      },
    };
  }

  it.each([
    ['latest', 'latest', text, minute],
    ['lookup/a.example/x@v1.0.0', 'lookup/a.example/x@v1.0.0', text, day],
    ['lookup/a.example/!x@v1.0.0', 'lookup/a.example/!x@v1.0.0', text, day],
    ['lookup/a.example/%21x@v1.0.0', 'lookup/a.example/!x@v1.0.0', text, day],
    ['tile/8/0/000', 'tile/8/0/000', 'application/octet-stream', day],
    ['tile/8/0/000.p/7', 'tile/8/0/000.p/7', 'application/octet-stream', minute],
    ['tile/8/data/x001/234', 'tile/8/data/x001/234', text, day],
  ])('row 11: %s', async (target, path, contentType, cache) => {
    const sumdb = database();
    const { handler } = setup({ sumdb });
    const response = await ask(handler, `/sumdb/s.example/${target}`);
    expect(response).toMatchObject({ status: 200, text: `bytes of ${path}\n` });
    expect(response.headers).toMatchObject({ 'content-type': contentType, 'cache-control': cache });
    expect(sumdb.asked).toEqual([`s.example ${path}`]);
  });

  it('row 11: supported', async () => {
    const { handler } = setup({ sumdb: database() });
    expect(await ask(handler, '/sumdb/s.example/supported')).toMatchObject({ status: 200, text: '' });
    expect(await ask(handler, '/sumdb/other.example/supported')).toMatchObject({ status: 404 });
    expect(await ask(setup().handler, '/sumdb/s.example/supported')).toMatchObject({ status: 404 });
  });

  it('row 11: an unknown version is not remembered for long', async () => {
    const { handler } = setup({ sumdb: database() });
    const response = await ask(handler, '/sumdb/s.example/lookup/a.example/absent@v1.0.0');
    expect(response).toMatchObject({ status: 404, text: 'not found: unknown revision v1.0.0\n' });
    expect(response.headers['cache-control']).toBe(minute);
  });

  it.each(['lookup/a.example/x@master', 'tile/8/0/1', 'lookup/a.example/X@v1.0.0'])(
    'row 11: 400 for %s',
    async (path) => {
      const sumdb = database();
      const { handler } = setup({ sumdb });
      expect((await ask(handler, `/sumdb/s.example/${path}`)).status).toBe(400);
      expect(sumdb.asked).toEqual([]);
    },
  );
});
