import { expect, it } from 'vitest';
import { commentsOf, type GoModSummary, summaryOf, tokensOf } from '../../test/modfile.ts';
import { bytesOf, describeVectors, type VectorText } from '../../test/vectors.ts';
import { GoModKitError } from '../errors/index.ts';
import { rawText } from '../gotext/raw.ts';
import { checkCanonicalVersion, editGoMod, format, modulePath, parse, parseLax, parseWork } from './index.ts';
import { parseSyntax } from './parse-syntax.ts';
import { sourceText } from './source-text.ts';

const parserOf = { strict: parse, lax: parseLax };

/** The error text of `call`, or undefined when it succeeds. */
function failureOf(code: string, call: () => unknown): string | undefined {
  try {
    call();
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ name: 'GoModKitError', code });
    return (error as GoModKitError).message;
  }
}

/** A vector value in which strings that are not UTF-8 are as the parser gives them. */
function withBytes(value: object): unknown {
  return JSON.parse(JSON.stringify(value), (_, part) => (part?.b64 === undefined ? part : rawText(bytesOf(part))));
}

interface ParseCase {
  readonly name: string;
  readonly mode: 'strict' | 'lax';
  readonly input: VectorText;
  readonly ok: boolean;
  readonly result?: GoModSummary;
  readonly errors?: readonly string[];
}
describeVectors<ParseCase>('modfile-parse', ({ cases }) => {
  it.each(cases)('$mode $name', ({ mode, input, result, errors }) => {
    const read = () => summaryOf(parserOf[mode]('go.mod', bytesOf(input)));
    if (result !== undefined) expect(read()).toEqual(withBytes(result));
    else expect(failureOf('invalid_go_mod', read)).toBe(errors?.join('\n'));
  });
});

describeVectors<{ desc: string; input: string; strictOk: boolean; laxResult: boolean }>(
  'modfile-parse-versions',
  ({ cases }) => {
    it.each(cases)('$desc: $input', ({ input, strictOk, laxResult }) => {
      expect(failureOf('invalid_go_mod', () => parse('go.mod', input)) === undefined).toBe(strictOk);
      expect(failureOf('invalid_go_mod', () => parseLax('go.mod', input)) === undefined).toBe(laxResult);
    });
  },
);

describeVectors<{ input: VectorText; modulePath: string }>('modfile-module-path', ({ cases }) => {
  it.each(cases)('$input', ({ input, modulePath: path }) => {
    expect(modulePath(bytesOf(input))).toBe(path);
  });
});

describeVectors<{ desc: string; input: string; want: readonly string[] }>('modfile-comments', ({ cases }) => {
  it.each(cases)('$desc', ({ input, want }) => {
    expect(commentsOf(parseSyntax('go.mod', input).stmt)).toEqual(want);
  });
});

describeVectors<{ desc: string; input: string; deprecated: string }>('modfile-deprecated', ({ cases }) => {
  it.each(cases)('$desc', ({ input, deprecated }) => {
    expect(parse('go.mod', input).module?.deprecated ?? '').toBe(deprecated);
  });
});

describeVectors<{ desc: string; input: string; rationale: string }>('modfile-retract-rationale', ({ cases }) => {
  it.each(cases)('$desc', ({ input, rationale }) => {
    expect(parse('go.mod', input).retract.map((retract) => retract.rationale)).toEqual([rationale]);
  });
});

describeVectors<{ desc: string; input: string; tokens: string }>('modfile-punctuation', ({ cases }) => {
  it.each(cases)('$desc', ({ input, tokens }) => {
    expect(tokensOf(parseSyntax('go.mod', input).stmt).join(' ')).toBe(tokens);
  });
});

describeVectors<{ name: string; in?: string; golden: string }>('modfile-format-golden', ({ cases }) => {
  it.each(cases)('$name', ({ name, in: input, golden }) => {
    const read = name.startsWith('work/') ? parseWork : parse;
    // These are no go.mod files: the formatter looks at the tree alone.
    const isSyntaxOnly = ['block', 'comment', 'rule1'].includes(name);
    const formatted = (text: string) =>
      format(isSyntaxOnly ? parseSyntax('file', sourceText(text)) : read('file', text));
    if (input !== undefined) expect(formatted(input)).toBe(golden);
    expect(formatted(golden)).toBe(golden);
  });
});

interface FixCase {
  readonly desc: string;
  readonly input: string;
  readonly equivalentTo?: string;
  readonly wantErr?: string;
}
describeVectors<FixCase>('modfile-fix-version', ({ cases }) => {
  const fixVersion = (path: string, version: string): string => {
    if (path !== 'example.com/m') throw new GoModKitError('not_found', `unknown module ${path}`);
    return `v${version}`;
  };
  it.each(cases)('$desc', ({ input, equivalentTo, wantErr = '' }) => {
    const read = () => summaryOf(parse('in', input, { fixVersion }));
    if (equivalentTo !== undefined) expect(read()).toEqual(summaryOf(parse('in', equivalentTo)));
    else expect(failureOf('invalid_go_mod', read)).toContain(wantErr);
  });
});

describeVectors<{ desc: string; path: string; version: string; wantErr: string }>(
  'modfile-add-exclude-validate',
  ({ cases }) => {
    it.each(cases)('$desc', ({ path, version, wantErr }) => {
      expect(failureOf('invalid_version', () => checkCanonicalVersion(path, version))).toBe(wantErr);
      const editor = editGoMod('module m\n');
      expect(failureOf('invalid_version', () => editor.addExclude(path, version))).toBe(wantErr);
      expect(editor.format()).toBe('module m\n');
    });
  },
);

describeVectors<{ desc: string; path: string; low: string; high: string; wantErr: string }>(
  'modfile-add-retract-validate',
  ({ cases }) => {
    it.each(cases)('$desc', ({ path, low, high, wantErr }) => {
      const check = () =>
        [low, high].forEach((version) => {
          checkCanonicalVersion(path, version);
        });
      expect(failureOf('invalid_version', check)).toBe(wantErr);
      const editor = editGoMod('').addModuleStmt(path);
      expect(failureOf('invalid_version', () => editor.addRetract({ low, high }))).toBe(wantErr);
      expect(editor.goMod.retract).toEqual([]);
    });
  },
);
