import { describe, expect, it } from 'vitest';
import { parseWork, parseWorkLax } from './index.ts';

const messageOf = (read: () => unknown): string => {
  try {
    read();
    return '';
  } catch (error) {
    return (error as Error).message;
  }
};

it('reads every directive, as a line and in a block', () => {
  const goWork = parseWork(
    'go.work',
    'go 1.24.0\ntoolchain go1.24.3\nuse ./a // x\nuse (\n\t"./b c"\n\t/d\n)\ngodebug a=b\nreplace x v1 => ./x\nreplace (\n\ty => z v1.2.3\n)\n',
  );
  expect(goWork.go?.version).toBe('1.24.0');
  expect(goWork.toolchain?.name).toBe('go1.24.3');
  expect(goWork.use.map(({ path }) => path)).toEqual(['./a', './b c', '/d']);
  expect(goWork.godebug.map(({ key, value }) => [key, value])).toEqual([['a', 'b']]);
  expect(goWork.replace.map(({ old, new: to }) => [old, to])).toEqual([
    [{ path: 'x', version: 'v1.0.0' }, { path: './x' }],
    [{ path: 'y' }, { path: 'z', version: 'v1.2.3' }],
  ]);
});

describe('problems', () => {
  it.each([
    ['use', 'go.work:1: usage: use local/dir'],
    ['use ./a ./b', 'go.work:1: usage: use local/dir'],
    ["use 'a'", 'go.work:1: invalid quoted string: unquoted string cannot contain quote'],
    ['go 1', "go.work:1: invalid go version '1': must match format 1.23.0"],
    ['go 1.24\ngo 1.25', 'go.work:2: repeated go statement'],
    ['toolchain local', "go.work:1: invalid toolchain version 'local': must match format go1.23.0 or default"],
    ['module m\nrequire a v1.0.0', 'go.work:1: unknown directive: module\ngo.work:2: unknown directive: require'],
    ['go (\n)', 'go.work:1: unknown block type: go'],
    ['use x (\n)', 'go.work:1: unknown block type: use x'],
    ['godebug a', 'go.work:1: usage: godebug key=value'],
    ['use (\n\t./a', 'go.work:2:5: syntax error (unterminated block started at go.work:1:1)'],
  ])('%j', (text, message) => {
    expect(messageOf(() => parseWork('go.work', text))).toBe(message);
  });

  it('of what a later version of Go may write are none in lax mode', () => {
    const goWork = parseWorkLax('go.work', 'go 1.99.x\nfuture a\nlater (\n\tb\n)\nuse ./a\n');
    expect([goWork.go?.version, goWork.use.length]).toEqual(['1.99', 1]);
    expect(messageOf(() => parseWorkLax('go.work', 'use\n'))).toBe('go.work:1: usage: use local/dir');
  });
});

it('asks the version fixer about replacements', () => {
  const fixVersion = (path: string, version: string): string => `${version}.fixed-of-${path}`;
  const [replace] = parseWork('go.work', 'replace a => b main\n', { fixVersion }).replace;
  expect(replace?.new.version).toBe('main.fixed-of-b');
});
