// What to ask of a recipe's repository: every tag, branch and commit, of every module path that its tags may mean.

import type { Question } from '../../packages/core/test/git/generate/questions.ts';
import { peeledRefs, recipeRepository } from '../../packages/core/test/git/recipes.ts';
import type { VectorFile } from '../../packages/core/test/vectors.ts';

/** Questions about our own recipes, whose module paths are `example.com/NAME.git`. */
export async function goldenQuestions(names: readonly string[]): Promise<Question[]> {
  const questions = await Promise.all(names.map(questionsAbout));
  return questions.flat();
}

async function questionsAbout(name: string): Promise<Question[]> {
  const root = `example.com/${name}.git`;
  const refs = peeledRefs((await recipeRepository(name)).refs);
  const tags = refs.flatMap((ref) => (ref.name.startsWith('refs/tags/') ? [ref.name.slice('refs/tags/'.length)] : []));
  const heads = refs.flatMap((ref) =>
    ref.name.startsWith('refs/heads/') ? [ref.name.slice('refs/heads/'.length)] : [],
  );
  const directories = new Set(['', ...tags.map((tag) => tag.slice(0, Math.max(0, tag.lastIndexOf('/'))))]);
  const paths = [...directories].map((directory) => (directory === '' ? root : `${root}/${directory}`));
  const all = [
    ...paths,
    ...['v2', 'v3', 'v4'].flatMap((major) => [root, `${root}/sub`].map((path) => `${path}/${major}`)),
  ];
  const hashes = [...new Set(refs.map(({ hash }) => hash))].flatMap((hash, i) => [
    hash,
    hash.slice(0, i % 2 === 0 ? 12 : 7),
  ]);
  return [
    ...all.flatMap((path) =>
      [...new Set([...tagsOf(path, root, tags), ...heads.slice(0, 2), 'latest'])].map((query) => ({ path, query })),
    ),
    ...[...heads, ...tags.map((tag) => `${versionOf(tag)}+incompatible`), 'HEAD', 'v1', 'nothing'].map((query) => ({
      path: root,
      query,
    })),
    ...hashes.map((query) => ({ path: root, query })),
  ];
}

/** Versions of the tags with a module's prefix; for a major's path also those of its root. */
function tagsOf(path: string, root: string, tags: readonly string[]): string[] {
  const directory = path.slice(root.length + 1);
  const prefixes = [directory, directory.replace(/(?:^|\/)v\d+$/, '')];
  return tags.filter((tag) => prefixes.includes(tag.slice(0, Math.max(0, tag.lastIndexOf('/'))))).map(versionOf);
}

function versionOf(tag: string): string {
  return tag.slice(tag.lastIndexOf('/') + 1);
}

/** A row of the vectors about a module in a recipe's repository. */
interface VectorRow {
  readonly vcs?: string;
  readonly repo?: string | null;
  readonly root?: string;
  readonly path: string;
  readonly rev?: string;
  readonly query?: string;
  readonly current?: string;
}

/** Where repositories of the vectors are said to be that are found without asking anybody. */
export const vectorHosts: readonly string[] = [
  'https://vcs-test.golang.org/git/',
  'https://github.com/rsc/',
  'https://example.com/',
];

/** The recipes that rows are about, and their questions, in so far as go finds the repositories without a page. */
export function vectorQuestions(files: readonly VectorFile<VectorRow>[]): { names: string[]; questions: Question[] } {
  const rows = files.flatMap(({ cases }) => cases).filter(isFound);
  const names = [...new Set(rows.map(({ repo }) => `${repo}`.replace(/^.*#/, '')))];
  const questions = new Map<string, Question>();
  for (const { path, query, rev } of rows) {
    const question = { path, query: rev ?? query ?? 'latest' };
    questions.set(`${path}@${question.query}`, question);
  }
  return { names, questions: [...questions.values()] };
}

/** Comparisons (`<v1`) and `upgrade` are for clients, who have the list. */
function isFound({ current = '', query = '', repo, root = '', vcs = 'git' }: VectorRow): boolean {
  const url = `https://${root.replace(/\.git$/, '')}`;
  const name = `${repo}`.replace(/^.*#/, '');
  const found =
    vectorHosts.some((host) => url === `${host}${name}`) && (root.endsWith('.git') || root.startsWith('github.com/'));
  return vcs === 'git' && found && current === '' && !/^[<>]|^(?:upgrade|patch)$/.test(query);
}
