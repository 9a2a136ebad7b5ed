import { describe, expect, it } from 'vitest';
import { linesOf } from '../../test/modfile.ts';
import { GoModKitError } from '../errors/index.ts';
import { parse, parseLax } from './index.ts';
import { maxGoModBytes, maxProblems, maxTokens } from './limits.ts';

/** The error of `call`, which must be one of ours. */
function errorOf(call: () => unknown): GoModKitError {
  try {
    call();
  } catch (error) {
    expect(error).toMatchObject({ name: 'GoModKitError' });
    return error as GoModKitError;
  }
  throw new Error('did not fail');
}

it('lists problems as data too', () => {
  const { data } = errorOf(() => parse('dir/go.mod', 'go 1\n\trequire a v2.0.0\n'));
  expect(data.errors).toEqual([
    {
      file: 'dir/go.mod',
      position: { line: 1, lineRune: 1, byte: 0 },
      message: "invalid go version '1': must match format 1.23.0",
    },
    {
      file: 'dir/go.mod',
      position: { line: 2, lineRune: 2, byte: 6 },
      verb: 'require',
      modPath: 'a',
      message: 'version "v2.0.0" invalid: should be v0 or v1, not v2',
    },
  ]);
});

it('takes bytes and strings', () => {
  const text = 'module é\n';
  expect(linesOf(parse('go.mod', new TextEncoder().encode(text)))).toEqual(linesOf(parse('go.mod', text)));
});

it('keeps bytes that are not UTF-8 apart in paths and replaces them in text', () => {
  const text = new TextEncoder().encode('// ?\nretract v1.0.0\nmodule m?\n');
  const goMod = parse(
    'go.mod',
    text.map((byte) => (byte === 0x3f ? 0xff : byte)),
  );
  expect(goMod.retract[0]?.rationale).toBe('\ufffd');
  expect(goMod.module?.path).toBe('m\udcff');
});

describe('version fixer', () => {
  const fixVersion = (path: string, version: string): string => {
    if (version === 'lost') throw new GoModKitError('not_found', `${path}: no such version`);
    return version === 'main' ? 'v1.2.3' : version;
  };

  it('decides about versions of requirements, exclusions and both sides of replacements', () => {
    const text = 'require a main\nexclude b main\nreplace c main => d main\n';
    expect(linesOf(parse('go.mod', text, { fixVersion }))).toEqual([
      'require "a" v1.2.3',
      'exclude "b" v1.2.3',
      'replace "c" v1.2.3 => "d" v1.2.3',
    ]);
  });

  it('is asked about retractions with the path of the module, wherever that stands', () => {
    const asked: string[] = [];
    const spy = (path: string, version: string): string => {
      asked.push(`${path}@${version}`);
      return version;
    };
    parseLax('go.mod', 'retract [v1, v2]\nretract v3\nmodule example.com/m\n', { fixVersion: spy });
    expect(asked).toEqual(['example.com/m@v1', 'example.com/m@v2', 'example.com/m@v3']);
  });

  it('makes retractions need a module path, said once', () => {
    expect(errorOf(() => parse('go.mod', 'retract v1\nretract v2\n', { fixVersion })).message).toBe(
      'go.mod:1: no module directive found, so retract cannot be used',
    );
  });

  it('reads the value of a quoted retraction anew, so that quotes inside it count, as Go does', () => {
    const once = parse('go.mod', 'module m\nretract "\\"v1.0.0\\""\n', { fixVersion });
    expect(once.retract[0]?.low).toBe('v1.0.0');
    expect(errorOf(() => parse('go.mod', 'module m\nretract "v1\'"\n', { fixVersion })).message).toBe(
      `go.mod:2: retract m: version "v1'" invalid: unquoted string cannot contain quote`,
    );
  });

  it('skips a stray directive name in a block of retractions, as Go does', () => {
    const text = 'module m\nretract (\n\tretract v1.0.0\n)\n';
    expect(linesOf(parseLax('go.mod', text, { fixVersion }))).toContain('retract v1.0.0 v1.0.0 ""');
    expect(linesOf(parseLax('go.mod', text))).toContain('retract retract retract ""');
  });

  it('refuses with an error of ours, which becomes a problem of the line', () => {
    const text = 'module m\nrequire a lost\nretract lost\n';
    expect(errorOf(() => parse('go.mod', text, { fixVersion })).message).toBe(
      'go.mod:2: a: no such version\ngo.mod:3: m: no such version',
    );
  });

  it('may not give a version that does not fit', () => {
    expect(errorOf(() => parse('go.mod', 'require a/v2 main\n', { fixVersion })).message).toBe(
      'go.mod:1: require a/v2: version "v1.2.3" invalid: should be v2, not v1',
    );
  });

  it('passes on what else it throws', () => {
    const bug = new TypeError('a bug');
    const broken = (): string => {
      throw bug;
    };
    expect(() => parse('go.mod', 'require a v1.0.0\n', { fixVersion: broken })).toThrow(bug);
  });
});

