// The go command in direct mode, asked many questions about repositories on this machine.
//
// Invariants:
// - It sees no network: git is told that every address it may meet is a directory.
// - Versions, revisions and queries of the list are asked for in a module cache each: a branch's answer is written down as its version's,
//   with the Origin that belongs to the branch, and would be the answer to the next question.
// - Queries of the list are asked as if nothing were retracted: what is, is decided by clients, by the go.mod of the latest version.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Origin } from '@gomodkit/core';
import { isCanonicalVersion, isPseudoVersion } from '@gomodkit/core/module';
import { type GoEnvironment, goCommand, goEnvironment } from '@gomodkit/testing';
import type { Question } from '../../packages/core/test/git/generate/questions.ts';

/** What go says. */
export type GoAnswer = GoModule | { readonly error: string };

/** A version that go downloaded. */
export interface GoModule {
  readonly version: string;
  readonly time: string;
  readonly sum: string;
  readonly goModSum: string;
  readonly origin: Origin | undefined;
}

/** go, with addresses rewritten. */
export interface GitOracle {
  /** Answers in the order of the questions. */
  ask(questions: readonly Question[]): Promise<readonly GoAnswer[]>;
  /** The versions that go lists, or the reason why not, by module path. */
  versions(paths: readonly string[]): Promise<readonly (readonly string[] | { readonly error: string })[]>;
}

interface Download {
  readonly Path: string;
  readonly Version?: string;
  readonly Query?: string;
  readonly Error?: string;
  readonly Info?: string;
  readonly Sum?: string;
  readonly GoModSum?: string;
  readonly Origin?: Origin;
}

/** `rewrites`: addresses' beginnings, and the directory that stands for each. `scratch` is for caches. */
export function gitOracle(rewrites: Readonly<Record<string, string>>, scratch: string): GitOracle {
  const configuration = Object.entries(rewrites).map(
    ([from, directory]) => `[url "${pathToFileURL(directory).href}/"]\n\tinsteadOf = ${from}\n`,
  );
  const config = join(scratch, 'gitconfig');
  mkdirSync(scratch, { recursive: true });
  writeFileSync(config, configuration.join(''));
  const environment = (): GoEnvironment =>
    goEnvironment({
      goproxy: 'direct',
      variables: {
        GOVCS: '*:git',
        GOFLAGS: '-modcacherw',
        GIT_CONFIG_GLOBAL: config,
        GIT_CONFIG_NOSYSTEM: '1',
      },
    });
  return {
    ask: async (questions) => {
      const answers = new Map<string, GoAnswer>();
      const of = (wanted: Kind): Question[] => questions.filter(({ query }) => kindOf(query) === wanted);
      await download(of('version'), environment(), answers);
      await download(of('revision'), environment(), answers);
      await chooseAndDownload(of('list'), environment, answers);
      return questions.map((question) => answers.get(key(question)) ?? { error: 'go did not answer' });
    },
    versions: (paths) => listVersions(paths, environment()),
  };
}

type Kind = 'version' | 'revision' | 'list';

function kindOf(query: string): Kind {
  // With other build metadata, or with leading zeros, it is a tag's name, and its answer another version.
  if (isCanonicalVersion(query)) return 'version';
  return /^(?:latest|v\d+(?:\.\d+)?)$/.test(query) ? 'list' : 'revision';
}

function key({ path, query }: Question): string {
  return `${path}@${query}`;
}

async function download(group: readonly Question[], own: GoEnvironment, answers: Map<string, GoAnswer>): Promise<void> {
  if (group.length === 0) return;
  try {
    const env = own.variables;
    const { stderr, stdout } = await goCommand(['mod', 'download', '-json', ...group.map(key)], {
      env,
      allowFailure: true,
    });
    const downloads = parseObjects(stdout) as Download[];
    if (downloads.length === 0) throw new Error(`go mod download: ${stderr}`);
    for (const each of downloads) answers.set(`${each.Path}@${each.Query ?? each.Version}`, answerOf(each));
  } finally {
    await own.close();
  }
}

/** Lets go choose a version by its list, and then download that. */
async function chooseAndDownload(
  group: readonly Question[],
  environment: () => GoEnvironment,
  answers: Map<string, GoAnswer>,
): Promise<void> {
  if (group.length === 0) return;
  const untagged: Question[] = [];
  const chosen = new Map<string, { readonly question: Question; readonly origin: Origin | undefined }>();
  for (const each of await listModules(['-retracted', ...group.map(key)], environment())) {
    const asked = `${each.Path}@${each.Query ?? each.Version}`;
    // Where nothing is listed go says no origin here, but when it downloads.
    if (isPseudoVersion(each.Version ?? '')) untagged.push({ path: each.Path, query: each.Query ?? '' });
    else if (each.Error !== undefined && !isAboutRetractions(each.Error.Err))
      answers.set(asked, { error: each.Error.Err });
    else chosen.set(asked, { question: { path: each.Path, query: each.Version ?? '' }, origin: each.Origin });
  }
  const downloads = new Map<string, GoAnswer>();
  await download(untagged, environment(), answers);
  await download(
    [...chosen.values()].map(({ question }) => question),
    environment(),
    downloads,
  );
  for (const [asked, { origin, question }] of chosen) {
    const downloaded = downloads.get(key(question)) ?? { error: 'go did not answer' };
    answers.set(asked, 'error' in downloaded ? downloaded : { ...downloaded, origin });
  }
}

/** Where the latest go.mod cannot be read, go cannot say what is retracted, but which version it is. */
function isAboutRetractions(error: string): boolean {
  return error.startsWith('loading module retractions for ');
}

function answerOf({ Error: error, GoModSum, Info, Origin: origin, Sum, Version }: Download): GoAnswer {
  if (error !== undefined || Info === undefined) return { error: error ?? 'no .info' };
  const { Time } = JSON.parse(readFileSync(Info, 'utf8')) as { Time: string };
  return { version: Version ?? '', time: Time, sum: Sum ?? '', goModSum: GoModSum ?? '', origin };
}

async function listVersions(paths: readonly string[], own: GoEnvironment) {
  const listed = await listModules(['-versions', '-retracted', ...paths], own);
  return paths.map((path) => {
    const { Error: error, Versions = [] } = listed.find(({ Path }) => Path === path) ?? { Error: { Err: 'no answer' } };
    return error === undefined ? Versions : { error: error.Err };
  });
}

interface Listed {
  readonly Path: string;
  readonly Version?: string;
  readonly Query?: string;
  readonly Versions?: readonly string[];
  readonly Origin?: Origin;
  readonly Error?: { readonly Err: string };
}

async function listModules(args: readonly string[], own: GoEnvironment): Promise<readonly Listed[]> {
  try {
    const all = ['list', '-m', '-e', '-json', ...args];
    const { stdout } = await goCommand(all, { env: own.variables, allowFailure: true });
    return parseObjects(stdout) as Listed[];
  } finally {
    await own.close();
  }
}

/** The objects that go prints one after another. */
function parseObjects(stdout: string): unknown[] {
  return stdout
    .split(/^\}\n/m)
    .filter((text) => text.trim() !== '')
    .map((text) => JSON.parse(`${text}}`));
}
