import { describe, expect, it } from 'vitest';
import { createPageMemory } from './page-memory.ts';

/** A memory of pages with one tag whose prefix is so long. */
function memoryOf(length: number, lifetime = 600_000) {
  const read: string[] = [];
  const ask = createPageMemory(async (path) => {
    read.push(path);
    if (path === 'bad') throw new Error('bad page');
    const tag = { prefix: 'x'.repeat(length), vcs: 'git', repoRoot: 'https://git.example', subdirectory: '' };
    return { url: new URL(`https://${path}`), imports: [tag] };
  }, lifetime);
  return { read, ask: (path: string) => ask(path, undefined) };
}

describe('the memory of pages', () => {
  it('asks once, and shares what is under way', async () => {
    const { read, ask } = memoryOf(10);
    const [first, second] = await Promise.all([ask('m.example'), ask('m.example')]);
    expect(second).toEqual(first);
    expect((await ask('m.example')).imports).toEqual(first.imports);
    expect(read).toEqual(['m.example']);
  });

  it('keeps neither failures nor what is old', async () => {
    const { read, ask } = memoryOf(10);
    await expect(ask('bad')).rejects.toThrow('bad page');
    await expect(ask('bad')).rejects.toThrow('bad page');
    const short = memoryOf(10, 0);
    await short.ask('m.example');
    await short.ask('m.example');
    expect([read.length, short.read.length]).toEqual([2, 2]);
  });

  it('forgets the oldest of too many, and of too large ones sooner', async () => {
    for (const [length, remembered] of [
      [10, 10_000],
      [1024 * 1024, 15],
    ] as const) {
      const { read, ask } = memoryOf(length);
      for (let i = 0; i <= remembered; i++) await ask(`m${i}.example`);
      await ask(`m${remembered}.example`);
      await ask('m1.example');
      expect(read).toHaveLength(remembered + 1);
      await ask('m0.example');
      expect(read).toHaveLength(remembered + 2);
    }
  });
});
