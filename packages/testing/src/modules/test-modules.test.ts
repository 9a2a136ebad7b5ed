import { isGoModKitError } from '@gomodkit/core/errors';
import { describe, expect, it } from 'vitest';
import { tempDirectory } from '../go/temp-directory.ts';
import { readModules } from './read-modules.ts';
import { toMemoryModules } from './test-modules.ts';

const invalid = (text: RegExp) =>
  expect.toSatisfy((error) => isGoModKitError(error, 'invalid_argument') && text.test(error.message));

describe('toMemoryModules', () => {
  it('takes files, a txtar text and a fixture', () => {
    const modules = toMemoryModules({
      'example.com/a@v1.0.0': { 'go.mod': 'module example.com/a\n' },
      'example.com/b@v1.0.0': '-- go.mod --\nmodule example.com/b\n-- b/b.go --\npackage b\n',
      'example.com/c@v1.0.0': { files: { 'c.go': 'package c\n' }, time: '2024-01-01T00:00:00Z', branches: ['main'] },
    });
    expect(modules).toEqual({
      'example.com/a@v1.0.0': { files: { 'go.mod': 'module example.com/a\n' } },
      'example.com/b@v1.0.0': { files: { 'go.mod': 'module example.com/b\n', 'b/b.go': 'package b\n' } },
      'example.com/c@v1.0.0': { files: { 'c.go': 'package c\n' }, time: '2024-01-01T00:00:00Z', branches: ['main'] },
    });
  });

  it('takes a module with a file called files', () => {
    const module = { files: 'a list', 'go.mod': 'module example.com/a\n' };
    expect(toMemoryModules({ 'example.com/a@v1.0.0': module })).toEqual({ 'example.com/a@v1.0.0': { files: module } });
    const bytes = { files: new Uint8Array([1]) };
    expect(toMemoryModules({ 'example.com/a@v1.0.0': bytes })).toEqual({ 'example.com/a@v1.0.0': { files: bytes } });
  });

  it('takes all modules as one txtar text', () => {
    const modules = toMemoryModules(`A comment.
-- example.com/a@v1.0.0/go.mod --
module example.com/a
-- example.com/a/v2@v2.0.0-20240101000000-abcdefabcdef/go.mod --
module example.com/a/v2
-- example.com/a@v1.0.0/x/y.go --
package x
`);
    expect(modules).toEqual({
      'example.com/a@v1.0.0': { files: { 'go.mod': 'module example.com/a\n', 'x/y.go': 'package x\n' } },
      'example.com/a/v2@v2.0.0-20240101000000-abcdefabcdef': { files: { 'go.mod': 'module example.com/a/v2\n' } },
    });
  });

  it('reads what the special files say', () => {
    const text = `-- .info --
{"Version":"v1.0.0","Time":"2024-01-01T00:00:00Z","Origin":{"VCS":"git","Hash":"abc"}}
-- .mod --
module example.com/other
-- .branches --
main
  feature/x

-- go.mod --
module example.com/a
`;
    expect(toMemoryModules({ 'example.com/a@v1.0.0': text })['example.com/a@v1.0.0']).toEqual({
      goMod: 'module example.com/other\n',
      time: '2024-01-01T00:00:00Z',
      origin: { VCS: 'git', Hash: 'abc' },
      branches: ['main', 'feature/x'],
      files: { 'go.mod': 'module example.com/a\n' },
    });
  });

  it('refuses what belongs to no module, and an .info that is none or about another version', () => {
    expect(() => toMemoryModules('-- go.mod --\nmodule x\n')).toThrow(invalid(/"go.mod" belongs to no module/));
    expect(() => toMemoryModules('-- example.com/a@v1.0.0 --\n')).toThrow(invalid(/belongs to no module/));
    expect(() => toMemoryModules({ 'a.b/c@v1.0.0': { '.info': '{' } })).toThrow(
      invalid(/a.b\/c@v1.0.0: its .info is none/),
    );
    expect(() => toMemoryModules({ 'a.b/c@v1.0.0': { '.info': '{"Version":"v1.0.1"}' } })).toThrow(
      invalid(/about v1.0.1/),
    );
  });
});

describe('readModules', () => {
  it('reads a file, or the txtar files of a directory', async () => {
    const a = '-- example.com/a@v1.0.0/go.mod --\nmodule example.com/a\n';
    const b = '-- example.com/b@v1.0.0/go.mod --\nmodule example.com/b';
    const directory = await tempDirectory({ '1.txtar': b, '2.txt': a, 'README.md': '-- x --\n' });
    try {
      expect(await readModules(`${directory.path}/2.txt`)).toBe(a);
      expect(Object.keys(toMemoryModules(await readModules(directory.path)))).toEqual([
        'example.com/b@v1.0.0',
        'example.com/a@v1.0.0',
      ]);
    } finally {
      await directory.close();
    }
  });
});
