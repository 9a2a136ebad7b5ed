// The two sides of every seam have the same names, and agree where both work.

import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAll } from '../bytes/source.ts';
import * as cacheFilesNode from './cache-files.node.ts';
import * as cacheFilesWeb from './cache-files.web.ts';
import * as commandNode from './command.node.ts';
import * as commandWeb from './command.web.ts';
import * as ed25519Node from './ed25519.node.ts';
import * as ed25519Web from './ed25519.web.ts';
import * as filesNode from './files.node.ts';
import * as filesWeb from './files.web.ts';
import * as gitProgramNode from './git-program.node.ts';
import * as gitProgramWeb from './git-program.web.ts';
import * as isomorphicGitNode from './isomorphic-git.node.ts';
import * as isomorphicGitWeb from './isomorphic-git.web.ts';
import * as sha256Node from './sha256.node.ts';
import * as sha256Web from './sha256.web.ts';
import * as spoolNode from './spool.node.ts';
import * as spoolWeb from './spool.web.ts';

describe('seams', () => {
  it.each([
    ['cache-files', cacheFilesNode, cacheFilesWeb],
    ['command', commandNode, commandWeb],
    ['ed25519', ed25519Node, ed25519Web],
    ['files', filesNode, filesWeb],
    ['isomorphic-git', isomorphicGitNode, isomorphicGitWeb],
    ['git-program', gitProgramNode, gitProgramWeb],
    ['sha256', sha256Node, sha256Web],
    ['spool', spoolNode, spoolWeb],
  ])('%s exports the same names on both sides', (_, node, web) => {
    expect(Object.keys(node).sort()).toEqual(Object.keys(web).sort());
  });

  it('hashes the same on both sides, in any chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 200 })), (chunks) => {
        const whole = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]));
        const states = [sha256Node.createSha256(), sha256Web.createSha256()];
        for (const chunk of chunks) for (const state of states) state.update(chunk);
        const results = [...states.map((state) => state.digest()), sha256Node.sha256(whole), sha256Web.sha256(whole)];
        for (const result of results) expect(result).toEqual(results[0]);
      }),
    );
    const empty = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
    expect(Buffer.from(sha256Web.sha256(new Uint8Array())).toString('hex')).toBe(empty);
  });

  it('signs and verifies the same on both sides', async () => {
    const sides = [ed25519Node.ed25519, ed25519Web.ed25519];
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 32, maxLength: 32 }),
        fc.uint8Array({ maxLength: 100 }),
        async (seed, message) => {
          const keys = await Promise.all(sides.map((side) => side.publicKey(seed)));
          const signatures = await Promise.all(sides.map((side) => side.sign(seed, message)));
          expect(keys[1]).toEqual(keys[0]);
          expect(signatures[1]).toEqual(signatures[0]);
          for (const side of sides) {
            const verify = (key: Uint8Array | undefined, text: Uint8Array, signature: Uint8Array | undefined) =>
              side.verify(key ?? new Uint8Array(32), text, signature ?? new Uint8Array(64));
            expect(await verify(keys[0], message, signatures[0])).toBe(true);
            expect(await verify(keys[0], Uint8Array.of(...message, 0), signatures[0])).toBe(false);
            expect(await verify(keys[0], message, signatures[0]?.subarray(1))).toBe(false);
            expect(await verify(keys[0]?.subarray(1), message, signatures[0])).toBe(false);
            // No point of the curve has this encoding.
            expect(await verify(new Uint8Array(32).fill(2), message, signatures[0])).toBe(false);
          }
        },
      ),
      { numRuns: 20 },
    );
  });

  it('answers unsupported where there are no files', async () => {
    await expect(filesWeb.readFile('x')).rejects.toMatchObject({ code: 'unsupported' });
    await expect(filesWeb.fileSource('x')).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('files (node)', () => {
  it('opens regular files only, describes links without following, never overwrites', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'files-test-'));
    try {
      const path = join(directory, 'a');
      writeFileSync(path, 'hello');
      symlinkSync('a', join(directory, 'link'));
      symlinkSync('nowhere', join(directory, 'dangling'));
      const source = await filesNode.fileSource(path);
      expect(Buffer.from(await readAll(source.slice(1, 3).stream())).toString()).toBe('el');
      await source.close();
      await expect(readAll(source.stream())).rejects.toMatchObject({ code: 'closed' });
      await expect(filesNode.fileSource(directory)).rejects.toThrow(/not a regular file/);
      expect(await filesNode.lstat(join(directory, 'link'))).toMatchObject({ kind: 'symlink' });
      expect(await filesNode.stat(join(directory, 'link'))).toMatchObject({ kind: 'regular', size: 5 });
      expect(await filesNode.stat(join(directory, 'dangling'))).toBeUndefined();
      expect(await filesNode.readFile(join(directory, 'none'))).toBeUndefined();
      expect((await filesNode.readDirectory(directory))?.map((e) => `${e.name} ${e.kind}`).sort()).toEqual([
        'a regular',
        'dangling symlink',
        'link symlink',
      ]);
      for (const taken of ['a', 'dangling']) {
        await expect(filesNode.writeNewFile(join(directory, taken), [], 0o444)).rejects.toMatchObject({
          code: 'EEXIST',
        });
      }
    } finally {
      rmSync(directory, { recursive: true });
    }
  });

  it('fails a stream whose file got shorter', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'files-test-'));
    try {
      const path = join(directory, 'a');
      writeFileSync(path, 'hello');
      const source = await filesNode.fileSource(path);
      writeFileSync(path, 'he');
      await expect(readAll(source.stream())).rejects.toMatchObject({ code: 'storage_unavailable' });
      await source.close();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
