import { describe, expect, it } from 'vitest';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { scanGoFile } from './scan-file.ts';

const scan = (text: string | Uint8Array) => scanGoFile([typeof text === 'string' ? encodeUtf8(text) : text]);

describe('imports', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'one by one and in a block',
      'package p\nimport "a"\nimport (\n\tb "b"\n\t. "c" // c\n\t_ `d`\n)\nimport ()\n',
      ['a', 'b', 'c', 'd'],
    ],
    ['behind a byte order mark', '\ufeffpackage p; import "a"; import "b"', ['a', 'b']],
    [
      'between comments',
      '/* a */ package /* b */ p // c\n\n/* d\n */ import /* e */ "a" /* f\n*/ import "b"\n',
      ['a', 'b'],
    ],
    ['with escapes', 'package p\nimport "\\x66mt"\n', ['fmt']],
    ['of cgo', 'package p\n\n// #include <x.h>\nimport "C"\n', ['C']],
    ['not behind the first declaration', 'package p\nimport "a"\nvar x = "\nimport "b"\n', ['a']],
    ['where the rest of the file is broken', 'package p\nimport "a"\nfunc f( {', ['a']],
    ['none where two stand on a line', 'package p\nimport "a" import "b"\n', []],
    ['none where a path is impossible', 'package p\nimport "a"\nimport "b c"\n', []],
    ['none where an escape is', 'package p\nimport "a\\q"\n', []],
    ['none without a package clause', 'import "a"\n', []],
    ['none behind a keyword as name', 'package func\nimport "a"\n', []],
    ['none where a byte is zero', 'package p\n\0import "a"\n', []],
    ['none where a mark stands inside', 'package p\n// \ufeff\nimport "a"\n', []],
    ['none in an empty file', '', []],
  ])('%s', async (_, text, imports) => {
    expect((await scan(text)).imports).toEqual(imports);
  });

  it('none where the header is not UTF-8, whatever comes later', async () => {
    const latin1 = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
    expect((await scan(latin1('// \u00e9\npackage p\nimport "a"\n'))).imports).toEqual([]);
    expect((await scan(latin1('package p\nimport "a"\nvar x = "\u00e9"\n'))).imports).toEqual(['a']);
  });

  it('are found in chunks of any size, and nothing is read behind them', async () => {
    const text = encodeUtf8(`// ${'x'.repeat(20_000)}\npackage p\nimport "a"\nvar x int\n`);
    let read = 0;
    async function* bytes(): AsyncGenerator<Uint8Array> {
      for (; read < text.length; read += 100) yield text.subarray(read, read + 100);
      for (; read < 1_000_000; read += 100) yield new Uint8Array(100).fill(32);
    }
    expect((await scanGoFile(bytes())).imports).toEqual(['a']);
    expect(read).toBeLessThan(50_000);
  });
});

describe('a file can be part of a build', () => {
  it.each<[string, boolean]>([
    ['', true],
    ['//go:build linux && !linux\n', true],
    ['//go:build ignore\n', false],
    ['//go:build !ignore\n', true],
    ['//go:build ignore || foo\n', true],
    ['//go:build ignore && foo\n', false],
    ['//go:build !(foo && !ignore)\n', true],
    ['//go:build !(ignore || foo)\n', true],
    ['//go:build (foo\n', false],
    ['//go:build !!foo\n', false],
    ['//go:build foo bar\n', false],
    ['//go:build\n', false],
    ['//go:buildfoo ignore\n', true],
    ['/*\n//go:build ignore\n*/\n', true],
    ['//go:build foo\n//go:build ignore\n', true],
    ['// +build ignore\n\n', false],
    ['//+build ignore\n\n', false],
    ['// +build ignore\n', true],
    ['// +build ignore foo\n\n', true],
    ['// +build ignore,foo\n\n', false],
    ['// +build !ignore\n\n', true],
    ['// +build foo\n// +build ignore\n\n', false],
    ['// +build !!foo\n\n', false],
    ['// +build a-b\n\n', false],
    ['// +build\n\n', false],
    ['/* c */\n// +build ignore\n\n', true],
    ['//go:build foo\n// +build ignore\n\n', true],
  ])('below %j: %j', async (header, canBuild) => {
    expect((await scan(`${header}package p\n`)).canBuild).toBe(canBuild);
  });
});
