import { expect, it } from 'vitest';
import { bytesOf, describeVectors, type VectorText } from '../../test/vectors.ts';
import { rawText } from '../gotext/raw.ts';
import { decrementDecimal, incrementDecimal } from '../semver/decimal.ts';
import {
  check,
  checkFilePath,
  checkImportPath,
  checkPath,
  escapePath,
  escapeVersion,
  isPseudoVersion,
  matchPathMajor,
  matchPrefixPatterns,
  pseudoVersion,
  pseudoVersionBase,
  pseudoVersionRev,
  pseudoVersionTime,
  sortModuleVersions,
  splitPathVersion,
  unescapePath,
  unescapeVersion,
} from './index.ts';

/** The result of `call`, or null when it refuses with `code`. */
function resultOf<T>(code: string, call: () => T): T | null {
  try {
    return call();
  } catch (error) {
    expect(error).toMatchObject({ name: 'GoModKitError', code });
    return null;
  }
}

const textOf = (text: VectorText): string => rawText(bytesOf(text));

for (const [name, checkIt] of [
  ['module-check-path', checkPath],
  ['check-import-path', checkImportPath],
  ['check-file-path', checkFilePath],
] as const) {
  describeVectors<{ path: VectorText; ok: boolean }>(name, ({ cases }) => {
    it.each(cases)('$path is ok: $ok', ({ path, ok }) => {
      expect(resultOf('invalid_path', () => checkIt(textOf(path)))).toBe(ok ? undefined : null);
    });
  });
}

for (const [name, run] of [
  ['escape-path', escapePath],
  ['unescape-path', unescapePath],
] as const) {
  describeVectors<{ input: VectorText; ok: boolean; output?: string }>(name, ({ cases }) => {
    it.each(cases)('$input gives $output', ({ input, output = null }) => {
      expect(resultOf('invalid_path', () => run(textOf(input)))).toBe(output);
    });
  });
}

describeVectors<{ path: string; prefix: string; pathMajor: string; ok: boolean }>('split-path-version', ({ cases }) => {
  it.each(cases)('$path', ({ path, prefix, pathMajor, ok }) => {
    expect(splitPathVersion(path)).toEqual(ok ? { prefix, pathMajor } : undefined);
  });
});

describeVectors<{ version: string; pathMajor: string; match: boolean }>('match-path-major', ({ cases }) => {
  it.each(cases)('$version fits "$pathMajor": $match', ({ version, pathMajor, match }) => {
    expect(matchPathMajor(version, pathMajor)).toBe(match);
  });
});

describeVectors<{ path: string; version: string; ok: boolean }>('module-check', ({ cases }) => {
  it.each(cases)('$path@$version is ok: $ok', ({ path, version, ok }) => {
    const code = path === 'rsc io/quote' ? 'invalid_path' : 'invalid_version';
    expect(resultOf(code, () => check(path, version))).toBe(ok ? undefined : null);
  });
});

type Pair = readonly [path: string, version: string];
describeVectors<{ input: readonly Pair[]; sorted: readonly Pair[] }>('module-sort', ({ cases }) => {
  it.each(cases)('sorts like go.sum ($#)', ({ input, sorted }) => {
    const result = sortModuleVersions(input.map(([path, version]) => ({ path, version })));
    expect(result.map(({ path, version }) => [path, version])).toEqual(sorted);
  });
});

type PseudoRow =
  | { op: 'build'; major: string; older: string; time: string; rev: string; output: string }
  | { op: 'isPseudo'; input: string; output: boolean }
  | { op: 'time' | 'rev' | 'base'; input: string; output?: string }
  | { op: 'incDecimal' | 'decDecimal'; input: string; output: string };

describeVectors<PseudoRow>('pseudo-version', ({ cases }) => {
  it.each(cases)('$op $older $input gives $output', (row) => {
    expect(answer(row)).toEqual(row.output ?? null);
  });

  function answer(row: PseudoRow): unknown {
    switch (row.op) {
      case 'build':
        return pseudoVersion({ ...row, time: new Date(row.time) });
      case 'isPseudo':
        return isPseudoVersion(row.input);
      case 'time':
        return resultOf('invalid_version', () => pseudoVersionTime(row.input).toISOString().replace('.000', ''));
      case 'rev':
        return resultOf('invalid_version', () => pseudoVersionRev(row.input));
      case 'base':
        return resultOf('invalid_version', () => pseudoVersionBase(row.input));
      case 'incDecimal':
        return incrementDecimal(row.input);
      case 'decDecimal':
        return decrementDecimal(row.input) ?? '';
    }
  }
});

describeVectors<{ globs: string; target: string; match: boolean }>('match-prefix-patterns', ({ cases }) => {
  it.each(cases)('"$globs" matches $target: $match', ({ globs, target, match }) => {
    expect(matchPrefixPatterns(globs, target)).toBe(match);
  });
});

describeVectors<{ op: string; version: string | null; escaped: string | null }>('proxy-misc', ({ cases }) => {
  const rows = (op: string): typeof cases => cases.filter((row) => row.op === op);

  it.each(rows('escapeModuleVersion'))('version $version escapes to $escaped', ({ version, escaped }) => {
    expect(resultOf('invalid_version', () => escapeVersion(version ?? ''))).toBe(escaped);
  });

  it.each(rows('unescapeModuleVersion'))('$escaped unescapes to $version', ({ version, escaped }) => {
    expect(resultOf('invalid_version', () => unescapeVersion(escaped ?? ''))).toBe(version);
  });

  it('has no rows but these, those of toolchains (see gover), and four about the pages of discovery', () => {
    const left = cases.filter(({ op }) => !/^(un)?escapeModuleVersion$|^toolchainVersionToGo$/.test(op));
    expect(left.map(({ op }) => op)).toEqual(Array(4).fill('discoveryURL'));
  });
});
