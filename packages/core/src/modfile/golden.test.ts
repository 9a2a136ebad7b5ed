// Golden cases: testdata/*.txtar, a file per part of spec §9. `NAME.mod` is the input; `NAME.want` what both readers make of it,
// or `NAME.strict` and `NAME.lax` where they differ: a line per directive, or the lines of the error.

import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { linesOf } from '../../test/modfile.ts';
import { isGoModKitError } from '../errors/index.ts';
import { parseTxtar } from '../txtar/index.ts';
import { type GoMod, parse, parseLax } from './index.ts';

const testdata = new URL('testdata/', import.meta.url);

function outcome(read: () => GoMod): string {
  try {
    return asText(linesOf(read()));
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_go_mod')) throw error;
    return asText(error.message.split('\n').map((line) => `error ${line}`));
  }
}

function asText(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}

for (const archive of readdirSync(testdata).filter((name) => name.endsWith('.txtar'))) {
  const { files } = parseTxtar(readFileSync(new URL(archive, testdata), 'utf8'));
  const dataOf = new Map(files.map(({ name, data }) => [name, data]));
  describe(archive, () => {
    for (const [name, input] of dataOf) {
      if (!name.endsWith('.mod')) continue;
      const base = name.slice(0, -'.mod'.length);
      const want = (mode: string) => dataOf.get(`${base}.${mode}`) ?? dataOf.get(`${base}.want`);
      it(`strict: ${base}`, () => {
        expect(outcome(() => parse('go.mod', input))).toBe(want('strict'));
      });
      it(`lax: ${base}`, () => {
        expect(outcome(() => parseLax('go.mod', input))).toBe(want('lax'));
      });
    }
  });
}
