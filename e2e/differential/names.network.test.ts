// Paths, versions and patterns: core's answers are those of golang.org/x/mod, texts of errors included.

import { compare as compareGo, isValid as isValidGo, lang } from '@gomodkit/core/gover';
import {
  canonicalVersion,
  check,
  checkFilePath,
  checkImportPath,
  checkPath,
  checkPathMajor,
  escapePath,
  escapeVersion,
  isPseudoVersion,
  matchPrefixPatterns,
  pathMajorPrefix,
  pseudoVersion,
  pseudoVersionBase,
  pseudoVersionRev,
  pseudoVersionTime,
  sortModuleVersions,
  splitPathVersion,
  unescapePath,
  unescapeVersion,
} from '@gomodkit/core/module';
import * as semver from '@gomodkit/core/semver';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, it } from 'vitest';
import { expectAgreement, outcome, type Pair, pairwise } from './agreement.ts';
import { escapedPath, likelyModulePath, modulePath, path } from './generators/paths.ts';
import { globs, target } from './generators/patterns.ts';
import { closeVersion, goVersion, likelyVersion, revisionName, version } from './generators/versions.ts';
import { goIsPresent, type Oracle, startOracle } from './go-oracle.ts';

/** Whether a string stands for UTF-8. */
const isText = (text: string): boolean => !/[\udc80-\udcff]/u.test(text);

/** A call that throws or not, in Go's shape. */
const accepts = (call: () => void) => (): true => {
  call();
  return true;
};

const pathPairs = (text: string): Pair[] => [
  [{ op: 'checkPath', args: [text] }, accepts(() => checkPath(text))],
  [{ op: 'checkImportPath', args: [text] }, accepts(() => checkImportPath(text))],
  [{ op: 'checkFilePath', args: [text] }, accepts(() => checkFilePath(text))],
  [{ op: 'escapePath', args: [text] }, () => escapePath(text)],
  [
    { op: 'splitPathVersion', args: [text] },
    () => {
      const parts = splitPathVersion(text);
      return parts === undefined ? null : [parts.prefix, parts.pathMajor];
    },
  ],
  [{ op: 'pathMajorPrefix', args: [pathMajorOf(text)] }, () => pathMajorPrefix(pathMajorOf(text))],
];

function pathMajorOf(text: string): string {
  return splitPathVersion(text)?.pathMajor ?? '';
}

const versionPairs = (text: string): Pair[] => [
  [
    { op: 'semver', args: [text] },
    () => [
      semver.isValid(text),
      semver.canonical(text),
      semver.major(text),
      semver.majorMinor(text),
      semver.prerelease(text),
      semver.build(text),
    ],
  ],
  [{ op: 'canonicalVersion', args: [text] }, () => canonicalVersion(text)],
  [{ op: 'pseudo', args: [text] }, () => pseudoParts(text)],
];

function pseudoParts(text: string): unknown {
  const rev = outcome(() => pseudoVersionRev(text));
  const base = outcome(() => pseudoVersionBase(text));
  const time = outcome(() => `${pseudoVersionTime(text).toISOString().slice(0, 19)}Z`);
  return {
    is: isPseudoVersion(text),
    rev: rev.value ?? '',
    base: base.value ?? '',
    time: time.value ?? '',
    revError: rev.error ?? '',
    baseError: base.error ?? '',
    // The text holds Go's own words about times; that there is an error is what counts.
    timeOk: time.error === undefined,
  };
}

