import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { generateRepository } from './generate.ts';

const scratch = mkdtempSync(join(tmpdir(), 'generated-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

async function made(seed: number, place: string): Promise<unknown> {
  const root = join(scratch, place);
  const repository = await generateRepository(seed, { root });
  const directory = join(root, `${repository.name}.git`);
  return [repository, execFileSync('git', ['ls-remote', directory], { encoding: 'utf8' })];
}

describe('generated repositories', () => {
  it('are made again by their seed', async () => {
    for (const seed of [1, 2, 3]) expect(await made(seed, 'a')).toEqual(await made(seed, 'b'));
  });

  it('differ from seed to seed', async () => {
    expect(await made(4, 'c')).not.toEqual(await made(5, 'c'));
  });

  it('are sound repositories without other refs than heads and tags', async () => {
    await made(6, 'd');
    const git = (...args: string[]) =>
      execFileSync('git', ['--git-dir', join(scratch, 'd', 'g6.git'), ...args], { encoding: 'utf8' });
    git('fsck', '--no-dangling');
    expect(git('for-each-ref')).not.toMatch(/scratch|refs\/(?!heads|tags)/);
  });
});
