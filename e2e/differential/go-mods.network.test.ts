// go.mod files: core reads from them, and says about them, what golang.org/x/mod does.

import { GoModKitError } from '@gomodkit/core/errors';
import {
  autoQuote,
  type GoMod,
  isDirectoryPath,
  modulePath,
  mustQuote,
  parse,
  parseLax,
  type ReplaceTarget,
} from '@gomodkit/core/modfile';
import { canonicalVersion } from '@gomodkit/core/module';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectAgreement, type Pair, pairwise } from './agreement.ts';
import { goMod, goModValue } from './generators/go-mods.ts';
import { goIsPresent, type Oracle, startOracle } from './go-oracle.ts';

/** The twin of fixVersion in tools/godiff. */
function fixVersion(path: string, version: string): string {
  if (version === 'master') return 'v1.2.3';
  const fixed = canonicalVersion(version);
  if (fixed === '') throw new GoModKitError('invalid_version', `no version of ${path}`);
  return fixed;
}

const pairs = (data: Uint8Array): Pair[] => [
  [{ op: 'parse', args: [data] }, () => summary(parse('go.mod', data))],
  [{ op: 'parseLax', args: [data] }, () => summary(parseLax('go.mod', data))],
  [{ op: 'parseFixed', args: [data] }, () => summary(parse('go.mod', data, { fixVersion }))],
  [{ op: 'modulePath', args: [data] }, () => modulePath(data)],
];

/** What a go.mod says, as tools/godiff puts it. */
function summary(file: GoMod): unknown {
  return {
    module: file.module?.path ?? '',
    deprecated: file.module?.deprecated ?? '',
    go: file.go?.version ?? '',
    toolchain: file.toolchain?.name ?? '',
    godebug: file.godebug.map(({ key, value }) => ({ key, value })),
    require: file.require.map(({ path, version, indirect }) => ({ path, version, indirect })),
    exclude: file.exclude.map(target),
    replace: file.replace.map((replace) => ({ old: target(replace.old), new: target(replace.new) })),
    retract: file.retract.map(({ low, high, rationale }) => ({ low, high, rationale })),
    tool: file.tool.map(({ path }) => path),
    ignore: file.ignore.map(({ path }) => path),
  };
}

function target({ path, version = '' }: ReplaceTarget): { readonly path: string; readonly version: string } {
  return { path, version };
}

describe.skipIf(!goIsPresent)('go.mod files, compared with Go', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(() => oracle?.close());

  it('what they say, and every error with its place', () => expectAgreement(oracle, goMod, 3000, pairwise(pairs)));

  it('accepts enough, and refuses enough, for the comparison to mean something', async () => {
    const answers = await oracle.ask(fc.sample(goMod, 300).map((data) => ({ op: 'parseLax', args: [data] })));
    const accepted = answers.filter(({ error }) => error === undefined).length;
    expect(accepted).toBeGreaterThan(60);
    expect(accepted).toBeLessThan(240);
  });

  it('quoting of values, and which ones are directories', () =>
    expectAgreement(
      oracle,
      goModValue,
      300,
      pairwise((value) => [
        [{ op: 'quoting', args: [value] }, () => [mustQuote(value), autoQuote(value), isDirectoryPath(value)]],
      ]),
    ));
});
