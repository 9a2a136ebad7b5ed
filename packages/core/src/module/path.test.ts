import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFilePath, checkImportPath, checkPath, escapePath, unescapePath } from './index.ts';
import { filePathProblem, importPathProblem, pathProblem } from './path.ts';

/** Reasons, without `malformed KIND path QUOTED: `; an empty one means that the path is fine. */
type Row = readonly [path: string, module: string, imported: string, file: string];

function reasons(path: string): Row {
  const reason = (kind: string, problem: string | undefined): string => {
    const start = `malformed ${kind} path "`;
    if (problem === undefined) return '';
    expect(problem.startsWith(start)).toBe(true);
    return problem.slice(problem.lastIndexOf('": ', problem.length - 1) + 3);
  };
  return [
    path,
    reason('module', pathProblem(path)),
    reason('import', importPathProblem(path)),
    reason('file', filePathProblem(path)),
  ];
}

const utf8 = 'invalid UTF-8';
const empty = 'empty path element';
const trailingDot = 'trailing dot in path element';
const tilde = 'trailing tilde and digits in path element';
const noDot = 'missing dot in first path element';
const version = 'invalid version';

describe('paths by kind (spec §1.1–1.9)', () => {
  it.each<Row>([
    ['example.com/m', '', '', ''],
    // §1.1: whole-path checks, in this order
    ['\ud800', utf8, utf8, utf8],
    ['-/\udc80//', utf8, utf8, utf8],
    ['', 'empty string', 'empty string', 'empty string'],
    ['-a.b//', 'leading dash', 'leading dash', 'double slash'],
    ['-', 'leading dash', 'leading dash', ''],
    ['a.b//c/', 'double slash', 'double slash', 'double slash'],
    ['a.b/./', 'trailing slash', 'trailing slash', 'trailing slash'],
    ['/a.b', empty, empty, empty],
    ['a.b/x y/é\u0301', "invalid char ' '", "invalid char ' '", "invalid char '\u0301'"],
    // §1.2: elements
    ['a.b/..', 'invalid path element ".."', 'invalid path element ".."', 'invalid path element ".."'],
    ['a.b/.x', 'leading dot in path element', '', ''],
    ['a.b/.x.', 'leading dot in path element', trailingDot, trailingDot],
    ['a.b/x.', trailingDot, trailingDot, trailingDot],
    ['a.b/x..y', '', '', ''],
    // §1.3: characters
    ['a.b/x-._~y', '', '', ''],
    ['a.b/x+y', "invalid char '+'", '', ''],
    ['a.b/ !#$%&()+,=@[]^{}', "invalid char ' '", "invalid char ' '", ''],
    ['a.b/x"', `invalid char '"'`, `invalid char '"'`, `invalid char '"'`],
    ["a.b/x'", "invalid char '\\''", "invalid char '\\''", "invalid char '\\''"],
    ['a.b/x\\y', "invalid char '\\\\'", "invalid char '\\\\'", "invalid char '\\\\'"],
    ['a.b/x\u0000', "invalid char '\\x00'", "invalid char '\\x00'", "invalid char '\\x00'"],
    ['a.b/é', "invalid char 'é'", "invalid char 'é'", ''],
    ['a.b/\u{10400}x', "invalid char '\u{10400}'", "invalid char '\u{10400}'", ''],
    ['a.b/x٣', "invalid char '٣'", "invalid char '٣'", "invalid char '٣'"],
    ['a.b/😀', "invalid char '😀'", "invalid char '😀'", "invalid char '😀'"],
    ['a.b/\u00a0', "invalid char '\\u00a0'", "invalid char '\\u00a0'", "invalid char '\\u00a0'"],
    // §1.6: tildes
    ['a.b/x~1', tilde, tilde, ''],
    ['a.b/x~12.y', tilde, tilde, ''],
    ['a.b/~1', tilde, tilde, ''],
    ['a.b/x~', '', '', ''],
    ['a.b/x~1a', '', '', ''],
    ['a.b/x.y~1', '', '', ''],
    ['a.b/1', '', '', ''],
    // §1.7: hosts
    ['fmt', noDot, '', ''],
    ['localhost/x.y', noDot, '', ''],
    ['Example.com/x', "invalid char 'E' in first path element", '', ''],
    ['a_b.com/x', "invalid char '_' in first path element", '', ''],
    ['a~b.com', "invalid char '~' in first path element", '', ''],
    ['a.b:8080/x', "invalid char ':'", "invalid char ':'", "invalid char ':'"],
    // §1.8, §1.9: the suffix is part of a module path's validity
    ['a.b/x/v1', version, '', ''],
    ['a.b/x/v2', '', '', ''],
    ['a.b/v1/x', '', '', ''],
    ['a.b/x/v2.0', version, '', ''],
    ['gopkg.in/yaml', version, '', ''],
    ['gopkg.in/yaml.v2', '', '', ''],
  ])('%j', (...row) => {
    expect(reasons(row[0])).toEqual(row);
  });

  it.each(['con', 'PRN', 'Aux', 'nUL', 'com1', 'COM9', 'lpt1', 'LPT9', 'aux.go', 'nul.tar.gz'])(
    'refuses the Windows name %s (§1.5)',
    (name) => {
      const reason = `"${name.split('.')[0]}" disallowed as path element component on Windows`;
      expect(reasons(`a.b/${name}`)).toEqual([`a.b/${name}`, reason, reason, reason]);
    },
  );

  it.each(['com0', 'com10', 'lpt0', 'console', 'a.con', 'co', 'auxx', 'com', 'con-x'])('accepts %s (§1.5)', (name) => {
    expect(reasons(`a.b/${name}`)).toEqual([`a.b/${name}`, '', '', '']);
  });

  it('accepts no superscript digits, but for another reason than Windows (§1.3, §1.5)', () => {
    expect(filePathProblem('COM¹')).toBe(`malformed file path "COM¹": invalid char '¹'`);
  });

  it('says what the thrown error says, with the path quoted (§1.22)', () => {
    const message = 'malformed module path "a.b/\\"\\n": invalid char \'"\'';
    expect(pathProblem('a.b/"\n')).toBe(message);
    expect(() => checkPath('a.b/"\n')).toThrow(
      expect.objectContaining({ name: 'GoModKitError', code: 'invalid_path', message, data: { path: 'a.b/"\n' } }),
    );
    expect(() => checkImportPath('')).toThrow('malformed import path "": empty string');
    expect(() => checkFilePath('')).toThrow('malformed file path "": empty string');
    expect(pathProblem('a\udcff')).toBe('malformed module path "a\\xff": invalid UTF-8');
  });

  it('judges file names by the Unicode version that is asked for (§1.4)', () => {
    // U+1C8A is a letter since Unicode 16.
    expect(() => checkFilePath('\u1c8a.txt')).toThrow("invalid char '\\u1c8a'");
    expect(() => checkFilePath('\u1c8a.txt', { unicode: '17.0.0' })).not.toThrow();
  });
});