describe('hostile files', () => {
  const block = (entry: string, count: number): string => `require (\n${entry.repeat(count)})\n`;

  it('are refused above 16 MiB, as bytes and as text', () => {
    const data = { limit: maxGoModBytes, unit: 'bytes' };
    for (const file of [new Uint8Array(maxGoModBytes + 1), ' '.repeat(maxGoModBytes + 1), 'é'.repeat(9 << 20)]) {
      expect(errorOf(() => parse('go.mod', file))).toMatchObject({ code: 'limit_exceeded', data });
    }
    expect(linesOf(parse('go.mod', ' '.repeat(maxGoModBytes)))).toEqual([]);
  });

  it('may have 16 MiB of ordinary requirements', () => {
    const entry = '\texample.com/some/module/name v1.2.3\n';
    const count = Math.floor((maxGoModBytes - 20) / entry.length);
    expect(parseLax('go.mod', block(entry, count)).require).toHaveLength(count);
  });

  it('are refused with more tokens or comments than that', () => {
    for (const text of ['a\n', '//\n', '(', 'x ()\n']) {
      const error = errorOf(() => parseLax('go.mod', text.repeat(maxTokens + 1)));
      expect(error).toMatchObject({ code: 'limit_exceeded', data: { limit: maxTokens, unit: 'tokens' } });
    }
  });

  it('get a message of bounded length', () => {
    const { message, data } = errorOf(() =>
      parse('go.mod', `${'x'.repeat(100_000)}\n${'bad\n'.repeat(5 * maxProblems)}`),
    );
    expect(data.errors).toHaveLength(maxProblems);
    expect(message.split('\n').at(-1)).toBe('go.mod: too many errors');
    expect(message.length).toBeLessThan(100_000);
  });

  // Quadratic work would take minutes here; the deadline of the test is the bound.
  it.each([
    ['one long word', 'a'.repeat(4 << 20)],
    ['one long string', `module "${'\\n'.repeat(1 << 20)}"`],
    ['one long comment', `module m //${' a'.repeat(2 << 20)}`],
    ['blank lines in a block', block('\n', 4 << 20)],
    ['digits', `go 1.${'1'.repeat(4 << 20)}\nrequire x/v${'1'.repeat(1 << 20)} v1.0.0`],
    ['comments behind strings that hold a line end', '"\\\n" // c\n'.repeat(200_000)],
    [
      'comments of a block for each of its entries',
      `${'// c\n'.repeat(100_000)}retract (\n${'v1\n'.repeat(400_000)})\n`,
    ],
    ['slashes', '/'.repeat(4 << 20)],
    ['CRs', '\r'.repeat(4 << 20)],
    ['bytes that are not UTF-8', new Uint8Array(4 << 20).fill(0xe0)],
    ['paragraphs that are nearly deprecations', `${'//\n//Deprecated\n'.repeat(200_000)}module m\n`],
  ])('are read in linear time: %s', (_, data) => {
    try {
      parseLax('go.mod', data);
    } catch (error) {
      expect(error).toMatchObject({ name: 'GoModKitError' });
    }
  });
});
