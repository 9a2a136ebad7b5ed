import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError } from '../errors/error.ts';
import { formatInfo, parseInfo } from './info.ts';

const parse = (text: string) => parseInfo(encodeUtf8(text));
const format = (info: Parameters<typeof formatInfo>[0]) => new TextDecoder().decode(formatInfo(info));

describe('parseInfo', () => {
  it('reads version, time and origin', () => {
    expect(parse('{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z","Origin":{"VCS":"git","Hash":"ab"}}')).toEqual({
      version: 'v1.0.0',
      time: '2000-01-01T00:00:00Z',
      origin: { VCS: 'git', Hash: 'ab' },
    });
  });

  it('keeps a missing time missing, and takes null for missing', () => {
    expect(parse('{"Version":"v1.0.0"}')).toEqual({ version: 'v1.0.0' });
    expect(parse('{"Version":"v1.0.0","Time":null,"Origin":null}')).toEqual({ version: 'v1.0.0' });
  });

  it('matches member names as Go does, ignoring case by Unicode folding', () => {
    expect(
      parse('{"vERSION":"v1.0.0","TIME":"2000-01-01T00:00:00Z","origin":{"hash":"ab","\u017fubdir":"x"}}'),
    ).toEqual({
      version: 'v1.0.0',
      time: '2000-01-01T00:00:00Z',
      origin: { Hash: 'ab', Subdir: 'x' },
    });
    expect(parse('{"Ver\u017fion":"v1.0.0"}').version).toBe('v1.0.0');
  });

  it('ignores unknown members and keeps unknown members of Origin', () => {
    const info = parse(
      '{"Version":"v1.0.0","Short":1,"short":2,"Origin":{"URL":"u","New":{"a":[1,null]},"__proto__":"p"}}',
    );
    expect(Object.entries(info.origin ?? {})).toEqual([
      ['URL', 'u'],
      ['New', { a: [1, null] }],
      ['__proto__', 'p'],
    ]);
  });

  it('judges members only where Go knows them', () => {
    expect(parse('{"Version":"v1.0.0","Hash":1,"hash":2,"Origin":{"Time":1,"tIme":2}}')).toEqual({
      version: 'v1.0.0',
      origin: { Time: 1, tIme: 2 },
    });
  });

  it('takes the last of two equal names, as Go and JSON do', () => {
    expect(parse('{"Version":"v1.0.0","Version":"v1.0.1"}').version).toBe('v1.0.1');
  });

  it.each([
    ['', 'is empty'],
    ['  \n', 'is empty'],
    ['<html>', 'is not JSON'],
    ['{"Version":"v1.0.0"} x', 'is not JSON'],
    ['{"Version":"v1.0.0"}{}', 'is not JSON'],
    ['\ufeff{"Version":"v1.0.0"}', 'is not JSON'],
    ['"v1.0.0"', 'is not a JSON object'],
    ['["v1.0.0"]', 'is not a JSON object'],
    ['null', 'is not a JSON object'],
    ['{}', 'has no Version'],
    ['{"Version":""}', 'has no Version'],
    ['{"Version":null}', 'has no Version'],
    ['{"Version":1}', 'Version that is not a string'],
    ['{"Version":["v1.0.0"]}', 'Version that is not a string'],
    ['{"Version":"v1.0.0","version":"v1.0.1"}', 'names Version twice'],
    ['{"Version":"v1.0.0","version":null}', 'names Version twice'],
    ['{"Version":"v1.0.0","Time":0}', 'Time that is not a string'],
    ['{"Version":"v1.0.0","Time":""}', 'malformed Time'],
    ['{"Version":"v1.0.0","Time":"yesterday"}', 'malformed Time "yesterday"'],
    ['{"Version":"v1.0.0","Origin":"git"}', 'Origin that is not an object'],
    ['{"Version":"v1.0.0","Origin":[]}', 'Origin that is not an object'],
    ['{"Version":"v1.0.0","Origin":{"Hash":5}}', 'Hash that is not a string'],
    ['{"Version":"v1.0.0","Origin":{"Hash":"a","hash":"b"}}', 'names Hash twice in Origin'],
    [`{"Version":"v1.0.0","Origin":{"x":${'['.repeat(100)}${']'.repeat(100)}}}`, 'nested deeper than 64'],
  ])('refuses %j', (text, reason) => {
    expect(() => parse(text)).toThrow(reason);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseInfo(Uint8Array.of(0x7b, 0xff, 0x7d))).toThrow('is not UTF-8');
  });

  it('survives nesting that would break a recursive reader', () => {
    const deep = 200_000;
    expect(() => parse(`{"Version":"v1","Origin":{"x":${'['.repeat(deep)}${']'.repeat(deep)}}}`)).toThrow('deeper');
    expect(parse(`{"Version":"v1","x":${'['.repeat(deep)}${']'.repeat(deep)}}`).version).toBe('v1');
  });

  it('never throws anything but a GoModKitError', () => {
    const names = fc.constantFrom('Version', 'version', 'Time', 'Origin', 'Hash', 'URL', '__proto__', 'x');
    const value = fc.oneof(fc.constantFrom('v1.0.0', '2000-01-01T00:00:00Z'), fc.jsonValue());
    const object = fc.dictionary(names, fc.oneof(value, fc.dictionary(names, value)));
    const bytes = fc.oneof(
      fc.uint8Array({ maxLength: 64 }),
      fc.json().map(encodeUtf8),
      object.map((each) => encodeUtf8(JSON.stringify(each))),
    );
    fc.assert(
      fc.property(bytes, (input) => {
        try {
          const info = parseInfo(input);
          expect(parseInfo(formatInfo(info)).version).toBe(info.version.replace(/\p{Surrogate}/gu, '\ufffd'));
        } catch (error) {
          expect(error).toBeInstanceOf(GoModKitError);
        }
      }),
      { numRuns: 2000 },
    );
  });
});

describe('formatInfo', () => {
  it('writes members in the order of Go, whatever the order they came in', () => {
    const origin = {
      New: 1,
      Ref: 'refs/tags/v1.0.0',
      Hash: 'ab',
      URL: 'https://example.com/r',
      VCS: 'git',
      Subdir: '',
    };
    expect(format({ origin, time: '2000-01-01T00:00:00Z', version: 'v1.0.0' })).toBe(
      '{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z",' +
        '"Origin":{"VCS":"git","URL":"https://example.com/r","Hash":"ab","Ref":"refs/tags/v1.0.0","New":1}}',
    );
  });

  it('writes the bytes of the protocol cases', () => {
    const bytes = '{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z"}';
    expect(format(parse(bytes))).toBe(bytes);
    expect(format({ version: 'v1.0.0' })).toBe('{"Version":"v1.0.0"}');
  });

  it('escapes as Go does', () => {
    // encoding/json: json.Marshal("<>&\u2028\u2029\x00\b\f\n\u007f\xff\"\\ud800")
    expect(format({ version: '<>&\u2028\u2029\0\b\f\n\x7f\ud800"\\ud800' })).toBe(
      '{"Version":"\\u003c\\u003e\\u0026\\u2028\\u2029\\u0000\\b\\f\\n\x7f\ufffd\\"\\\\ud800"}',
    );
  });
});