describe.skipIf(!goIsPresent)('names, compared with Go', () => {
  let oracle: Oracle;
  beforeAll(async () => {
    oracle = await startOracle();
  });
  afterAll(() => oracle?.close());

  it('paths', () => expectAgreement(oracle, path, 1500, pairwise(pathPairs)));

  it('escaped paths', () =>
    expectAgreement(
      oracle,
      escapedPath,
      500,
      pairwise((text) => [[{ op: 'unescapePath', args: [text] }, () => unescapePath(text)]]),
    ));

  it('versions', () => expectAgreement(oracle, version, 1000, pairwise(versionPairs)));

  it('escaped versions and revisions', () =>
    expectAgreement(
      oracle,
      revisionName,
      500,
      pairwise((text) => [
        [{ op: 'escapeVersion', args: [text] }, () => escapeVersion(text)],
        [{ op: 'unescapeVersion', args: [text] }, () => unescapeVersion(text)],
      ]),
    ));

  it('paths with versions', () =>
    expectAgreement(
      oracle,
      fc.tuple(fc.oneof(likelyModulePath, modulePath), fc.oneof(likelyVersion, version)),
      1000,
      pairwise(([modPath, text]) => {
        const pathMajor = pathMajorOf(modPath);
        return [
          [{ op: 'check', args: [modPath, text] }, accepts(() => check(modPath, text))],
          [{ op: 'checkPathMajor', args: [text, pathMajor] }, accepts(() => checkPathMajor(text, pathMajor))],
        ];
      }),
    ));

  it('the order of versions', () =>
    expectAgreement(
      oracle,
      // Core orders text; bytes that are no text are only ever refused.
      fc.array(fc.oneof(likelyVersion, version, closeVersion, closeVersion).filter(isText), {
        minLength: 2,
        maxLength: 12,
      }),
      300,
      pairwise((list) => [
        [{ op: 'compare', args: list.slice(0, 2) }, () => semver.compare(list[0] ?? '', list[1] ?? '')],
        [{ op: 'sortVersions', args: list }, () => semver.sort(list)],
      ]),
    ));

  it('the order of go.sum', () =>
    expectAgreement(
      oracle,
      // Different spellings of equal versions are left out: x/mod sorts them with an unstable sort, so that their order is no answer.
      fc
        .array(
          fc.tuple(
            fc.oneof(likelyModulePath.filter(isText), fc.constant('example.com/m')),
            fc.oneof(likelyVersion.filter(isText), closeVersion),
            fc.constantFrom('', '/go.mod', '/x'),
          ),
          { maxLength: 12 },
        )
        .filter(
          (list) =>
            new Set(list.map(([, text]) => semver.canonical(text))).size === new Set(list.map(([, text]) => text)).size,
        ),
      300,
      pairwise((list) => {
        const modules = list.map(([modPath, text, rest]) => ({ path: modPath, version: text + rest }));
        return [
          [
            { op: 'sortModules', args: modules.flatMap((module) => [module.path, module.version]) },
            () => sortModuleVersions(modules).flatMap((module) => [module.path, module.version]),
          ],
        ];
      }),
    ));

  it('making pseudo-versions', () =>
    expectAgreement(
      oracle,
      fc.record({
        major: fc.constantFrom('', 'v0', 'v1', 'v2', 'v10'),
        // For anything that is no version x/mod gives garbage; core refuses.
        older: fc.oneof(fc.constant(''), likelyVersion.filter(semver.isValid)),
        time: fc.date({
          min: new Date('0000-01-01T00:00:00Z'),
          max: new Date('9999-12-31T23:59:59Z'),
          noInvalidDate: true,
        }),
        rev: fc.constantFrom('abcdef123456', '000000000000', 'ABC', '1'),
      }),
      300,
      pairwise(({ time, ...parts }) => [
        [
          { op: 'pseudoVersion', args: [parts.major, parts.older, time.toISOString(), parts.rev] },
          () => pseudoVersion({ ...parts, time }),
        ],
      ]),
    ));

  it('pattern lists', () =>
    expectAgreement(
      oracle,
      fc.tuple(globs, target),
      1000,
      pairwise(([list, text]) => [
        [{ op: 'matchPrefixPatterns', args: [list, text] }, () => matchPrefixPatterns(list, text)],
      ]),
    ));

  it('versions of Go', () =>
    expectAgreement(
      oracle,
      fc.tuple(goVersion, goVersion),
      300,
      pairwise(([a, b]) => [
        [
          { op: 'goVersion', args: [a, b] },
          () => [isValidGo(a), lang(a) === '' ? '' : `go${lang(a)}`, compareGo(a, b)],
        ],
      ]),
    ));
});
