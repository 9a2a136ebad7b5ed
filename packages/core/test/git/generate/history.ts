// Histories of generated repositories: commits on branches, merges, tags good and odd.

import type { Choice } from './choice.ts';
import { changed, firstTree, majorTree, moduleDirectories, type Tree } from './content.ts';

/** A commit. Marks count from 1, as in `git fast-import`. */
export interface Commit {
  readonly mark: number;
  readonly branch: string;
  /** Marks: the first parent first. */
  readonly parents: readonly number[];
  /** Committer's time in seconds. */
  readonly time: number;
  /** `+hhmm` of the committer. */
  readonly zone: string;
  readonly tree: Tree;
}

/** A tag of a commit, or of its tree. */
export interface Tag {
  readonly name: string;
  readonly mark: number;
  readonly kind: 'light' | 'annotated' | 'tree';
}

/** A repository to be. */
export interface History {
  readonly commits: readonly Commit[];
  readonly tags: readonly Tag[];
  /** Heads by name. */
  readonly branches: ReadonlyMap<string, number>;
  /** The branch that HEAD names; it may not be there. */
  readonly head: string;
}

const branchNames = ['main', 'dev', 'v2', 'release/1.x', 'v1.5.0', 'feature#1'] as const;

/** A history for the module path `root`. */
export function historyOf(choice: Choice, root: string): History {
  const commits: Commit[] = [];
  const branches = new Map<string, number>();
  const count = 1 + choice.number(9);
  let time = 1_500_000_000 + choice.number(200_000_000);
  for (let mark = 1; mark <= count; mark++) {
    time += choice.chance(0.1) ? -choice.number(100_000) : choice.number(1_000_000);
    const branch = mark === 1 || choice.chance(0.6) ? 'main' : choice.one(branchNames);
    const parents = parentsOf(choice, branch, branches, mark);
    const from = commits[(parents[0] ?? 0) - 1];
    const begins = branch === 'v2' && !branches.has(branch) && from !== undefined;
    const base = begins ? majorTree(from.tree, root, 'v2') : from?.tree;
    const tree = base === undefined ? firstTree(choice, root) : changed(choice, base, root);
    commits.push({ mark, branch, parents, time, tree, zone: choice.one(['+0000', '-0700', '+1400', '+0530']) });
    branches.set(branch, mark);
  }
  const head = choice.chance(0.9) ? 'main' : choice.one(branchNames);
  return { commits, branches, head, tags: tagsOf(choice, commits) };
}

function parentsOf(choice: Choice, branch: string, branches: ReadonlyMap<string, number>, mark: number): number[] {
  if (mark === 1) return [];
  const own = branches.get(branch) ?? 1 + choice.number(mark - 1);
  const others = [...branches.values()].filter((each) => each !== own);
  return others.length > 0 && choice.chance(0.25) ? [own, choice.one(others)] : [own];
}

/** Versions that tags name. */
export const tagVersions: readonly string[] = [
  'v0.0.1',
  'v0.1.0',
  'v0.2.0',
  'v0.2.1-rc.1',
  'v1.0.0-alpha',
  'v1.0.0',
  'v1.1.0',
  'v1.2.0-0.pre',
  'v1.10.0',
  'v2.0.0',
  'v2.0.1-beta.2',
  'v2.1.0',
  'v3.0.0',
  'v4.0.0-rc.1',
];

const oddVersions = [
  'v1',
  'v1.2',
  'v2',
  'v1.0.0+meta',
  'v2.0.0+incompatible',
  'v1.2.0+x.y',
  'v01.0.0',
  'v0.0.0-20170922010558-fc3a09f3dc5c',
  'v1.0.1-0.20170922010558-fc3a09f3dc5c',
  'release',
  '1.0.0',
  'latest',
  'abcdef1234',
];

/** Mostly what any module can have; then majors, which need a path of their own; then odd ones. */
function versionPool(choice: Choice): readonly string[] {
  if (choice.chance(0.15)) return oddVersions;
  return choice.chance(0.65) ? tagVersions.filter((version) => /^v[01]/.test(version)) : tagVersions;
}

function tagsOf(choice: Choice, commits: readonly Commit[]): Tag[] {
  const tags = new Map<string, Tag>();
  const wanted = choice.number(9);
  for (let i = 0; i < wanted; i++) {
    const { mark, tree } = choice.one(commits);
    const prefix = choice.one(choice.chance(0.9) ? prefixesIn(tree) : ['v2/', 'sub/', 'absent/', 'p']);
    const name = prefix + choice.one(versionPool(choice));
    // `v2` and `v2/v2.0.0` cannot both be.
    if ([...tags.keys()].some((other) => other.startsWith(`${name}/`) || name.startsWith(`${other}/`))) continue;
    const kind = choice.one([
      'light',
      'light',
      'light',
      'annotated',
      choice.chance(0.1) ? 'tree' : 'annotated',
    ] as const);
    tags.set(name, { name, mark, kind });
  }
  return [...tags.values()];
}

/** Beginnings of tags of the modules in a tree; most often the root's. */
function prefixesIn(tree: Tree): string[] {
  const modules = moduleDirectories.filter((directory) => directory !== '' && tree.has(`${directory}/go.mod`));
  return ['', '', ...modules.map((directory) => `${directory.replace(/(^|\/)v2$/, '')}/`.replace(/^\/$/, ''))];
}
