import { describe, expect, it } from 'vitest';
import { bytesSource } from '../../../bytes/source.ts';
import { readAhead } from './read-ahead.ts';

/** A file of so many bytes, and the reads of it. */
function fileOf(size: number) {
  const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251);
  const source = bytesSource(bytes);
  const reads: [number, number][] = [];
  const file = {
    ...source,
    size,
    slice: (start: number, end: number) => {
      reads.push([start, end]);
      return bytesSource(bytes.subarray(start, end));
    },
  };
  return { bytes, file: file as unknown as Parameters<typeof readAhead>[0], reads };
}

describe('reading ahead', () => {
  it('answers what lies near with one read', async () => {
    const { bytes, file, reads } = fileOf(3 << 20);
    const read = readAhead(file);
    for (let at = 0; at < 3 << 20; at += 1000) {
      const end = Math.min(at + 1000, bytes.length);
      expect(Buffer.compare(await read(at, end), bytes.subarray(at, end))).toBe(0);
    }
    expect(reads.length).toBeLessThan(6);
  });

  it('answers backwards, across windows, at once and beyond the end', async () => {
    const { bytes, file } = fileOf(3 << 20);
    const read = readAhead(file);
    const ranges: [number, number][] = [
      [2_000_000, 2_000_010],
      [5, 9],
      [1_048_570, 1_048_590],
      [0, 3 << 20],
      [(3 << 20) - 4, 4 << 20],
      [7, 7],
    ];
    const answers = await Promise.all(ranges.map(([start, end]) => read(start, end)));
    for (const [i, [start, end]] of ranges.entries()) {
      expect(Buffer.compare(answers[i] ?? new Uint8Array(0), bytes.subarray(start, end))).toBe(0);
    }
  });
});
