// Recipes built into bare repositories: those of the vectors (git-repos.json) and our own (golden-recipes.ts).
//
// Invariants:
// - A repository is built once per machine: it lies below the OS temp directory under the hash of its recipe, and arrives there by one
//   rename, so that many workers may build at the same time. What lies there is never written again; tests that change a repository
//   take a copy (buildRecipe).
// - git runs with the recipe's variables only: no user's or system's configuration.
// - The refs of a built repository are compared with those that the recipe states.

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { copyFile, cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { bytesOf, vectorUrl } from '../vectors.ts';
import { goldenRecipes } from './golden-recipes.ts';
import type { Recipe, RecipeRef, RecipeStep } from './recipe.ts';

const run = promisify(execFile);

/** A repository made from a recipe. */
export interface BuiltRecipe {
  /** The bare repository. */
  readonly directory: string;
  /** What `git ls-remote` prints: names and hashes, `^{}` lines included. */
  readonly refs: readonly RecipeRef[];
}

/** The recipe called `name`: `#`-separated prefixes as the vectors write them (`git-repos.json#NAME`) may stay. */
export function recipeNamed(name: string): Recipe {
  const short = name.replace(/^.*#/, '');
  const recipe = goldenRecipes.find((each) => each.name === short) ?? vectorRecipes().find((r) => r.name === short);
  if (recipe === undefined) throw new Error(`no recipe is called ${name}`);
  return recipe;
}

let fromVectors: readonly Recipe[] | undefined;

/** The recipes of the vectors; none where the vectors are not beside the checkout. */
export function vectorRecipes(): readonly Recipe[] {
  const url = vectorUrl('git-repos');
  fromVectors ??= existsSync(url) ? (JSON.parse(readFileSync(url, 'utf8')) as { cases: Recipe[] }).cases : [];
  return fromVectors;
}

const building = new Map<string, Promise<BuiltRecipe>>();

/**
 * The shared repository of a recipe (by name, or the recipe itself): read it, never change it.
 */
export function recipeRepository(recipe: string | Recipe): Promise<BuiltRecipe> {
  const found = typeof recipe === 'string' ? recipeNamed(recipe) : recipe;
  const key = createHash('sha256')
    .update(`1 ${JSON.stringify(found)}`)
    .digest('hex')
    .slice(0, 24);
  let built = building.get(key);
  if (built === undefined) {
    built = buildOnce(found, join(sharedDirectory(), key));
    building.set(key, built);
  }
  return built;
}

/** Puts a repository of one's own, which may be changed, at `directory` (made, parents included). */
export async function buildRecipe(recipe: string | Recipe, directory: string): Promise<BuiltRecipe> {
  const shared = await recipeRepository(recipe);
  await cp(shared.directory, directory, { recursive: true });
  return { directory, refs: shared.refs };
}

/** Fills `directory` with `NAME.git` for each of these recipes: a root for startGitServer. The repositories may be changed. */
export async function buildRecipes(names: readonly string[], directory: string): Promise<void> {
  await Promise.all(names.map((name) => buildRecipe(name, join(directory, `${name}.git`))));
}

/** Refs as RefList of the source has them: peeled, in byte order, heads and tags and HEAD only (spec §6.4). */
export function peeledRefs(refs: readonly RecipeRef[]): { name: string; hash: string }[] {
  const hashes = new Map<string, string>();
  for (const [name, hash] of refs) if (/^(?:HEAD$|refs\/(?:heads|tags)\/)/.test(name)) hashes.set(name, hash);
  for (const [name, hash] of refs) {
    if (!name.endsWith('^{}')) continue;
    hashes.delete(name);
    hashes.set(name.slice(0, -3), hash);
  }
  const names = [...hashes.keys()].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return names.map((name) => ({ name, hash: hashes.get(name) ?? '' }));
}

/** A directory that only this user can write to. */
function sharedDirectory(): string {
  const uid = process.getuid?.() ?? 0;
  const directory = join(tmpdir(), `gomodkit-git-recipes-${uid}`);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  if (process.getuid !== undefined && statSync(directory).uid !== uid)
    throw new Error(`${directory} is someone else's`);
  return directory;
}

async function buildOnce(recipe: Recipe, place: string): Promise<BuiltRecipe> {
  const directory = join(place, `${recipe.name}.git`);
  if (!existsSync(place)) {
    const scratch = mkdtempSync(`${place}.`);
    try {
      await buildIn(recipe, scratch);
      publish(scratch, place);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
  }
  const refs = JSON.parse(await readFile(join(place, 'refs.json'), 'utf8')) as RecipeRef[];
  return { directory, refs };
}

/** Another worker may have been faster: then its copy, which is equal, stays. */
function publish(scratch: string, place: string): void {
  try {
    renameSync(scratch, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  }
}

async function buildIn(recipe: Recipe, scratch: string): Promise<void> {
  const tree = join(scratch, 'tree');
  const home = join(scratch, 'home');
  await Promise.all([mkdir(tree), mkdir(home)]);
  const environment: Record<string, string> = {
    PATH: process.env.PATH ?? '',
    HOME: home,
    GIT_CONFIG_NOSYSTEM: '1',
  };
  for (const { name, data } of recipe.files) await write(join(tree, name), bytesOf(data));
  for (const step of recipe.steps) await perform(step, tree, environment, recipe.name);
  const bare = join(scratch, `${recipe.name}.git`);
  if (existsSync(join(tree, '.git'))) {
    await rename(join(tree, '.git'), bare);
    await run('git', ['--git-dir', bare, 'config', 'core.bare', 'true'], { env: environment });
  }
  const refs = existsSync(bare) ? await listRefs(bare, environment) : [];
  if (recipe.lsRemote !== undefined && JSON.stringify(refs) !== JSON.stringify(recipe.lsRemote)) {
    throw new Error(`recipe ${recipe.name} made other refs: ${JSON.stringify(refs)}`);
  }
  await writeFile(join(scratch, 'refs.json'), JSON.stringify(refs));
  await Promise.all([tree, home].map((each) => rm(each, { recursive: true, force: true })));
}

async function perform(step: RecipeStep, tree: string, environment: Record<string, string>, name: string) {
  if ('env' in step) Object.assign(environment, step.env);
  else if ('write' in step) await write(join(tree, step.write), bytesOf(step.data));
  else if ('mkdir' in step) await mkdir(join(tree, step.mkdir), { recursive: true });
  else if ('copy' in step) await copyFile(join(tree, step.copy), join(tree, step.to));
  else {
    const { stdout } = await run('git', step.git, { cwd: tree, env: environment });
    if (step.stdout === undefined || step.stdout === stdout) return;
    throw new Error(`recipe ${name}: git ${step.git.join(' ')} printed ${JSON.stringify(stdout)}`);
  }
}

async function write(path: string, data: Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, data);
}

async function listRefs(bare: string, env: Record<string, string>): Promise<RecipeRef[]> {
  const { stdout } = await run('git', ['ls-remote', bare], { env });
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line): RecipeRef => {
      const [hash = '', ref = ''] = line.split('\t');
      return [ref, hash];
    });
}
