// However a capture ends, it says why to its reader, and no rejection is left to the process, which it would kill.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { GoModKitError } from '../../errors/error.ts';
import { memorySource } from '../../source/memory.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { Storage } from '../../storage/storage.ts';
import { createRepository } from '../create-repository.ts';
import type { Repository } from '../repository.ts';
import { aroundStorage } from '../testdata/fixture.ts';
import type { ClosureOptions } from './types.ts';

const unhandled: unknown[] = [];
const note = (reason: unknown): void => void unhandled.push(reason);

beforeEach(() => {
  unhandled.length = 0;
  process.on('unhandledRejection', note);
});

afterEach(() => {
  process.off('unhandledRejection', note);
});

const count = 6;
const moduleOf = (path: string, requires: readonly string[], rest = '') => ({
  files: {
    'go.mod': `module ${path}\n\ngo 1.21\n\n${requires.map((each) => `require ${each} v1.0.0\n`).join('')}${rest}`,
    'p.go': 'package p\n',
  },
});
const chain = (at: number): readonly string[] => ['a', 'b', 'c', 'd'].map((name) => `example.com/${name}${at}`);
const chains = Array.from({ length: count }, (_, at) => chain(at));

/**
 * `root` requires chains of modules, whose ends are pruned out of its graph: their go.mods are read for their zips' sake while other
 * graphs are loaded. It excludes something, so that it is used in three ways.
 */
const source = memorySource(
  Object.fromEntries([
    ...chains.flatMap((paths) =>
      paths.map((path, at) => [`${path}@v1.0.0`, moduleOf(path, paths.slice(at + 1, at + 2))] as const),
    ),
    [
      'example.com/root@v1.0.0',
      moduleOf(
        'example.com/root',
        chains.flatMap((paths) => paths.slice(0, 1)),
        'exclude example.com/a0 v0.8.0\n',
      ),
    ] as const,
  ]),
);

/** Calls `at` before the call to storage of that number. */
function counting(at: (call: number) => void): Storage {
  let calls = 0;
  return aroundStorage(memoryStorage(), async (_method, _key, call) => {
    at(++calls);
    // As a disk does, an answer comes later than whoever asked goes on.
    await new Promise<void>((resolve) => setImmediate(resolve));
    return call();
  });
}

async function end(repository: Repository, options: ClosureOptions): Promise<unknown> {
  try {
    for await (const _ of repository.capture('example.com/root@v1.0.0', options));
    return undefined;
  } catch (error) {
    return error;
  } finally {
    await repository.close();
    // Node tells of unhandled rejections when the microtasks are done.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

async function callsOfAWholeCapture(): Promise<number> {
  let calls = 0;
  const storage = counting((call) => {
    calls = call;
  });
  expect(await end(createRepository({ source, storage }), { allZips: true, tests: true })).toBeUndefined();
  return calls;
}

describe('a capture that cannot go on', () => {
  it('rejects with the reason of its signal, wherever it is aborted', async () => {
    const calls = await callsOfAWholeCapture();
    expect(calls).toBeGreaterThan(200);
    for (let nth = 1; nth < calls; nth += 7) {
      const abort = new AbortController();
      const reason = new Error(`stopped at call ${nth}`);
      const storage = counting((call) => {
        if (call === nth) abort.abort(reason);
      });
      const repository = createRepository({ source, storage });
      expect(await end(repository, { allZips: true, tests: true, signal: abort.signal })).toBe(reason);
    }
    expect(unhandled).toEqual([]);
  });

  it('rejects with what its storage says, or tells it of the last files, from whichever call on it fails', async () => {
    const calls = await callsOfAWholeCapture();
    for (let nth = 1; nth < calls; nth += 7) {
      const storage = counting((call) => {
        if (call >= nth) throw new GoModKitError('storage_unavailable', 'no', { data: { transient: false } });
      });
      const error = await end(createRepository({ source, storage }), { allZips: true, tests: true });
      expect(error === undefined || (error as GoModKitError).code === 'storage_unavailable').toBe(true);
    }
    expect(unhandled).toEqual([]);
  });
});
