// Entries of what this process publishes.
//
// Invariants:
// - A note of the version is durable before its `.info` is created, and none is written before the `.info` was seen to be absent: what a
//   note says of the series must be true of its versions, for whoever finishes it believes it. It goes when the entry is there, or when it is certain that this
//   publication created no `.info`; where that is not certain, it stays for whoever looks next.
// - Publications at the same time share notes and batches: while one is being written, the next one gathers. Nobody waits for company.
// - A publication waits for its note, which is written beside its `.mod`, and not for its entry.

import { raceAbort } from '../../async/abort.ts';
import type { ModuleVersion } from '../../module/index.ts';
import { maxEntries } from './entries.ts';
import type { PendingNotes } from './pending.ts';
import type { Tail, Watch } from './tail.ts';

/** The index's part in one publication. */
export interface Announcement {
  /** The `.info` was seen to be absent after the announcement: a note is written, while other things can be done. */
  begin(): void;
  /** To be called right before `.info` is created. Resolves when the note is durable and young: from then on nothing is forgotten. */
  prepared(signal: AbortSignal): Promise<void>;
  /** The `.info` is there, whoever created it: an entry follows. */
  commit(): void;
  /** The publication is over. To be called in any case, last. */
  release(): void;
}

/** What {@link Announcements} work with. */
export interface AnnouncementsOptions {
  readonly tail: Tail;
  readonly notes: PendingNotes;
  readonly now: () => number;
  /** Milliseconds after which others may remove a note whose `.info` has not come. */
  readonly abandonAfter: number;
}

/** A note that is shared by the publications of one moment. */
interface Note {
  readonly id: string;
  readonly written: number;
  /** Publications that need it. */
  open: number;
  /** One of them does not know what became of its `.info`. */
  doubtful: boolean;
}

interface Ticket {
  readonly watch: Watch;
  state: 'open' | 'prepared' | 'committed' | 'over';
  note: Promise<Note> | undefined;
}

interface Waiting {
  readonly ticket: Ticket;
  resolve(note: Note): void;
  reject(error: unknown): void;
}

/** Makes announcements. */
export class Announcements {
  readonly #options: AnnouncementsOptions;
  readonly #unwritten: Waiting[] = [];
  readonly #unindexed: Ticket[] = [];
  readonly #own = new Set<string>();
  readonly #settling = new Set<Promise<unknown>>();
  #writing: Promise<void> | undefined;
  #appending: Promise<void> | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor(options: AnnouncementsOptions) {
    this.#options = options;
  }

  /** Announces a version that may be published. The end of the series must be known. */
  announce(version: ModuleVersion): Announcement {
    const ticket: Ticket = { watch: this.#options.tail.watch(version), state: 'open', note: undefined };
    const begin = (): Promise<Note> => {
      ticket.note ??= this.#note(ticket);
      return ticket.note;
    };
    return {
      begin: () => void begin(),
      prepared: async (signal) => {
        const note = await raceAbort(begin(), signal);
        if (this.#options.now() - note.written > this.#options.abandonAfter / 2) {
          this.#leave(note);
          ticket.note = undefined;
          await raceAbort(begin(), signal);
        }
        ticket.state = 'prepared';
      },
      commit: () => {
        ticket.state = 'committed';
        this.#unindexed.push(ticket);
        this.#appending ??= this.#appendAll();
      },
      release: () => {
        if (ticket.state === 'open' || ticket.state === 'prepared') this.#over(ticket);
      },
    };
  }

  /** Whether a note belongs to publications under way here. */
  isOwn(id: string): boolean {
    return this.#own.has(id);
  }

  /** Resolves when all that is committed by now has its entry, or has been left to whoever finishes it. */
  async flush(): Promise<void> {
    await Promise.resolve();
    // The batch that is being appended, and the one that gathers: not those that others go on to commit.
    await this.#round;
    await this.#round;
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    while (this.#writing ?? this.#appending ?? this.#settling.size) {
      await Promise.allSettled([this.#writing, this.#appending, ...this.#settling]);
    }
  }

  #note(ticket: Ticket): Promise<Note> {
    const note = new Promise<Note>((resolve, reject) => {
      this.#unwritten.push({ ticket, resolve, reject });
    });
    note.catch(() => {}); // heard by whoever waits
    this.#writing ??= this.#writeAll();
    return note;
  }

  async #writeAll(): Promise<void> {
    // One turn, so that those who come together go together.
    await Promise.resolve();
    while (this.#unwritten.length > 0) {
      const group = this.#unwritten.splice(0, maxEntries);
      const wanted = group.filter(({ ticket }) => ticket.state !== 'over');
      for (const each of group) if (!wanted.includes(each)) each.reject(new Error('the publication is over'));
      if (wanted.length > 0) await this.#write(wanted);
    }
    // In the same turn as the look at the queue: nothing is put in between.
    this.#writing = undefined;
  }

  async #write(group: readonly Waiting[]): Promise<void> {
    const { notes, now } = this.#options;
    const versions = group.map(({ ticket: { watch } }) => ({ path: watch.path, version: watch.version }));
    try {
      const written = now();
      const id = await notes.write({ from: Math.min(...group.map(({ ticket }) => ticket.watch.from)), versions });
      this.#own.add(id);
      const note: Note = { id, written, open: group.length, doubtful: false };
      for (const { resolve } of group) resolve(note);
    } catch (error) {
      for (const { reject } of group) reject(error);
    }
  }

  async #appendAll(): Promise<void> {
    await Promise.resolve();
    while (this.#unindexed.length > 0) {
      this.#round = this.#append(this.#unindexed.splice(0, maxEntries));
      await this.#round;
    }
    this.#appending = undefined;
  }

  async #append(group: readonly Ticket[]): Promise<void> {
    try {
      await this.#options.tail.append(group.map(({ watch }) => watch));
    } catch {
      // The storage fails. The notes stay, and whoever looks next finishes it.
    }
    for (const ticket of group) this.#over(ticket);
  }

  #over(ticket: Ticket): void {
    const doubtful = ticket.state !== 'open' && !ticket.watch.indexed;
    ticket.state = 'over';
    this.#options.tail.unwatch(ticket.watch);
    ticket.note?.then(
      (note) => {
        if (doubtful) note.doubtful = true;
        this.#leave(note);
      },
      () => {},
    );
  }

  #leave(note: Note): void {
    if (--note.open > 0) return;
    this.#own.delete(note.id);
    if (note.doubtful) return;
    const settling = this.#options.notes
      .settle(note.id)
      .catch(() => {}) // found again by whoever looks next
      .finally(() => this.#settling.delete(settling));
    this.#settling.add(settling);
  }
}
