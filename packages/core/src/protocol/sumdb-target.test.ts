import { describe, expect, it } from 'vitest';
import { describeVectors } from '../../test/vectors.ts';
import { parseSumdbTarget } from './sumdb-target.ts';

const text = 'text/plain; charset=UTF-8';
const binary = 'application/octet-stream';

describe('parseSumdbTarget', () => {
  it.each([
    ['sum.golang.org/supported', 'sum.golang.org', 'supported', text, 'short'],
    ['sum.golang.org/latest', 'sum.golang.org', 'latest', text, 'short'],
    ['host.example/a/b/latest', 'host.example/a/b', 'latest', text, 'short'],
    ['localhost:8080/latest', 'localhost:8080', 'latest', text, 'short'],
    ['s.example/tile/8/0/000', 's.example', 'tile/8/0/000', binary, 'immutable'],
    ['s.example/tile/8/0/x001/005.p/12', 's.example', 'tile/8/0/x001/005.p/12', binary, 'short'],
    ['s.example/tile/8/data/000', 's.example', 'tile/8/data/000', text, 'immutable'],
    ['s.example/tile/8/data/000.p/255', 's.example', 'tile/8/data/000.p/255', text, 'short'],
    ['s.example/lookup/a.example/x@v1.0.0', 's.example', 'lookup/a.example/x@v1.0.0', text, 'immutable'],
    // Endpoints may be elements of a module path.
    [
      's.example/lookup/a.example/tile/latest@v1.0.0',
      's.example',
      'lookup/a.example/tile/latest@v1.0.0',
      text,
      'immutable',
    ],
  ])('%s', (rest, database, path, contentType, cache) => {
    expect(parseSumdbTarget(rest)).toMatchObject({ kind: 'sumdb', database, path, contentType, cache });
  });

  it('unescapes what a lookup names and passes it on escaped', () => {
    expect(parseSumdbTarget('s.example/lookup/github.com/!azure/x@v1.0.0-!r!c1')).toMatchObject({
      path: 'lookup/github.com/!azure/x@v1.0.0-!r!c1',
      module: 'github.com/Azure/x',
      version: 'v1.0.0-RC1',
    });
  });

  it.each([
    [404, ''],
    [404, 's.example'],
    [404, 's.example/'],
    [404, 'supported'],
    [404, 's.example/SUPPORTED'],
    [404, 's.example/supported/'],
    [404, 's.example/other'],
    [400, '/supported'],
    [400, 's.example//supported'],
    [400, '../supported'],
    [400, 's.example/../supported'],
    [400, 's.example/./latest'],
    [400, 's example/latest'],
    [400, 's.example+1234/latest'],
    [400, 's.example\n/latest'],
    [400, `${'s'.repeat(300)}/latest`],
    [400, 's.example/lookup/'],
    [400, 's.example/lookup/a.example/x'],
    [400, 's.example/lookup/a.example/x@latest'],
    [400, 's.example/lookup/a.example/x@v1'],
    [400, 's.example/lookup/a.example/x@v1.0.0/go.mod'],
    [400, 's.example/lookup/a.example/x@v1.0.0-a/go.mod'],
    [400, 's.example/lookup/a.example/x@v1.0.0@v1.0.0'],
    [400, 's.example/lookup/a.example/X@v1.0.0'],
    [400, 's.example/lookup/a.example/../x@v1.0.0'],
    [400, 's.example/lookup/x@v1.0.0'],
    [404, 's.example/lookup/a.example/x@v01.0.0'],
    [404, 's.example/lookup/a.example/x@v2.0.0'],
    [400, 's.example/tile/8/0'],
    [400, 's.example/tile/0/0/000'],
    [400, 's.example/tile/31/0/000'],
    [400, 's.example/tile/08/0/000'],
    [400, 's.example/tile/8/-1/000'],
    [400, 's.example/tile/8/1a/000'],
    [400, 's.example/tile/8/00/000'],
    [400, 's.example/tile/8/0/1'],
    [400, 's.example/tile/8/0/1000'],
    [400, 's.example/tile/8/0/000/001'],
    [400, 's.example/tile/8/0/x000/001'],
    [400, 's.example/tile/8/0/x001'],
    [400, 's.example/tile/8/0/000.p'],
    [400, 's.example/tile/8/0/000.p/0'],
    [400, 's.example/tile/8/0/000.p/256'],
    [400, 's.example/tile/8/0/000.p/01'],
    [400, 's.example/tile/8/0/../../../x'],
    [400, `s.example/tile/8/0/${'x999/'.repeat(7)}999`],
    [400, 's.example/tile/8/0/x009/x223/x372/x036/x854/x775/808'],
  ])('%i %s', (status, rest) => {
    expect(parseSumdbTarget(rest)).toMatchObject({ kind: 'refused', status, cache: 'syntax' });
  });

  it('takes the highest tile number that fits 63 bits', () => {
    expect(parseSumdbTarget('s.example/tile/8/0/x009/x223/x372/x036/x854/x775/807').kind).toBe('sumdb');
  });
});

interface TileCase {
  readonly op: string;
  readonly path?: string;
  readonly ok?: boolean;
}

describeVectors<TileCase>('tlog-tiles', (file) => {
  const paths = file.cases.filter(({ path }) => path !== undefined);
  it.each(paths)('$op $path', ({ path, ok }) => {
    expect(parseSumdbTarget(`s.example/${path}`).kind).toBe(ok === false ? 'refused' : 'sumdb');
  });
});
