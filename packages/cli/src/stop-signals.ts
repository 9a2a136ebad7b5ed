// How a command that works for long is stopped.
//
// Invariant: the first signal lets it end in order, with the exit status that shells expect; the second ends the process.

import { setMaxListeners } from 'node:events';

/** Aborted by SIGINT or SIGTERM; the second ends the process. */
export function stopSignals(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  // As many listen as there is work under way: more than ten are no leak.
  setMaxListeners(0, controller.signal);
  const onSignal = (signal: NodeJS.Signals): void => {
    const status = signal === 'SIGINT' ? 130 : 143;
    if (controller.signal.aborted) process.exit(status);
    process.exitCode = status;
    controller.abort(new Error(`stopped by ${signal}`));
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => void process.off('SIGINT', onSignal).off('SIGTERM', onSignal),
  };
}
