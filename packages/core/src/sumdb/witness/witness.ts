// A witness: cosigns checkpoints of logs that only ever grow (C2SP tlog-witness; formats.md §5).
//
// Invariants:
// - A checkpoint is cosigned only if its log signed it and it begins with the one that was cosigned last. So of no log are two trees of
//   one size cosigned, whatever happens, by any number of instances on one storage.
// - It is kept before its cosignature leaves; a cosignature that lost the race for its place is thrown away.
// - The time of a cosignature is that of a moment at which no larger tree had been cosigned.

import { equalBytes } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { tell } from '../../errors/tell.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { verifierKeyOf } from '../client/go-sumdb.ts';
import { type Note, open } from '../note/open.ts';
import { sign } from '../note/sign.ts';
import { newVerifier, type Verifiers, verifierList } from '../note/verifier.ts';
import { emptyTreeHash } from '../tlog/hash.ts';
import { checkTree, type Proof } from '../tlog/proofs.ts';
import { type AddCheckpoint, parseAddCheckpoint } from './add-checkpoint.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import type { Cosigner } from './cosignature.ts';
import { type WitnessedTree, type WitnessState, witnessState } from './witness-state.ts';

/** A log that a witness watches. */
export interface WitnessedLog {
  /** The first line of its checkpoints; `go.sum database tree` for the trees of one go.sum database. */
  readonly origin: string;
  /** Its verifier keys; more than one while it changes keys. */
  readonly keys: readonly string[];
}

/** What a witness saw that a log must not do, or that is worth a look. */
export interface WitnessEvidence {
  readonly origin: string;
  /** Why the checkpoint was not cosigned. */
  readonly reason: string;
  /** Whether the two notes alone prove it: two signed trees of one size. Otherwise the proof that was sent may just be wrong. */
  readonly proven: boolean;
  /** The note that was cosigned last; empty when there is none. */
  readonly cosigned: string;
  /** The note that was refused. */
  readonly refused: string;
}

/** Options of {@link createWitness}. */
export interface WitnessOptions {
  /** Where checkpoints and evidence are kept; instances that share it are one witness. */
  readonly storage: Storage;
  /** At least one; the first names the witness. */
  readonly signers: readonly Cosigner[];
  readonly logs: readonly WitnessedLog[];
  /** Told of what was refused although the log signed it; it is also kept in storage. */
  readonly onEvidence?: ((evidence: WitnessEvidence) => void) | undefined;
  /** The clock, in milliseconds since 1970. */
  readonly now?: (() => number) | undefined;
}

/** What a witness does. As HTTP it is {@link createWitnessHandler}. */
export interface Witness {
  readonly name: string;
  /**
   * Cosigns a checkpoint; resolves to the signature lines. `body` is that of an `add-checkpoint` request.
   *
   * Rejects with `bad_request` for a malformed body or an old size above the new one, `not_found` for an origin that is not watched,
   * `denied` without a good signature of its keys, `conflict` (`data.size`) when the old size is not the one that was cosigned last,
   * `invalid_log` when a proof or an equal-sized tree does not fit, and with what signers and storage reject with.
   */
  addCheckpoint(body: Uint8Array, options?: CallOptions): Promise<string>;
  /** The newest cosigned checkpoint of an origin, or of the SHA-256 of one in hexadecimal digits; undefined when there is none. */
  checkpoint(origin: string, options?: CallOptions): Promise<string | undefined>;
}

/** How often a lost race is run again before the client is told to. */
const maxTries = 10;

/**
 * Creates a witness.
 *
 * Throws `invalid_argument` without signers, for two logs of one origin, and for malformed keys.
 *
 * @example
 * ```ts
 * import { memoryStorage } from '@gomodkit/core/storage';
 * import { createWitness, newCosigner } from '@gomodkit/core/sumdb';
 *
 * declare const signerKey: string;
 * declare const verifierKey: string;
 * const witness = createWitness({
 *   storage: memoryStorage(),
 *   signers: [await newCosigner(signerKey)],
 *   logs: [{ origin: 'sum.corp.example', keys: [verifierKey] }],
 * });
 * ```
 */
export function createWitness(options: WitnessOptions): Witness {
  return new StoredWitness(options);
}

interface Watched {
  readonly origin: string;
  readonly known: Verifiers;
  readonly state: WitnessState;
}

class StoredWitness implements Witness {
  readonly name: string;
  readonly #options: WitnessOptions;
  readonly #logs: ReadonlyMap<string, Watched>;

