// Shorthands to write recipes with: files go into the index byte for byte, past git's clean conversions.

import { createHash } from 'node:crypto';
import type { VectorText } from '../vectors.ts';
import type { Recipe, RecipeStep } from './recipe.ts';

/** What a path of a commit becomes. */
export type TreeChange =
  /** A regular file with this text. */
  | string
  | { readonly b64: string }
  | { readonly executable: string }
  | { readonly symlink: string }
  /** A submodule at this commit, which need not be anywhere. */
  | { readonly submodule: string }
  /** Removed. */
  | null;

/** A repository with a branch `main`. `steps` come from the other functions here. */
export function recipe(name: string, ...steps: readonly RecipeStep[][]): Recipe {
  return { name, needs: null, files: [], steps: [...opening(['init']), ...steps.flat()] };
}

/** One with the object format SHA-256. */
export function recipeOfSha256(name: string, ...steps: readonly RecipeStep[][]): Recipe {
  const recipe = { name, needs: 'git without SHA-256 object format', files: [] };
  return { ...recipe, steps: [...opening(['init', '--object-format=sha256']), ...steps.flat()] };
}

function opening(init: readonly string[]): RecipeStep[] {
  const [name, email] = ['Golden', 'golden@example.com'];
  return [
    {
      env: {
        GIT_AUTHOR_NAME: name,
        GIT_AUTHOR_EMAIL: email,
        GIT_COMMITTER_NAME: name,
        GIT_COMMITTER_EMAIL: email,
      },
    },
    { git: init },
    { git: ['symbolic-ref', 'HEAD', 'refs/heads/main'] },
  ];
}

/** Sets the time of what follows: RFC 3339. */
export function at(time: string): RecipeStep[] {
  return [{ env: { GIT_COMMITTER_DATE: time, GIT_AUTHOR_DATE: time } }];
}

/** A commit of these changes on the branch that is checked out. The message is the time, unless one is given. */
export function commit(
  time: string,
  changes: Readonly<Record<string, TreeChange>>,
  message: string = time,
): RecipeStep[] {
  const steps = Object.entries(changes).flatMap(([path, change]) => stage(path, change));
  return [...steps, ...at(time), git('commit', '-q', '--allow-empty', '-m', message)];
}

/** Any git command. */
export function git(...args: readonly string[]): RecipeStep {
  return { git: args };
}

/** Lightweight tags on what is checked out. */
export function tags(...names: readonly string[]): RecipeStep[] {
  return names.map((name) => git('tag', name));
}

/** An annotated tag. */
export function annotated(name: string, target = 'HEAD'): RecipeStep[] {
  return [git('tag', '-a', '-m', name, name, target)];
}

/** Continues at another branch, made at `start` if that is given. The index is that branch's. */
export function branch(name: string, start?: string): RecipeStep[] {
  return [
    git(...(start === undefined ? ['symbolic-ref', 'HEAD', `refs/heads/${name}`] : ['branch', name, start])),
    ...(start === undefined ? [] : [git('symbolic-ref', 'HEAD', `refs/heads/${name}`)]),
    git('read-tree', 'HEAD'),
  ];
}

/** Merges a branch into the one that is checked out, keeping the tree of the latter. */
export function merge(time: string, other: string): RecipeStep[] {
  return [...at(time), git('merge', '-q', '-s', 'ours', '--no-ff', '-m', `merge ${other}`, other)];
}

function stage(path: string, change: TreeChange): RecipeStep[] {
  if (change === null) return [git('update-index', '--force-remove', path)];
  if (typeof change === 'object' && 'submodule' in change) return [cacheInfo('160000', change.submodule, path)];
  const [mode, data] = blobOf(change);
  const scratch = '.git/scratch';
  return [
    { write: scratch, data },
    { git: ['hash-object', '-w', '--no-filters', scratch], stdout: `${blobHash(data)}\n` },
    cacheInfo(mode, blobHash(data), path),
  ];
}

function blobOf(change: Exclude<TreeChange, null | { submodule: string }>): [mode: string, data: VectorText] {
  if (typeof change === 'string' || 'b64' in change) return ['100644', change];
  return 'symlink' in change ? ['120000', change.symlink] : ['100755', change.executable];
}

function cacheInfo(mode: string, hash: string, path: string): RecipeStep {
  return git('update-index', '--add', '--cacheinfo', `${mode},${hash},${path}`);
}

/** The hash of a blob in a repository of SHA-1. */
export function blobHash(data: VectorText): string {
  const bytes = typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.b64, 'base64');
  return createHash('sha1').update(`blob ${bytes.length}\0`).update(bytes).digest('hex');
}
