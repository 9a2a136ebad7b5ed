// Objects that several writers want under the same keys, each with bytes of its own: whoever reads one can tell whose it is, and
// whether it is whole.

import { createHash } from 'node:crypto';

/** How many keys are raced for. */
export const raceKeys = 300;

/** When all writers go for a key, in milliseconds: one after the other, or whoever is ahead once would win all of them. */
export function raceStart(begin: number, index: number): number {
  return begin + 7 * index;
}

/** A key that is raced for. Several to a folder, as versions of a module are. */
export function raceKey(index: number): string {
  return `example.com/m${index >> 3}/@v/v1.0.${index}.zip`;
}

/**
 * What a writer wants to put there. Sizes go up to some kilobytes, and every fiftieth object is large enough to be uploaded in parts; those of
 * different writers differ in size, too.
 */
export function raceContent(writer: number, index: number): Uint8Array {
  const base = index % 50 === 7 ? 8 * 1024 * 1024 + 1000 : (index * 997) % 9000;
  const head = new TextEncoder().encode(`${writer} ${index}\n`);
  const content = new Uint8Array(head.length + base + writer * 13).fill((writer * 31 + index) % 251);
  content.set(head);
  return content;
}

/** Whose object it is. Throws when it is nobody's, or not all of it. */
export function raceWinner(index: number, content: Uint8Array): number {
  const [, writer = ''] = /^(\d+) /.exec(new TextDecoder('latin1').decode(content.subarray(0, 20))) ?? [];
  const whole = writer !== '' && sumOf(raceContent(Number(writer), index)) === sumOf(content);
  if (!whole) throw new Error(`${raceKey(index)} is torn: ${content.length} bytes that no writer wanted to be there`);
  return Number(writer);
}

function sumOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}
