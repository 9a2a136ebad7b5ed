// What is asked of a generated repository: versions, branches, hashes and pseudo-versions, right and wrong, of every module path in it.

import type { Choice } from './choice.ts';
import { moduleDirectories } from './content.ts';
import { type History, tagVersions } from './history.ts';

/** `go mod download PATH@QUERY`. */
export interface Question {
  readonly path: string;
  readonly query: string;
}

/** Module paths that the repository at `root` may hold, and some that it does not. */
export function modulePaths(root: string): string[] {
  const inside = moduleDirectories.map((directory) => (directory === '' ? root : `${root}/${directory}`));
  return [...inside, `${root}/v3`, `${root}/absent`, `${root}/cmd/tool/v2`];
}

/** At most `count` different questions. `hashes`: of the commits, by mark. */
export function questionsAbout(
  choice: Choice,
  root: string,
  history: History,
  hashes: readonly string[],
  count: number,
): Question[] {
  const questions = new Map<string, Question>();
  for (let i = 0; i < count * 2 && questions.size < count; i++) {
    const question = choice.chance(0.6)
      ? aboutTag(choice, root, history, hashes)
      : anyQuestion(choice, root, history, hashes);
    questions.set(`${question.path}@${question.query}`, question);
  }
  return [...questions.values()];
}

/** A question that mostly has an answer: a tag's version, or a pseudo-version after it. */
function aboutTag(choice: Choice, root: string, history: History, hashes: readonly string[]): Question {
  if (history.tags.length === 0) return anyQuestion(choice, root, history, hashes);
  const { mark: tagged, name } = choice.one(history.tags);
  const version = name.slice(name.lastIndexOf('/') + 1);
  const directory = name.slice(0, Math.max(0, name.lastIndexOf('/')));
  const major = /^v(?:[2-9]|\d\d)/.exec(version)?.[0];
  const suffix = major === undefined || choice.chance(0.4) ? '' : `/${major}`;
  const incompatible = suffix === '' && major !== undefined ? '+incompatible' : '';
  const path = [root, directory].filter((part) => part !== '').join('/') + suffix;
  if (choice.chance(0.6)) return { path, query: version + (choice.chance(0.7) ? incompatible : '') };
  const { mark, time } =
    history.commits[Math.min(history.commits.length - 1, tagged - 1 + choice.number(3))] ?? choice.one(history.commits);
  return { path, query: pseudoVersion(choice, baseAfter(version), time, hashes[mark] ?? '') + incompatible };
}

/** What a pseudo-version begins with whose base is this version. */
function baseAfter(version: string): string {
  const [, numbers = 'v0.0', patch = '0', pre = ''] = /^(v\d+\.\d+)\.(\d+)(-[^+]*)?/.exec(version) ?? [];
  return pre === '' ? `${numbers}.${Number(patch) + 1}-0.` : `${numbers}.${patch}${pre}.0.`;
}

function anyQuestion(choice: Choice, root: string, history: History, hashes: readonly string[]): Question {
  const { tree } = choice.one(history.commits);
  const present = moduleDirectories.filter((directory) => tree.has(`${directory === '' ? '' : `${directory}/`}go.mod`));
  const paths = present.map((directory) => (directory === '' ? root : `${root}/${directory}`));
  const path = choice.one(choice.chance(0.75) && paths.length > 0 ? paths : [root, ...modulePaths(root)]);
  return { path, query: queryFor(choice, path, history, hashes) };
}

function queryFor(choice: Choice, path: string, history: History, hashes: readonly string[]): string {
  const kind = choice.number(16);
  const { mark, time } = choice.one(history.commits);
  const hash = hashes[mark] ?? '';
  if (kind < 2) return choice.one([...tagVersions, ...history.tags.map(({ name }) => name)]);
  if (kind < 5) return 'latest';
  if (kind < 8) return choice.one([...history.branches.keys(), 'HEAD', 'master']);
  if (kind < 11) return hash.slice(0, choice.one([40, 12, 7, 6, 20]));
  if (kind < 12) return choice.one(['v1', 'v2', 'v0.1', 'v1.1']);
  const fitting = bases.filter((base) => /\/v2$/.test(path) === base.startsWith('v2') || choice.chance(0.1));
  const base = choice.one(fitting.length > 0 ? fitting : bases);
  return pseudoVersion(choice, base, time, hash) + (/^v[23]/.test(base) && choice.chance(0.5) ? '+incompatible' : '');
}

const bases = [
  'v0.0.0-',
  'v0.0.0-',
  'v0.0.0-',
  'v1.0.0-',
  'v2.0.0-',
  'v0.0.2-0.',
  'v0.2.1-rc.1.0.',
  'v1.0.1-0.',
  'v2.0.1-0.',
];

function pseudoVersion(choice: Choice, base: string, time: number, hash: string): string {
  const seconds = choice.chance(0.05) ? time + 3600 : time;
  const stamp = new Date(seconds * 1000).toISOString().replace(/\D/g, '').slice(0, 14);
  const digits = choice.chance(0.9) ? 12 : choice.one([11, 13, 40]);
  const tail = choice.chance(0.03) ? '0123456789ab' : hash.slice(0, digits);
  return `${base}${stamp}-${tail}`;
}
