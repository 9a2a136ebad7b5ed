// Many appends at a time become one batch.
//
// Invariants:
// - What comes while a group is under way waits and forms the next one; alone and idle, an item goes at once.
// - An item settles once: as its group says, or with what the group failed with.

/** An item on its way. */
export interface Waiting<Item, Result> {
  readonly item: Item;
  readonly weight: number;
  resolve(result: Result): void;
  reject(error: unknown): void;
}

/** Bounds of a group, and what is done with one. */
export interface GroupCommitParts<Item, Result> {
  readonly mostItems: number;
  readonly mostWeight: number;
  /** Settles every item; what it rejects with reaches those that it did not settle. */
  commit(group: readonly Waiting<Item, Result>[]): Promise<void>;
  /** Runs after each group, before the next. Never rejects. */
  afterwards(): Promise<void>;
}

/** Collects items into groups. */
export class GroupCommit<Item, Result> {
  readonly #parts: GroupCommitParts<Item, Result>;
  #waiting: Waiting<Item, Result>[] = [];
  #running: Promise<void> | undefined;

  constructor(parts: GroupCommitParts<Item, Result>) {
    this.#parts = parts;
  }

  add(item: Item, weight: number): Promise<Result> {
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ item, weight, resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Resolves when nothing is under way or waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  async #run(): Promise<void> {
    // Whoever calls in the same turn comes along.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      const group = this.#take();
      try {
        await this.#parts.commit(group);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
      await this.#parts.afterwards();
    }
    this.#running = undefined;
  }

  #take(): Waiting<Item, Result>[] {
    let weight = 0;
    let count = 0;
    for (const each of this.#waiting) {
      weight += each.weight;
      if (count > 0 && (count >= this.#parts.mostItems || weight > this.#parts.mostWeight)) break;
      count++;
    }
    return this.#waiting.splice(0, count);
  }
}