  constructor(options: WitnessOptions) {
    const [first] = options.signers;
    if (first === undefined) throw new GoModKitError('invalid_argument', 'a witness needs a signer');
    this.name = first.name;
    this.#options = options;
    const logs = options.logs.map(({ origin, keys }): [string, Watched] => {
      const known = verifierList(...keys.map((key) => newVerifier(verifierKeyOf(key))));
      return [origin, { origin, known, state: witnessState(options.storage, first.name, origin) }];
    });
    this.#logs = new Map(logs);
    if (this.#logs.size < logs.length) throw new GoModKitError('invalid_argument', 'two logs have one origin');
  }

  async addCheckpoint(body: Uint8Array, call: CallOptions = {}): Promise<string> {
    const request = parseAddCheckpoint(body);
    const tree = checkpointOf(request.checkpoint);
    const log = this.#logs.get(tree.origin);
    if (log === undefined) throw new GoModKitError('not_found', `unknown log ${JSON.stringify(tree.origin)}`);
    const note = await opened(request.checkpoint, log);
    if (request.oldSize > tree.size) {
      throw new GoModKitError('bad_request', `old size ${request.oldSize} is above the checkpoint's ${tree.size}`);
    }
    for (let tries = 1; tries <= maxTries; tries++) {
      const cosigned = await this.#try(log, request, note, tree, call);
      if (cosigned !== undefined) return cosigned;
    }
    throw new GoModKitError('storage_unavailable', 'other instances were faster each time', {
      data: { transient: true },
    });
  }

  async checkpoint(origin: string, options: CallOptions = {}): Promise<string | undefined> {
    const log = this.#logs.get(origin) ?? [...this.#logs.values()].find(({ state }) => state.hash === origin);
    return (await log?.state.latest(options))?.note || undefined;
  }

  /** Undefined when another instance was faster. */
  async #try(
    log: Watched,
    { oldSize, proof }: AddCheckpoint,
    note: Note,
    tree: Checkpoint,
    call: CallOptions,
  ): Promise<string | undefined> {
    // Before the state is read: at this moment nothing larger had been cosigned.
    const seconds = Math.floor((this.#options.now ?? Date.now)() / 1000);
    const latest = await log.state.latest(call);
    const wrong = tree.size === 0n && !equalBytes(tree.hash, emptyTreeHash());
    if (wrong) throw await this.#refuse(log, latest, note, 'an empty tree has another hash', true);
    if (oldSize !== latest.size) {
      throw new GoModKitError('conflict', `${latest.size} was cosigned last, not ${oldSize}`, {
        data: { size: latest.size },
      });
    }
    const misfit = misfitOf(latest, tree, proof);
    if (misfit !== undefined) throw await this.#refuse(log, latest, note, misfit.reason, misfit.proven);
    const { message, lines } = await this.#cosign(note, seconds);
    // The same tree again is no news, and only its time is new.
    if (tree.size === latest.size) return lines;
    return (await log.state.advance(latest, message, call)) ? lines : undefined;
  }

  async #cosign(note: Note, seconds: number): Promise<{ readonly message: string; readonly lines: string }> {
    const signers = this.#options.signers.map((signer) => ({
      name: signer.name,
      keyHash: signer.keyHash,
      sign: (message: Uint8Array) => signer.sign(message, seconds),
    }));
    // Only what was verified is kept: lines of strangers would be anybody's way to fill it.
    const message = await sign({ text: note.text, sigs: note.sigs }, ...signers);
    const lines = message
      .slice(note.text.length + 1)
      .split('\n')
      .slice(note.sigs.length)
      .join('\n');
    return { message, lines };
  }

  async #refuse(
    { origin, state }: Watched,
    { note: cosigned }: WitnessedTree,
    note: Note,
    reason: string,
    proven: boolean,
  ): Promise<GoModKitError> {
    const refused = await sign({ text: note.text, sigs: note.sigs });
    tell(this.#options.onEvidence, { origin, reason, proven, cosigned, refused });
    const report = `${reason}\n\ncosigned:\n${cosigned}\nrefused:\n${refused}`;
    // Not cosigning is what matters; a storage that fails now must not turn it into something that is tried again.
    await state.keepEvidence([cosigned, note.text], report, {}).catch(() => {});
    return new GoModKitError('invalid_log', reason, { data: { origin, proven } });
  }
}

function checkpointOf(message: string): Checkpoint {
  const split = message.lastIndexOf('\n\n');
  try {
    return parseCheckpoint(message.slice(0, Math.max(split, 0) + 1));
  } catch (cause) {
    if (!isGoModKitError(cause, 'invalid_log')) throw cause;
    throw new GoModKitError('bad_request', cause.message, { cause });
  }
}

async function opened(message: string, { known, origin }: Watched): Promise<Note> {
  try {
    return await open(message, known);
  } catch (cause) {
    if (!isGoModKitError(cause, 'invalid_note')) throw cause;
    const malformed = cause.data.reason === 'malformed';
    const text = malformed ? 'the checkpoint is no signed note' : `no good signature of ${JSON.stringify(origin)}`;
    throw new GoModKitError(malformed ? 'bad_request' : 'denied', text, { cause });
  }
}

/** Why `tree` does not follow `latest`; undefined when it does. */
function misfitOf(
  latest: WitnessedTree,
  tree: Checkpoint,
  proof: Proof,
): { readonly reason: string; readonly proven: boolean } | undefined {
  if (tree.size === latest.size) {
    if (!equalBytes(tree.hash, latest.hash)) return { reason: 'another tree of that size was cosigned', proven: true };
    return proof.length === 0 ? undefined : { reason: 'a proof where none is due', proven: false };
  }
  if (latest.size === 0n) {
    return proof.length === 0 ? undefined : { reason: 'a proof where none is due', proven: false };
  }
  try {
    checkTree(proof, { treeSize: tree.size, treeHash: tree.hash, oldSize: latest.size, oldHash: latest.hash });
    return undefined;
  } catch (error) {
    if (!isGoModKitError(error, 'invalid_log')) throw error;
    return { reason: `it is not proved to begin with what was cosigned last: ${error.message}`, proven: false };
  }
}
