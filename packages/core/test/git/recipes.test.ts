import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { describeVectors } from '../vectors.ts';
import { goldenRecipes } from './golden-recipes.ts';
import type { Recipe } from './recipe.ts';
import { buildRecipe, peeledRefs, recipeRepository } from './recipes.ts';

const scratch = mkdtempSync(join(tmpdir(), 'recipes-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describeVectors<Recipe>('git-repos', ({ cases }) => {
  it.each(cases)('makes $name with the stated hashes', async (recipe) => {
    const { refs } = await recipeRepository(recipe);
    expect(refs).toEqual(recipe.lsRemote);
  });
});

describe('our own recipes', () => {
  it.each(goldenRecipes)('$name has the refs it always had', async (recipe) => {
    const { refs } = await recipeRepository(recipe);
    expect(refs.map(([name, hash]) => `${hash.slice(0, 12)} ${name}`).join('\n')).toMatchSnapshot();
  });

  it('are copied for tests that change them', async () => {
    const directory = join(scratch, 'a', 'own.git');
    const built = await buildRecipe('plain', directory);
    execFileSync('git', ['--git-dir', directory, 'tag', 'v5.0.0', 'main']);
    const other = await recipeRepository('plain');
    expect(built.refs).toEqual(other.refs);
    const list = (path: string): string => execFileSync('git', ['--git-dir', path, 'tag'], { encoding: 'utf8' });
    expect(list(directory)).toContain('v5.0.0');
    expect(list(other.directory)).not.toContain('v5.0.0');
  });

  it('have their refs peeled as a source sees them', async () => {
    const refs = peeledRefs((await recipeRepository('hidden')).refs);
    expect(refs.map(({ name }) => name)).toEqual([
      'HEAD',
      'refs/heads/main',
      'refs/tags/tree',
      'refs/tags/v0.1.0',
      'refs/tags/v0.2.0',
      'refs/tags/v0.3.0',
    ]);
    const named = (name: string) => refs.find((ref) => ref.name === name)?.hash;
    expect(named('refs/tags/v0.3.0')).toBe(named('refs/tags/tree'));
  });
});
