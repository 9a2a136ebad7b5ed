// Asking witnesses for cosignatures (C2SP tlog-witness; formats.md §5).
//
// Invariants:
// - Only lines that verify with the witness's own key leave here, whatever else it answers.
// - Nothing is proved that the log does not prove: a witness that remembers a larger tree than ours is an error, never a rollback.
// - A witness that does not answer costs its time limit, and never the cosignatures of others.

import { linkedController } from '../../async/abort.ts';
import { readAll } from '../../bytes/source.ts';
import { decodeUtf8 } from '../../bytes/utf8.ts';
import { type ErrorCode, GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { orAborted } from '../../storage/plugin.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { formatKeyHash } from '../note/names.ts';
import { open } from '../note/open.ts';
import { type Verifier, verifierList } from '../note/verifier.ts';
import { parseInt64 } from '../tlog/integers.ts';
import type { Proof } from '../tlog/proofs.ts';
import { formatAddCheckpoint } from './add-checkpoint.ts';
import { type Checkpoint, parseCheckpoint } from './checkpoint.ts';
import { newCosignatureVerifier } from './cosignature.ts';
import { textOf } from './witness-state.ts';

/** Proves that the tree of a checkpoint begins with that of `oldSize` records: `tlog.proveTree`. 1 ≤ oldSize < newSize. */
export type ProveConsistency = (oldSize: bigint, newSize: bigint, options: CallOptions) => Promise<Proof>;

/** Options of {@link createWitnessClient}. */
export interface WitnessClientOptions {
  /** The submission prefix: `add-checkpoint` is asked below it. */
  readonly url: string;
  /** The witness's verifier keys (type 4). Lines of other keys are ignored. */
  readonly keys: readonly string[];
  /** Milliseconds for one witness, retries included. Default 10,000. */
  readonly timeout?: number | undefined;
  readonly fetch?: ((url: string, init: RequestInit) => Promise<Response>) | undefined;
}

/** Asks one witness. */
export interface WitnessClient {
  /** Of its first key. */
  readonly name: string;
  /**
   * Has a checkpoint cosigned; resolves to signature lines, each with its line feed.
   *
   * Rejects with `not_found` when the witness does not watch the log, `denied` when it does not know the log's key, `conflict`
   * (`data.size`) when it cosigned a larger tree already, `invalid_log` when it takes the tree for one that does not fit,
   * `upstream_invalid` for answers that break the protocol, `upstream_timeout`, `upstream_unavailable`, and with what `prove` rejects
   * with.
   */
  cosign(checkpoint: string, prove: ProveConsistency, options?: CallOptions): Promise<readonly string[]>;
}

/** How often a witness may say that it remembers another size. */
const maxTries = 4;
const maxAnswer = 256 * 1024;

const refusals: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  400: ['upstream_invalid', 'it takes the request for malformed'],
  403: ['denied', 'it does not know the key that signed the checkpoint'],
  404: ['not_found', 'it does not watch this log, or its URL is another'],
  422: ['invalid_log', 'it cosigned a tree that this one does not begin with, or takes the proof for wrong'],
};

/**
 * Creates a client of one witness. It does nothing before it is asked.
 *
 * Throws `invalid_argument` for a URL that is not http or https or holds credentials, and for malformed keys.
 *
 * @example
 * ```ts
 * import { createWitnessClient, tlog } from '@gomodkit/core/sumdb';
 *
 * declare const checkpoint: string;
 * declare const hashes: tlog.HashReader;
 * declare const key: string;
 * const witness = createWitnessClient({ url: 'https://witness.example', keys: [key] });
 * const lines = await witness.cosign(checkpoint, (oldSize, size) => tlog.proveTree(size, oldSize, hashes));
 * ```
 */
export function createWitnessClient(options: WitnessClientOptions): WitnessClient {
  const { timeout = 10_000 } = options;
  const { protocol = '', username = '', password = '' } = URL.canParse(options.url) ? new URL(options.url) : {};
  // fetch takes none with credentials, and would show them in its error.
  if (!['http:', 'https:'].includes(protocol) || username !== '' || password !== '') {
    throw new GoModKitError('invalid_argument', 'the URL of a witness is an http or https one without credentials');
  }
  const verifiers = options.keys.map(newCosignatureVerifier);
  const [first] = verifiers;
  if (first === undefined) throw new GoModKitError('invalid_argument', 'a witness has at least one key');
  const exchange = new Exchange(options, first.name, verifiers);
  return {
    name: first.name,
    async cosign(checkpoint, prove, { signal } = {}) {
      const { controller, release } = linkedController(signal);
      const late = new GoModKitError('upstream_timeout', `witness ${first.name} did not answer in ${timeout} ms`);
      const timer = setTimeout(() => controller.abort(late), timeout);
      try {
        return await orAborted(exchange.cosign(checkpoint, prove, controller.signal), controller.signal);
      } finally {
        clearTimeout(timer);
        release();
      }
    },
  };
}

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly text: string;
}

