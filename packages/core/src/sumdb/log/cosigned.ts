// Checkpoints with signatures of witnesses (formats.md §5).
//
// Invariants:
// - Witnesses are asked once per head at a time, and nobody waits for them longer than the embedder allows: without them the checkpoint
//   goes out with the log's own signature.
// - What witnesses gave is kept, once per size, and counts only while note and lines open together.

import { sleep } from '../../async/abort.ts';
import { decodeUtf8, encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { tell } from '../../errors/tell.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { open } from '../note/open.ts';
import { emptyTreeHash } from '../tlog/hash.ts';
import { type Proof, proveTree } from '../tlog/proofs.ts';
import type { Tree } from '../tlog/tree-text.ts';
import { formatCheckpoint, goSumOrigin } from '../witness/checkpoint.ts';
import type { Cosign } from '../witness/quorum.ts';
import type { SignedEdge } from './log-state.ts';
import type { SignedLog } from './signed-log.ts';

/** How a checkpoint of `origin` is written. Throws `invalid_argument` for what names no log of its own. */
export function originText(origin: string): (tree: Tree) => string {
  const format = (tree: Tree): string => formatCheckpoint({ origin, ...tree });
  format({ size: 0n, hash: emptyTreeHash() });
  if (origin !== goSumOrigin) return format;
  throw new GoModKitError(
    'invalid_argument',
    `${JSON.stringify(origin)} begins the trees of every go.sum database; it names no log`,
  );
}

/** What {@link Cosigned} works with. */
export interface CosignedParts {
  readonly log: SignedLog;
  readonly cosign: Cosign | undefined;
  /** Milliseconds that a reader waits. */
  readonly patience: number;
  readonly onError: ((error: unknown) => void) | undefined;
}

/** Milliseconds before witnesses that gave nothing are asked again for the same head. */
const retryAfter = 5000;

/** Serves checkpoints. */
export class Cosigned {
  readonly #parts: CosignedParts;
  /** Of the newest head that was asked for. */
  #current: { readonly size: number; readonly lines: Promise<string> } | undefined;

  constructor(parts: CosignedParts) {
    this.#parts = parts;
  }

  /** The checkpoint of a head, with what witnesses have signed by now. */
  async checkpoint(signed: SignedEdge, { signal }: CallOptions): Promise<string> {
    const own = signed.head.notes.checkpoint ?? '';
    const { cosign, patience } = this.#parts;
    if (cosign === undefined) return own;
    if (this.#current?.size !== signed.head.size) {
      this.#current = { size: signed.head.size, lines: this.#lines(signed, own, cosign) };
    }
    const enough = new AbortController();
    const late = sleep(patience, signal ? AbortSignal.any([signal, enough.signal]) : enough.signal).then(() => '');
    try {
      return own + (await Promise.race([this.#current.lines, late]));
    } finally {
      late.catch(() => {});
      enough.abort();
    }
  }

  /** Never rejects. */
  async #lines(signed: SignedEdge, own: string, cosign: Cosign): Promise<string> {
    const { log, onError } = this.#parts;
    const { size } = signed.head;
    const key = log.keys.cosignatures(size);
    try {
      const stored = await log.objects.read(key);
      const kept = stored === undefined ? '' : (decodeUtf8(stored) ?? '');
      if (kept !== '' && (await this.#holds(own + kept))) return kept;
      const given = (await cosign(own, (from, to, call) => this.#prove(signed, from, to, call))).join('');
      if (given === '') throw new Error('no witness signed');
      await open(own + given, log.verifiers);
      await log.objects.put({ key, bytes: encodeUtf8(given), accepts: () => true });
      return given;
    } catch (error) {
      tell(onError, error);
      const forget = (): void => {
        if (this.#current?.size === size) this.#current = undefined;
      };
      // The timer keeps no process alive where timers can say so.
      const timer: unknown = setTimeout(forget, retryAfter);
      (timer as { unref?: () => void }).unref?.();
      return '';
    }
  }

  async #prove(signed: SignedEdge, oldSize: bigint, newSize: bigint, options: CallOptions): Promise<Proof> {
    return proveTree(newSize, oldSize, this.#parts.log.hashReader(signed), options);
  }

  async #holds(message: string): Promise<boolean> {
    try {
      await open(message, this.#parts.log.verifiers);
      return true;
    } catch {
      return false;
    }
  }
}
