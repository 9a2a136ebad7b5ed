// Several witnesses at once (formats.md §5).
//
// Invariants:
// - All are asked at the same time. Once enough have cosigned, the others have a little while longer; then they are left.
// - Too few is an error that says of each witness why.

import { linkedController } from '../../async/abort.ts';
import { GoModKitError } from '../../errors/error.ts';
import { tell } from '../../errors/tell.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { ProveConsistency, WitnessClient } from './witness-client.ts';

/** Options of {@link cosignWith}. */
export interface CosignOptions {
  readonly witnesses: readonly WitnessClient[];
  /** How many must cosign. Default: all. */
  readonly quorum?: number | undefined;
  /** Milliseconds that the others have once there are enough. Default 500. */
  readonly patience?: number | undefined;
  /** Told of each witness that did not cosign, also where there were enough. */
  readonly onFailure?: ((witness: string, error: unknown) => void) | undefined;
}

/** Has a checkpoint cosigned; resolves to signature lines. What the `cosign` option of a log takes. */
export type Cosign = (checkpoint: string, prove: ProveConsistency, options?: CallOptions) => Promise<readonly string[]>;

/**
 * Cosigning by several witnesses.
 *
 * Throws `invalid_argument` for a quorum that can never be met. What it gives rejects with `upstream_unavailable` (`data.failures`:
 * messages by witness) when fewer cosigned.
 *
 * @example
 * ```ts
 * import { cosignWith, createWitnessClient } from '@gomodkit/core/sumdb';
 *
 * declare const keys: readonly [string, string, string];
 * const witnesses = keys.map((key, i) => createWitnessClient({ url: `https://w${i}.example`, keys: [key] }));
 * const cosign = cosignWith({ witnesses, quorum: 2 });
 * ```
 */
export function cosignWith(options: CosignOptions): Cosign {
  const { witnesses, quorum = witnesses.length, patience = 500, onFailure } = options;
  if (!Number.isInteger(quorum) || quorum < 0 || quorum > witnesses.length) {
    throw new GoModKitError('invalid_argument', `${quorum} of ${witnesses.length} witnesses can never be met`);
  }
  return async (checkpoint, prove, { signal } = {}) => {
    signal?.throwIfAborted();
    const { controller, release } = linkedController(signal);
    const lines: (readonly string[])[] = [];
    const failures: Record<string, string> = {};
    let timer: ReturnType<typeof setTimeout> | undefined;
    const ask = async (witness: WitnessClient): Promise<void> => {
      try {
        lines.push(await witness.cosign(checkpoint, prove, { signal: controller.signal }));
        if (lines.length >= quorum) timer ??= setTimeout(() => controller.abort(left), patience);
      } catch (error) {
        failures[witness.name] = error instanceof Error ? error.message : String(error);
        if (signal?.aborted !== true) tell(onFailure, witness.name, error);
      }
    };
    try {
      await Promise.all(witnesses.map(ask));
    } finally {
      clearTimeout(timer);
      release();
    }
    signal?.throwIfAborted();
    if (lines.length >= quorum) return lines.flat();
    throw tooFew(lines.length, quorum, failures);
  };
}

const left = new GoModKitError('upstream_timeout', 'enough others cosigned before it answered');

function tooFew(count: number, quorum: number, failures: Readonly<Record<string, string>>): GoModKitError {
  const reasons = Object.values(failures).join('; ');
  return new GoModKitError(
    'upstream_unavailable',
    `${count} witnesses cosigned, and ${quorum} are wanted: ${reasons}`,
    { data: { failures } },
  );
}