describe('properties of paths', () => {
  const element = fc.oneof(
    fc.constantFrom('a', 'Azure', 'v2', 'x.y', 'a-b', 'aux', 'x~1', '..', 'é', '-', 'V1', 'ABC'),
    fc.string({ maxLength: 5, unit: 'binary' }),
  );
  const path = fc
    .tuple(fc.constantFrom('example.com', 'a.B', 'gopkg.in', 'x'), fc.array(element, { maxLength: 3 }))
    .map(([host, rest]) => [host, ...rest].join('/'));

  it('a module path is an import path, and an import path a file path', () => {
    fc.assert(
      fc.property(path, (p) => {
        if (pathProblem(p) === undefined) expect(importPathProblem(p)).toBeUndefined();
        if (importPathProblem(p) === undefined) expect(filePathProblem(p)).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it('escaping is undone by unescaping, and makes no upper case', () => {
    fc.assert(
      fc.property(path, (p) => {
        fc.pre(pathProblem(p) === undefined);
        const escaped = escapePath(p);
        expect(escaped).toBe(escaped.toLowerCase());
        expect(unescapePath(escaped)).toBe(p);
      }),
    );
  });

  it('what unescapes, escapes to the same text', () => {
    const wild = fc
      .array(fc.constantFrom('!', 'a', 'b', '/', '.', 'A', '!x', 'example.com/', 'é'), { maxLength: 8 })
      .map((parts) => `x.y/${parts.join('')}`);
    fc.assert(
      fc.property(wild, (escaped) => {
        let path: string;
        try {
          path = unescapePath(escaped);
        } catch {
          return;
        }
        expect(escapePath(path)).toBe(escaped);
      }),
      { numRuns: 1000 },
    );
  });
});