class Exchange {
  readonly #options: WitnessClientOptions;
  readonly #name: string;
  readonly #verifiers: readonly Verifier[];
  /** What the witness cosigned last, by origin, as far as it said. */
  readonly #sizes = new Map<string, bigint>();

  constructor(options: WitnessClientOptions, name: string, verifiers: readonly Verifier[]) {
    this.#options = options;
    this.#name = name;
    this.#verifiers = verifiers;
  }

  async cosign(checkpoint: string, prove: ProveConsistency, signal: AbortSignal): Promise<readonly string[]> {
    const tree = parseCheckpoint(textOf(checkpoint));
    for (let tries = 1; ; tries++) {
      const oldSize = this.#oldSize(tree);
      const proof = oldSize === 0n || oldSize === tree.size ? [] : await prove(oldSize, tree.size, { signal });
      const answer = await this.#post(formatAddCheckpoint({ oldSize, proof, checkpoint }), signal);
      if (answer.status === 200) {
        const lines = await this.#verified(checkpoint, answer.text);
        this.#sizes.set(tree.origin, tree.size);
        return lines;
      }
      if (answer.status !== 409) throw this.#refused(answer);
      this.#learn(tree, answer);
      if (tries === maxTries) throw this.#error('upstream_invalid', 'it says another size each time');
    }
  }

  /** Zero where nothing is known: a witness that knows more says so. */
  #oldSize({ origin, size }: Checkpoint): bigint {
    const known = this.#sizes.get(origin) ?? 0n;
    return known <= size ? known : 0n;
  }

  #learn({ origin, size }: Checkpoint, { type, text }: Answer): void {
    const theirs = parseInt64(text.endsWith('\n') ? text.slice(0, -1) : '');
    if (!/^text\/x\.tlog\.size(?:;|$)/.test(type) || theirs === undefined) {
      throw this.#error('upstream_invalid', 'it answers 409 without the size that it cosigned last');
    }
    this.#sizes.set(origin, theirs);
    if (theirs <= size) return;
    const why = `it cosigned a tree of ${theirs} records already, and this one has ${size}`;
    throw this.#error('conflict', why, { size: theirs });
  }

  async #verified(checkpoint: string, text: string): Promise<readonly string[]> {
    try {
      const opened = await open(`${textOf(checkpoint)}\n${text}`, verifierList(...this.#verifiers));
      // An answer with an empty line in it would be signed as a longer text than ours.
      const sigs = opened.text === textOf(checkpoint) ? opened.sigs : [];
      if (sigs.length === 0) throw new GoModKitError('invalid_note', 'another text is signed');
      return sigs.map(({ name, base64 }) => `\u2014 ${name} ${base64}\n`);
    } catch (cause) {
      if (!isGoModKitError(cause, 'invalid_note')) throw cause;
      const wanted = this.#verifiers.map(({ name, keyHash }) => `${name}+${formatKeyHash(keyHash)}`).join(', ');
      throw this.#error('upstream_invalid', `its answer holds no good cosignature of ${wanted}`, {}, cause);
    }
  }

  async #post(body: string, signal: AbortSignal): Promise<Answer> {
    const { url, fetch: send = fetch } = this.#options;
    try {
      const response = await send(`${url.replace(/\/+$/, '')}/add-checkpoint`, {
        method: 'POST',
        body,
        signal,
        redirect: 'error',
        headers: { 'content-type': 'text/plain; charset=utf-8' },
      });
      const bytes = response.body === null ? new Uint8Array(0) : await readAll(response.body, maxAnswer);
      const type = response.headers.get('content-type') ?? '';
      return { status: response.status, type, text: decodeUtf8(bytes) ?? '' };
    } catch (cause) {
      signal.throwIfAborted();
      if (isGoModKitError(cause, 'limit_exceeded')) throw this.#error('upstream_invalid', 'its answer is too long');
      throw this.#error('upstream_unavailable', reasonOf(cause), {}, cause);
    }
  }

  #refused({ status, text }: Answer): GoModKitError {
    const [code, why] = refusals[status] ?? ['upstream_unavailable', 'it cannot answer now'];
    const said =
      text
        .split('\n', 1)[0]
        ?.replace(/\p{Cc}/gu, ' ')
        .slice(0, 200) ?? '';
    return this.#error(code, `${why} (${status}${said === '' ? '' : `: ${said}`})`, { status });
  }

  #error(code: ErrorCode, why: string, data: Readonly<Record<string, unknown>> = {}, cause?: unknown): GoModKitError {
    const message = `witness ${this.#name} did not cosign: ${why}`;
    return new GoModKitError(code, message, { data: { witness: this.#name, ...data }, cause });
  }
}

/** fetch says why in the cause of its error. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  return cause instanceof Error ? cause.message : String(cause);
}
