// Calls of the library, which knows no signal and no time.

import { linkedController, raceAbort } from '../../../async/abort.ts';
import { GoModKitError, isGoModKitError } from '../../../errors/error.ts';
import type { EngineSettings } from '../driver.ts';
import type { GitRemote } from '../engine.ts';
import { shown } from '../program/connection.ts';

/**
 * Runs `work` with a signal that is aborted with the caller's, or when the time of a fetch is over. Rejects with the signal's reason,
 * `upstream_timeout`, or the error of `work`; the library's own become `upstream_invalid`.
 */
export async function inTime<T>(
  { limits: { fetchMilliseconds } }: EngineSettings,
  remote: GitRemote,
  what: string,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { controller, release } = linkedController(signal);
  const late = (): void => {
    const message = `${shown(remote)}: ${what} took longer than ${fetchMilliseconds} ms`;
    controller.abort(new GoModKitError('upstream_timeout', message, { data: { transient: true } }));
  };
  const timer = setTimeout(late, Math.min(fetchMilliseconds, 2 ** 31 - 1));
  try {
    controller.signal.throwIfAborted();
    return await raceAbort(work(controller.signal), controller.signal);
  } catch (error) {
    if (controller.signal.aborted) throw controller.signal.reason;
    if (!isFromLibrary(error)) throw error;
    const words = clean(error.message);
    const data = { refused: true };
    throw new GoModKitError('upstream_invalid', `${shown(remote)}: ${what}: ${words}`, { cause: error, data });
  } finally {
    clearTimeout(timer);
    release();
  }
}

/** Errors of the library say who called it; what a server said comes as an Error of no class. */
function isFromLibrary(error: unknown): error is Error {
  if (!(error instanceof Error) || isGoModKitError(error)) return false;
  return 'caller' in error || error.constructor === Error;
}

function clean(message: string): string {
  return message
    .replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, ' ')
    .trim()
    .slice(0, 300);
}
