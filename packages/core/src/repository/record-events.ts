// What an operator does to a repository, in a log of events.
//
// Invariants:
// - Withdrawals and reinstatements come from their history in storage, not from what this process happens to hear: also those of other
//   processes, of the command line, and of the time before there was a log are recorded, in order, each once, however many instances do so.
// - A conflict is recorded once for the two contents that differ.
// - Nothing here fails what the repository does.

import { tell } from '../errors/tell.ts';
import type { EventLog, RegistryLogEvent } from '../sumdb/log/event-log.ts';
import { Serial } from '../sumdb/log/serial.ts';
import type { Repository, RepositoryEvent } from './repository.ts';
import type { WithdrawalRecord } from './withdrawal/index.ts';

/** Options of {@link recordEvents}. */
export interface RecordEventsOptions {
  /** Every how many milliseconds withdrawals by other processes are looked for. Default 30,000. */
  readonly interval?: number | undefined;
  /** Told when something could not be recorded. Withdrawals are tried again. */
  readonly onError?: ((error: unknown) => void) | undefined;
}

/**
 * Records withdrawals, reinstatements and conflicts of `repository` in `log`, from now on, and first what the history has already.
 * Returns a function that ends it; that resolves when nothing is under way any more. Promotions and purges are recorded by whoever
 * makes them, with {@link EventLog.append}.
 *
 * @example
 * ```ts
 * import { createHandler, recordEvents, type Repository, type Storage, sumdb } from '@gomodkit/core';
 *
 * export async function serve(repository: Repository, storage: Storage, signerKey: string) {
 *   const events = sumdb.createEventLog({ storage, signer: await sumdb.note.newSigner(signerKey) });
 *   const stop = recordEvents(repository, events, { onError: (error) => console.error(error) });
 *   return { handler: createHandler({ repository, logs: { '/log/events': events } }), stop };
 * }
 * ```
 */
export function recordEvents(
  repository: Pick<Repository, 'subscribe' | 'withdrawalHistory'>,
  log: Pick<EventLog, 'append'>,
  { interval = 30_000, onError }: RecordEventsOptions = {},
): () => Promise<void> {
  const serial = new Serial();
  const ended = new AbortController();
  const { signal } = ended;
  const run = (work: () => Promise<unknown>): void => {
    const failed = (error: unknown): void => {
      if (!signal.aborted) tell(onError, error);
    };
    serial.run(work).catch(failed);
  };
  let mirrored = 0;
  let waiting = false;
  const mirror = async (): Promise<void> => {
    waiting = false;
    let count = 0;
    for await (const record of repository.withdrawalHistory({ signal })) {
      if (count++ < mirrored) continue;
      await log.append(withdrawalEvent(record), { signal });
      mirrored = count;
    }
  };
  // One that has not begun sees all that happened before.
  const look = (): void => {
    if (waiting) return;
    waiting = true;
    run(mirror);
  };
  const stop = repository.subscribe((event) => {
    if (event.type === 'withdraw' || event.type === 'reinstate') look();
    if (event.type === 'conflict') run(() => log.append(conflictEvent(event)));
  });
  const timer: unknown = setInterval(look, interval);
  // It keeps no process alive where timers can say so.
  (timer as { unref?: () => void }).unref?.();
  look();
  return async () => {
    stop();
    clearInterval(timer as ReturnType<typeof setInterval>);
    ended.abort();
    await serial.idle();
  };
}

function withdrawalEvent(record: WithdrawalRecord): RegistryLogEvent {
  const { path, version, author, reason, date } = record;
  const time = date.toISOString();
  const common = { path, version, time, author, reason, id: idOf(record.type, path, version, time) };
  if (record.type === 'reinstate') return { type: 'reinstatement', ...common };
  return { type: 'withdrawal', status: record.status, ...common };
}

function conflictEvent(event: RepositoryEvent & { readonly type: 'conflict' }): RegistryLogEvent {
  const { kind, path, version, stored, offered } = event;
  const id = idOf(`conflict of ${kind}`, path, version, `${stored} ${offered}`);
  return { type: 'conflict', path, version, time: new Date().toISOString(), stored, offered, id };
}

function idOf(what: string, path: string, version: string, which: string): string {
  return `${what} ${path}@${version} ${which}`;
}
