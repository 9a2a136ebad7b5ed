// One database's timeline: the newest tree that is known, of which every other must be a beginning (spec §12.10).
//
// Invariants:
// - The known tree only grows, and only into trees that begin with it. Trees of its size or smaller are compared too.
// - A head is kept before anything that rests on it is answered; who finds another's head there compares it first.
// - After misbehaviour nothing is merged any more: every call rejects with the same evidence.

import type { SingleFlight } from '../../async/single-flight.ts';
import { decodeUtf8, equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { Verifier } from '../note/verifier.ts';
import { verifierList } from '../note/verifier.ts';
import { emptyTreeHash } from '../tlog/hash.ts';
import { proveTree } from '../tlog/proofs.ts';
import { type HashReader, treeHash } from '../tlog/tree.ts';
import type { Tree } from '../tlog/tree-text.ts';
import type { HeadStore, KeptHead } from './heads.ts';
import { evidenceOf, misbehaviourError } from './misbehaviour.ts';
import { openSignedTree, type SignedTree } from './signed-tree.ts';

/** What a {@link Timeline} works with. */
export interface TimelineParts {
  readonly verifier: Verifier;
  readonly heads: HeadStore;
  readonly flights: SingleFlight;
  /** Reads hashes that are authenticated against a tree. */
  readonly reader: (tree: Tree) => HashReader;
}

/** How many merged notes are remembered, so that the same one costs nothing. */
const maxMerged = 256;

/** The longest of them, in characters: notes are short, and may have a million. */
const maxRemembered = 4096;

/** The timeline of one database. */
export class Timeline {
  readonly #parts: TimelineParts;
  #known: SignedTree = { size: 0n, hash: emptyTreeHash(), note: '' };
  /** The newest head in the store, as far as we know, and its number. */
  #kept: { readonly size: bigint; readonly number: number } = { size: 0n, number: -1 };
  #loaded = false;
  #misbehaviour: GoModKitError | undefined;
  readonly #merged = new Set<string>();

  constructor(parts: TimelineParts) {
    this.#parts = parts;
  }

  /** The newest tree. */
  get known(): SignedTree {
    return this.#known;
  }

  /** Reads what the store has, once. Rejects with the evidence after misbehaviour. */
  async load({ signal }: CallOptions): Promise<void> {
    this.check();
    if (this.#loaded) return;
    await this.#parts.flights.run('load', (own) => this.#load({ signal: own }), signal);
  }

  async #load(options: CallOptions): Promise<void> {
    const head = await this.#parts.heads.read(options);
    if (head !== undefined) await this.#adoptKept(head, options);
    this.#loaded = true;
  }

  /** Merges a signed note. Rejects with `invalid_note` or `invalid_log` when it is none, `checksum_misbehaviour` when it does not fit. */
  async merge(message: Uint8Array | string, { signal }: CallOptions): Promise<void> {
    await this.load({ signal });
    const text = typeof message === 'string' ? message : decodeUtf8(message);
    if (text === undefined) throw new GoModKitError('invalid_note', 'malformed note: not UTF-8');
    if (this.#merged.has(text)) return;
    // Opened in there, too: many answers come with one note.
    await this.#parts.flights.run(`merge ${text}`, (own) => this.#open(text, { signal: own }), signal);
    // One write at a time; what others learned meanwhile goes with it.
    while (this.#known.size > this.#kept.size) {
      await this.#parts.flights.run('keep', (own) => this.#keep({ signal: own }), signal);
    }
    this.check();
    if (text.length <= maxRemembered) this.#merged.add(text);
    for (const oldest of [...this.#merged].slice(0, -maxMerged)) this.#merged.delete(oldest);
  }

  /** Throws the evidence after misbehaviour. */
  check(): void {
    if (this.#misbehaviour !== undefined) throw this.#misbehaviour;
  }

  async #open(note: string, options: CallOptions): Promise<void> {
    await this.#adopt(await openSignedTree(note, verifierList(this.#parts.verifier)), options);
  }

  /** Compares a tree with the known one, which becomes the larger of both. */
  async #adopt(tree: SignedTree, options: CallOptions): Promise<void> {
    for (;;) {
      const known = this.#known;
      if (tree.size <= known.size) return this.#compare(tree, known, options);
      await this.#compare(known, tree, options);
      // Others may have moved it while tiles were read.
      if (this.#known !== known) continue;
      this.#known = tree;
      return;
    }
  }

  async #compare(older: SignedTree, newer: SignedTree, options: CallOptions): Promise<void> {
    const reader = this.#parts.reader(newer);
    const hash = older.size === newer.size ? newer.hash : await treeHash(older.size, reader, options);
    if (equalBytes(hash, older.hash)) return;
    const provable = older.size > 0n && older.size < newer.size;
    const proof = provable ? await proveTree(newer.size, older.size, reader, options).catch(() => undefined) : [];
    const evidence = evidenceOf(this.#parts.verifier.name, older, newer, hash, proof);
    this.#misbehaviour ??= misbehaviourError(evidence);
    const report = String(this.#misbehaviour.data.report);
    // The error carries it too: a store that fails now must not hide it.
    await this.#parts.heads.keepEvidence?.(report).catch(() => {});
    throw this.#misbehaviour;
  }

  async #keep(options: CallOptions): Promise<void> {
    const { heads } = this.#parts;
    while (this.#known.size > this.#kept.size) {
      const { note, size } = this.#known;
      const number = this.#kept.number + 1;
      if (await heads.write({ number, note }, options)) {
        this.#kept = { size, number };
        continue;
      }
      const theirs = await heads.read(options);
      if (theirs === undefined || theirs.number < number) throw lost(this.#parts.verifier.name);
      await this.#adoptKept(theirs, options);
    }
  }

  async #adoptKept(head: KeptHead, options: CallOptions): Promise<void> {
    const tree = await this.#openKept(head);
    await this.#adopt(tree, options);
    this.#kept = { size: tree.size, number: head.number };
  }

  async #openKept({ note, number }: KeptHead): Promise<SignedTree> {
    const { verifier } = this.#parts;
    try {
      return await openSignedTree(note, verifierList(verifier));
    } catch (cause) {
      if (!isGoModKitError(cause, 'invalid_note', 'invalid_log')) throw cause;
      throw new GoModKitError(
        'storage_unavailable',
        `the tree head of ${verifier.name} that was kept last is not signed by the key in use; if that key was changed on ` +
          'purpose, remove the kept heads of the old one',
        { cause, data: { transient: false, database: verifier.name, number } },
      );
    }
  }
}

function lost(database: string): GoModKitError {
  return new GoModKitError('storage_unavailable', `the kept tree heads of ${database} went back in time`, {
    data: { transient: false, database },
  });
}
