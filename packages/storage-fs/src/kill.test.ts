// kill -9 at random points: what is visible is whole, what was acknowledged is there, and the rest is reclaimed.

import { spawn } from 'node:child_process';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesSource, type Storage } from '@gomodkit/core/storage';
import { describe, expect, it } from 'vitest';
import { outputOf, startChild } from '../test/child.ts';
import { contentOf } from '../test/content.ts';
import { allKeys, leftovers, listLines, scratch } from '../test/scratch.ts';
import { directoryStorage } from './index.ts';
import { Owners } from './owner.ts';

const rounds = process.env.GOMODKIT_TEST_SCALE === 'full' ? 50 : 4;
const module = 'example.com/m';

describe('after kill -9', () => {
  it(`at ${rounds} random points`, { timeout: 60_000 + rounds * 10_000 }, async () => {
    const directory = await scratch();
    const storage = directoryStorage(directory);
    for (let round = 0; round < rounds; round++) {
      // Two writers of one module: one is killed, the other goes on beside it and ends by itself.
      const victim = startChild('./writer.ts', [directory, module, `${round * 2}`]);
      const other = startChild('./writer.ts', [directory, module, `${round * 2 + 1}`]);
      const outputs = [outputOf(victim), outputOf(other)];
      await Promise.all([victim, other].map((child) => new Promise((resolve) => child.stdout.once('data', resolve))));
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 120));
      victim.kill('SIGKILL');
      other.stdin.end();
      const [killed, ended] = await Promise.all(outputs);
      expect(ended?.stderr).toBe('');
      // A killed process may have cut its last line.
      const acknowledged = [killed, ended].flatMap((output) => output?.stdout.split('\n').slice(0, -1) ?? []);
      expect(acknowledged.length).toBeGreaterThan(0);
      await checkDirectory(directory, storage, acknowledged);
    }
  });

  async function checkDirectory(directory: string, storage: Storage, acknowledged: readonly string[]): Promise<void> {
    const keys = await allKeys(storage);
    const known = new Set(keys);
    expect(acknowledged.filter((key) => !known.has(key))).toEqual([]);
    for (const key of keys) {
      const object = await storage.get(key);
      expect(Buffer.compare(await readBody(object?.body), contentOf(key)), key).toBe(0);
    }
    const infos = keys
      .filter((key) => key.endsWith('.info'))
      .map((key) => key.slice(module.length + 4, -'.info'.length));
    expect(await listLines(directory, module)).toEqual(infos.sort());
    await storage.sweep?.({ olderThan: new Date(0) });
    expect(await leftovers(directory)).toEqual([]);
  }

  async function readBody(body: ReadableStream<Uint8Array> | undefined): Promise<Uint8Array> {
    if (body === undefined) throw new Error('a listed object is absent');
    return new Uint8Array(await new Response(body).arrayBuffer());
  }
});

describe('a process that died', () => {
  /** The name of a file that a process which is gone made on this host. */
  async function nameOfTheDead(): Promise<string> {
    const child = spawn(process.execPath, ['--version']);
    await new Promise((resolve) => child.on('close', resolve));
    return new Owners().begin().replace(`-${process.pid}-`, `-${child.pid}-`);
  }

  async function makePrivateFolders(directory: string): Promise<void> {
    for (const name of ['tmp', 'pending']) await mkdir(join(directory, '.gomodkit-fs', name), { recursive: true });
  }

  it('between .info and its line has the line added by whoever lists or creates next', async () => {
    for (const touch of ['list', 'create', 'open'] as const) {
      const directory = await scratch();
      const name = await nameOfTheDead();
      await makePrivateFolders(directory);
      await mkdir(join(directory, module, '@v'), { recursive: true });
      await writeFile(join(directory, module, '@v/v1.2.3.info'), '{}');
      await writeFile(join(directory, module, '@v/v1.2.4-!r!c1.info'), '{}');
      await writeFile(join(directory, module, '@v/list'), 'v1.2');
      await writeFile(join(directory, '.gomodkit-fs/pending', name), `${module}/@v`);
      const storage = directoryStorage(directory);
      if (touch === 'list') await storage.list();
      if (touch === 'create') await storage.create('a', bytesSource(new Uint8Array(1)));
      if (touch === 'open') await storage.head('absent');
      expect(await listLines(directory, module), touch).toEqual(['v1.2.3', 'v1.2.4-RC1']);
      expect(await leftovers(directory), touch).toEqual([]);
    }
  });

  it('and whose id went to another process is not believed to be alive for ever', async () => {
    const directory = await scratch();
    await makePrivateFolders(directory);
    const living = new Owners().begin().replace(`-${process.pid}-`, `-${process.ppid}-`);
    await mkdir(join(directory, module, '@v'), { recursive: true });
    await writeFile(join(directory, module, '@v/v1.2.3.info'), '{}');
    const [marker, temporary] = ['pending', 'tmp'].map((folder) => join(directory, '.gomodkit-fs', folder, living));
    await writeFile(marker ?? '', `${module}/@v`);
    await writeFile(temporary ?? '', 'partial');
    const storage = directoryStorage(directory);
    expect(await storage.sweep?.({ olderThan: new Date() })).toBe(0);
    const longAgo = Date.now() / 1000 - 25 * 3600;
    for (const path of [marker, temporary]) await utimes(path ?? '', longAgo, longAgo);
    expect(await storage.sweep?.({ olderThan: new Date() })).toBe(1);
    expect(await listLines(directory, module)).toEqual(['v1.2.3']);
    expect(await leftovers(directory)).toEqual([]);
  });

  it('has its temporary files swept at once, those of unknown hosts by age, those of the living never', async () => {
    const directory = await scratch();
    await makePrivateFolders(directory);
    const dead = await nameOfTheDead();
    const foreign = `elsewhere.0a1b2c3d-1-0.${'0'.repeat(16)}`;
    const living = new Owners().begin().replace(`-${process.pid}-`, `-${process.ppid}-`);
    const stranger = 'not-ours.txt';
    const folder = join(directory, '.gomodkit-fs/tmp');
    for (const name of [dead, foreign, living, stranger]) await writeFile(join(folder, name), 'partial');
    const storage = directoryStorage(directory);
    expect(await storage.sweep?.({ olderThan: new Date(0) })).toBe(1);
    expect((await readdir(folder)).sort()).toEqual([foreign, living, stranger].sort());
    expect(await storage.sweep?.({ olderThan: new Date(Date.now() + 60_000) })).toBe(1);
    expect((await readdir(folder)).sort()).toEqual([living, stranger].sort());
  });
});
