// Which module versions have come by, in little memory.
//
// Invariants:
// - 24 bytes for each at most, and never more of them than allowed: what comes later is looked for, and not kept.
// - Two versions are taken for one only if eight bytes of their SHA-256 are equal; whoever asks compares the records themselves.

import { sha256 } from '#sha256';
import { encodeUtf8 } from '../../bytes/utf8.ts';

/** A set of texts, each with a number. */
export class Remembered {
  /** Open addressing: half of a hash in each of two words, and the number plus one; zero is empty. */
  #first = new Uint32Array(1024);
  #second = new Uint32Array(1024);
  #numbers = new Float64Array(1024);
  #size = 0;
  readonly #max: number;

  constructor(max: number) {
    this.#max = max;
  }

  /** The number that `text` came with before; else remembers it, if there is room: `kept`. */
  add(text: string, number: bigint): { readonly before?: bigint; readonly kept: boolean } {
    const view = new DataView(sha256(encodeUtf8(text)).buffer);
    const [first, second] = [view.getUint32(0), view.getUint32(4)];
    let at = this.#find(first, second);
    const before = this.#numbers[at] ?? 0;
    if (before !== 0) return { before: BigInt(before - 1), kept: true };
    if (this.#size >= this.#max) return { kept: false };
    // At most two thirds full.
    if (3 * (this.#size + 1) > 2 * this.#numbers.length) {
      this.#grow();
      at = this.#find(first, second);
    }
    this.#put(at, first, second, Number(number) + 1);
    this.#size++;
    return { kept: true };
  }

  #find(first: number, second: number): number {
    const mask = this.#numbers.length - 1;
    for (let at = first & mask; ; at = (at + 1) & mask) {
      if (this.#numbers[at] === 0 || (this.#first[at] === first && this.#second[at] === second)) return at;
    }
  }

  #put(at: number, first: number, second: number, number: number): void {
    this.#first[at] = first;
    this.#second[at] = second;
    this.#numbers[at] = number;
  }

  #grow(): void {
    const [firsts, seconds, numbers] = [this.#first, this.#second, this.#numbers];
    this.#first = new Uint32Array(2 * firsts.length);
    this.#second = new Uint32Array(2 * firsts.length);
    this.#numbers = new Float64Array(2 * firsts.length);
    for (const [i, number] of numbers.entries()) {
      if (number === 0) continue;
      const [first = 0, second = 0] = [firsts[i], seconds[i]];
      this.#put(this.#find(first, second), first, second, number);
    }
  }
}
