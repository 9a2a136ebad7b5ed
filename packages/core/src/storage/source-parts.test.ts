import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bytesSource, readAll } from '../bytes/source.ts';
import { sourceParts } from './plugin.ts';

async function partsOf(source: Parameters<typeof sourceParts>[0], size: number): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for await (const part of sourceParts(source, size)) parts.push(part);
  return parts;
}

it('cuts any source into full parts and a rest, whatever its chunks', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 8 });
  await fc.assert(
    fc.asyncProperty(chunks, fc.integer({ min: 1, max: 25 }), async (given, size) => {
      const whole = await readAll(new Blob(given.map((chunk) => Uint8Array.from(chunk))).stream());
      const source = { size: whole.length, stream: () => ReadableStream.from(given) as ReadableStream<Uint8Array> };
      const parts = await partsOf(source, size);
      expect(Buffer.concat(parts).equals(whole)).toBe(true);
      expect(parts.length).toBe(Math.max(1, Math.ceil(whole.length / size)));
      expect(parts.slice(0, -1).every((part) => part.length === size)).toBe(true);
    }),
  );
});

it('gives no last part of a source that is too short or too long', async () => {
  const { stream } = bytesSource(new Uint8Array(8));
  for (const size of [9, 7]) {
    const seen: number[] = [];
    const read = async (): Promise<void> => {
      for await (const part of sourceParts({ size, stream }, 4)) seen.push(part.length);
    };
    await expect(read()).rejects.toMatchObject({ code: 'invalid_argument' });
    expect(seen).toEqual(size === 9 ? [4, 4] : []);
  }
});
