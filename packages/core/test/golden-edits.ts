// Golden edits: src/modfile/testdata/edits/*.txtar. `NAME.in` is a file, `NAME.steps` an edit per line as JSON, `NAME.want` what
// x/mod v0.42.0 makes of it, after `NAME.print1` and so on at each `print`, with `NAME.errors` for edits that it refuses. The
// differential test asks Go again.

import { readdirSync, readFileSync } from 'node:fs';
import { parseTxtar } from '../src/txtar/index.ts';
import type { Step } from './edits.ts';

export interface GoldenEdit {
  /** Archive and case. */
  readonly name: string;
  readonly kind: 'mod' | 'work';
  readonly text: string;
  readonly steps: readonly Step[];
  readonly texts: readonly string[];
  /** Of the edits that are refused. */
  readonly errors: readonly string[];
}

const directory = new URL('../src/modfile/testdata/edits/', import.meta.url);

export const goldenEdits: readonly GoldenEdit[] = readdirSync(directory).flatMap((archive) => {
  const { files } = parseTxtar(readFileSync(new URL(archive, directory), 'utf8'));
  const dataOf = new Map(files.map(({ name, data }) => [name, data]));
  return files
    .filter(({ name }) => name.endsWith('.in'))
    .map(({ name, data: text }): GoldenEdit => {
      const base = name.slice(0, -'.in'.length);
      const linesOf = (part: string) => (dataOf.get(`${base}.${part}`) ?? '').split('\n').slice(0, -1);
      const prints = [...dataOf].filter(([each]) => each.startsWith(`${base}.print`)).map(([, data]) => data);
      return {
        name: `${archive}: ${base}`,
        kind: archive === 'work.txtar' ? 'work' : 'mod',
        text,
        steps: linesOf('steps').map((line) => JSON.parse(line) as Step),
        texts: [...prints, dataOf.get(`${base}.want`) ?? 'no .want'],
        errors: linesOf('errors'),
      };
    });
});
