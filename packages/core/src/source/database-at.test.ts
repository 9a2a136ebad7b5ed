import { expect, it } from 'vitest';
import { databaseAt } from './database-at.ts';

const answers = (log: string[]) => async (url: string) => {
  log.push(url);
  return new Response('answer');
};

it('asks below the URL of the database', async () => {
  const log: string[] = [];
  const remote = databaseAt('https://sum.example/db/', { fetch: answers(log) });
  for (const path of ['latest', 'lookup/example.com/!x@v1.0.0', 'tile/8/0/x001/234.p/5']) {
    expect(new TextDecoder().decode(await remote(path))).toBe('answer');
  }
  expect(log.map((url) => url.replaceAll('%21', '!'))).toEqual([
    'https://sum.example/db/latest',
    'https://sum.example/db/lookup/example.com/!x@v1.0.0',
    'https://sum.example/db/tile/8/0/x001/234.p/5',
  ]);
});

it('asks for nothing that is no path of the protocol', async () => {
  const log: string[] = [];
  const remote = databaseAt('https://sum.example', { fetch: answers(log) });
  for (const path of ['', '../x', 'lookup/../../x@v1', 'tile/8/0/1', 'latest?x', 'http://other.example/latest']) {
    await expect(remote(path), path).rejects.toMatchObject({ code: 'not_found' });
  }
  expect(log).toEqual([]);
});

it.each(['ftp://sum.example', 'nonsense'])('refuses %s', (url) => {
  expect(() => databaseAt(url)).toThrow(expect.objectContaining({ code: 'invalid_argument' }));
});
