// `gomodkit audit --source`: tags that were moved or deleted after the capture, over a repository on this machine.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRecipes } from '../packages/core/test/git/recipes.ts';
import { gomodkit } from './support/program.ts';

const scratch = mkdtempSync(join(tmpdir(), 'audit-source-'));
const root = join(scratch, 'root');
beforeAll(() => buildRecipes(['plain'], root));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const options = [
  ...['--storage', join(scratch, 'modules'), '--git-cache', join(scratch, 'git'), '--sumdb', 'off'],
  ...['--upstream', 'direct', '--git-rewrite', `https://example.com/=${root}/`],
];
const env = { PATH: process.env.PATH ?? '', HOME: scratch, GOENV: 'off', GOPROXY: '', GOPRIVATE: '' };
const run = (...args: readonly string[]) => gomodkit([...args, ...options], { env });
const git = (...args: readonly string[]): string =>
  execFileSync('git', ['-C', join(root, 'plain.git'), ...args], { stdio: ['ignore', 'pipe', 'ignore'] })
    .toString()
    .trim();

describe('gomodkit audit --source', () => {
  it('is clean while tags stay, names moved and deleted ones, and changes nothing', async () => {
    for (const version of ['v0.1.0', 'v1.0.0']) {
      expect(await run('capture', `example.com/plain.git@${version}`)).toMatchObject({ code: 0 });
    }
    const clean = await run('audit', '--source');
    expect(clean.stdout).toContain('origins: 2 unchanged\n');
    expect(clean).toMatchObject({ code: 0 });

    const captured = git('rev-parse', 'v1.0.0^{commit}');
    git('tag', '-f', 'v1.0.0', 'main');
    git('tag', '-d', 'v0.1.0');
    const found = await run('audit', '--source', '--diff');
    expect(found).toMatchObject({ code: 1 });
    expect(found.stdout).toContain('origin_deleted example.com/plain.git/@v/v0.1.0.info: refs/tags/v0.1.0 was deleted');
    expect(found.stdout).toContain('origin_moved example.com/plain.git/@v/v1.0.0.info: refs/tags/v1.0.0 was moved');
    expect(found.stdout).toContain('added  four.go');
    expect(found.stdout).toMatch(new RegExp(`expected ${captured}\n +found +${git('rev-parse', 'main')}`));
    expect(found.stdout).toContain('origins: 1 moved, 1 deleted\n');

    const quiet = await run('audit');
    expect(quiet).toMatchObject({ code: 0 });
    expect(quiet.stdout).not.toContain('origins');
  }, 60_000);

  it('needs somebody to ask', async () => {
    expect(await run('audit', '--diff')).toMatchObject({ code: 2, stderr: expect.stringContaining('give --source') });
    const offline = await run('audit', '--source', '--offline');
    expect(offline).toMatchObject({ code: 2, stderr: expect.stringContaining('--offline nobody') });
  });
});
