// Recipes of repositories as data: what to write and which git commands to run, so that every machine makes the same hashes.

import type { VectorText } from '../vectors.ts';

/** One step of a recipe. Steps are done in order. */
export type RecipeStep =
  /** Variables for the git commands that follow. */
  | { readonly env: Readonly<Record<string, string>> }
  /** A git command, and what it must print. */
  | { readonly git: readonly string[]; readonly stdout?: string }
  /** A file of the work tree. */
  | { readonly write: string; readonly data: VectorText }
  | { readonly copy: string; readonly to: string }
  | { readonly mkdir: string };

/** A repository as a recipe. */
export interface Recipe {
  readonly name: string;
  /** What the machine must be able to do: in words; null for nothing special. */
  readonly needs?: string | null;
  /** Written before the first step. */
  readonly files: readonly { readonly name: string; readonly data: VectorText }[];
  readonly steps: readonly RecipeStep[];
  /** What `git ls-remote` prints in the end: names and hashes, `^{}` lines included. Checked after building. */
  readonly lsRemote?: readonly RecipeRef[];
}

/** Name and hash. */
export type RecipeRef = readonly [name: string, hash: string];
