import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { check } from '../module/index.ts';
import { isVersionPrefix, newestOfList, parseList, pickHighest, withPrefix } from './list.ts';

const never = () => Promise.reject(new Error('asked for a go.mod'));

describe('parseList', () => {
  it('keeps what a client can use, in its order, once (protocol cases row 4)', () => {
    const body = [
      'v1.1.0',
      'v1.0.0 2000-01-01T00:00:00Z',
      '  v1.2.0-rc.1\r',
      'v1.0.0',
      'v3.0.0+incompatible',
      '\u0085v1.3.0\u3000x',
      // Not usable: shorthand, build metadata, another major, a pseudo-version, junk.
      'v1.4',
      'v1',
      'v1.5.0+meta',
      'v2.0.0',
      'v0.0.0-20060102150405-abcdef123456',
      'v1.0.1-0.20060102150405-abcdef123456',
      '1.6.0',
      '<html>',
      '\ufeffv1.7.0',
      '',
    ].join('\n');
    expect(parseList(body, 'example.com/m')).toEqual([
      'v1.1.0',
      'v1.0.0',
      'v1.2.0-rc.1',
      'v3.0.0+incompatible',
      'v1.3.0',
    ]);
  });

  it.each([
    ['example.com/m/v2', 'v1.0.0\nv2.0.0\nv3.0.0', ['v2.0.0']],
    ['gopkg.in/yaml.v2', 'v1.0.0\nv2.0.0\nv2.0.1', ['v2.0.0', 'v2.0.1']],
    ['golang.org/toolchain', 'v0.0.1-go1.21.0.linux-amd64\n', ['v0.0.1-go1.21.0.linux-amd64']],
    ['example.com/m', '', []],
  ])('keeps what fits %s', (path, body, versions) => {
    expect(parseList(body, path)).toEqual(versions);
  });
});

describe('any body', () => {
  it('gives versions that pass the check of module and version, or none', () => {
    const word = fc.oneof(
      fc.stringMatching(/^v?[0-3](\.[0-9]{1,3}){0,3}(-[a-z0-9.]{0,4})?(\+incompatible|\+m)?$/),
      fc.string({ unit: 'binary' }),
    );
    const paths = fc.constantFrom('example.com/m', 'example.com/m/v2', 'gopkg.in/m.v1');
    fc.assert(
      fc.property(fc.array(word), fc.constantFrom('\n', ' ', '\r\n'), paths, (words, separator, path) => {
        const body = words.join(separator);
        for (const version of parseList(body, path)) check(path, version);
        newestOfList(body, path);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('newestOfList', () => {
  it('goes by the second field, else by the time of the pseudo-version', () => {
    const old = 'v0.0.0-20060102150405-abcdef123456';
    const young = 'v0.0.0-20160102150405-abcdef123456';
    expect(newestOfList(`${old}\n${young}\nv1.0.0\n`, 'example.com/m')).toBe(young);
    expect(newestOfList(`${old} 2020-01-01T00:00:00Z\n${young}\n`, 'example.com/m')).toBe(old);
  });

  it('knows none where no line has a time that exists', () => {
    const body = 'v1.0.0\nv0.0.0-20069902150405-abcdef123456\nv1.1.0 yesterday\n';
    expect(newestOfList(body, 'example.com/m')).toBeUndefined();
  });
});

describe('pickHighest', () => {
  it.each([
    [['v1.0.0', 'v1.10.0', 'v1.9.0', 'v1.11.0-rc.1'], 'v1.10.0'],
    [['v1.0.0-a', 'v1.0.0-b'], 'v1.0.0-b'],
    [['v2.0.0+incompatible', 'v3.0.0+incompatible'], 'v3.0.0+incompatible'],
    [[], undefined],
  ])('picks from %j', async (versions, expected) => {
    expect(await pickHighest(versions, never)).toBe(expected);
  });

  it('passes incompatible versions over when the highest compatible one has a go.mod (spec §4.4)', async () => {
    const asked: string[] = [];
    const pick = (hasGoMod: boolean) =>
      pickHighest(['v2.0.0+incompatible', 'v1.0.0', 'v1.1.0-rc.1'], async (version) => {
        asked.push(version);
        return hasGoMod;
      });
    expect(await pick(true)).toBe('v1.0.0');
    expect(await pick(false)).toBe('v2.0.0+incompatible');
    expect(asked).toEqual(['v1.1.0-rc.1', 'v1.1.0-rc.1']);
  });
});

describe('version prefixes', () => {
  it.each([
    ['v1', true],
    ['v1.2', true],
    ['v1.2.3', false],
    ['v1.2-rc', false],
    ['latest', false],
    ['1.2', false],
  ])('%s: %s', (query, expected) => {
    expect(isVersionPrefix(query)).toBe(expected);
  });

  it('stop at a dot', () => {
    expect(withPrefix(['v1.1.0', 'v1.10.0', 'v10.0.0'], 'v1')).toEqual(['v1.1.0', 'v1.10.0']);
    expect(withPrefix(['v1.1.0', 'v1.10.0'], 'v1.1')).toEqual(['v1.1.0']);
  });

  it('leave out the pre-releases before their first version, as go does', () => {
    expect(withPrefix(['v1.0.0-rc.1', 'v1.1.0-rc.1'], 'v1')).toEqual(['v1.1.0-rc.1']);
    expect(withPrefix(['v1.1.0-rc.1', 'v1.1.1-rc.1'], 'v1.1')).toEqual(['v1.1.1-rc.1']);
    expect(withPrefix(['v2.0.0+incompatible'], 'v2')).toEqual(['v2.0.0+incompatible']);
  });
});
