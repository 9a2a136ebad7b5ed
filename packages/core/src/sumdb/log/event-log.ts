// A log of what the operator of a registry does: tamper-evident like the sums, in a log of its own (formats.md §5).
//
// Invariants:
// - A record is one line of JSON. Events are never changed or merged: the same one twice is two records, but for those with an id, of which
//   the first one stays.
// - Members of an event that are not known here are kept: newer writers and older readers share a log.

import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import type { SignedTree } from '../client/signed-tree.ts';
import type { Signer } from '../note/signer.ts';
import type { Cosign } from '../witness/quorum.ts';
import { Cosigned, originText } from './cosigned.ts';
import { SignedLog } from './signed-log.ts';
import { readTlogTile } from './tlog-view.ts';

/** What every event says. */
export interface RegistryEventBase {
  /** The module. */
  readonly path: string;
  readonly version: string;
  /** When it happened: RFC 3339. */
  readonly time: string;
  /** Who did it, where somebody did. */
  readonly author?: string | undefined;
  readonly reason?: string | undefined;
  /**
   * What makes it this event and no other. Of events with one id the first is recorded, whoever appends them: for those that several
   * instances learn of, or one of them twice.
   */
  readonly id?: string | undefined;
}

/** What an operator does to a registry, or finds in it. */
export type RegistryLogEvent =
  | (RegistryEventBase & { readonly type: 'withdrawal'; readonly status: 'block' | 'gone' })
  | (RegistryEventBase & { readonly type: 'reinstatement' })
  /** Other bytes were offered than were captured: what is stored, and what was offered (sums, or descriptions). */
  | (RegistryEventBase & { readonly type: 'conflict'; readonly stored: string; readonly offered: string })
  | (RegistryEventBase & { readonly type: 'promotion'; readonly from: string; readonly to: string })
  /** Bytes were removed because a checksum database disproved them. */
  | (RegistryEventBase & { readonly type: 'purge'; readonly h1?: string | undefined })
  /** Kinds of one's own, named `x-…`. */
  | (RegistryEventBase & { readonly type: `x-${string}`; readonly [member: string]: unknown });

/** Options of {@link createEventLog}. */
export interface EventLogOptions {
  readonly storage: Storage;
  /** Its name is the log's, and another one than a checksum database's on the same storage. */
  readonly signer: Signer;
  /** The first line of checkpoints. Default: the name. */
  readonly origin?: string | undefined;
  /** Has checkpoints cosigned by witnesses. */
  readonly cosign?: Cosign | undefined;
  /** How many milliseconds the checkpoint of a new head waits for witnesses. Default 2,000. */
  readonly cosignPatience?: number | undefined;
  /** Told of failures that no caller waits for. All are tried again. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/** A log of registry events, served as C2SP tlog-tiles. */
export interface EventLog {
  readonly name: string;
  /** `NAME+HASH+KEY`. */
  readonly key: string;
  /** Appends an event; resolves to its number when it is durable. One with an id that is recorded already has that record's number. */
  append(event: RegistryLogEvent, options?: CallOptions): Promise<number>;
  /** Events in order, from number `from` (default 0) to the end as it is now. */
  read(options?: CallOptions & { readonly from?: number | undefined }): AsyncGenerator<RegistryLogEvent, void, void>;
  /** The newest signed tree. */
  head(options?: CallOptions): Promise<SignedTree>;
  /** `checkpoint`, `tile/L/N[.p/W]`, `tile/entries/N[.p/W]`. Rejects with `bad_request` or `not_found`. */
  tlog(path: string, options?: CallOptions): Promise<Uint8Array>;
  /** Resolves when nothing is under way any more. */
  idle(): Promise<void>;
}

/**
 * Creates a log of registry events, or opens the one that the storage has.
 *
 * Throws `invalid_argument` when the signer does not say its verifier key.
 *
 * @example
 * ```ts
 * import { memoryStorage } from '@gomodkit/core/storage';
 * import { createEventLog, note } from '@gomodkit/core/sumdb';
 *
 * const { signerKey } = await note.generateKey('registry.corp.example/events');
 * const events = createEventLog({ storage: memoryStorage(), signer: await note.newSigner(signerKey) });
 * const time = new Date().toISOString();
 * await events.append({ type: 'withdrawal', path: 'corp.example/m', version: 'v1.0.0', status: 'block', time });
 * ```
 */
export function createEventLog(options: EventLogOptions): EventLog {
  const { storage, signer, origin = signer.name, onError, cosign, cosignPatience: patience = 2000 } = options;
  const log = new SignedLog({
    storage,
    signer,
    texts: { checkpoint: originText(origin) },
    keyOf: idOf,
    onError,
  });
  const cosigned = new Cosigned({ log, cosign, patience, onError });
  return {
    name: log.name,
    key: log.key,
    append: (event, call = {}) => append(log, event, call),
    read: (call = {}) => readEvents(log, call),
    async head(call = {}) {
      const { head } = await log.refresh(call);
      return { size: BigInt(head.size), hash: head.hash.slice(), note: head.notes.checkpoint ?? '' };
    },
    async tlog(path, call = {}) {
      if (path !== 'checkpoint') return readTlogTile(log, path, call);
      return encodeUtf8(await cosigned.checkpoint(await log.refresh(call), call));
    },
    idle: () => log.idle(),
  };
}

async function append(log: SignedLog, event: RegistryLogEvent, call: CallOptions): Promise<number> {
  const text = formatEvent(event);
  try {
    const [number = 0] = await log.append([text], call);
    return number;
  } catch (error) {
    const id = idOf(text);
    if (id === undefined || !isGoModKitError(error, 'conflict')) throw error;
    const first = await log.find(id, call);
    if (first === undefined) throw error;
    return first.number;
  }
}

/** The id of a record; undefined for one without. */
function idOf(text: string): string | undefined {
  try {
    const { id } = JSON.parse(text) as { readonly id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

async function* readEvents(
  log: SignedLog,
  { from = 0, signal }: CallOptions & { readonly from?: number | undefined },
): AsyncGenerator<RegistryLogEvent, void, void> {
  const { head } = await log.refresh({ signal });
  for (let n = Math.floor(from / 256); n * 256 < head.size; n++) {
    const records = (await log.records(n, Math.min(256, head.size - n * 256), { signal })) ?? [];
    for (const record of records.slice(Math.max(from - n * 256, 0))) yield JSON.parse(record) as RegistryLogEvent;
  }
}

function formatEvent(event: RegistryLogEvent): string {
  const { type, path, version, time, id } = event;
  if (id !== undefined && (typeof id !== 'string' || id === '')) {
    throw new GoModKitError('invalid_argument', 'the id of an event is a text that is not empty');
  }
  const complete = [type, path, version, time].every((member) => typeof member === 'string' && member !== '');
  if (!complete || Number.isNaN(Date.parse(time))) {
    throw new GoModKitError('invalid_argument', 'an event has a type, path, version, and an RFC 3339 time');
  }
  return `${JSON.stringify(event)}\n`;
}
