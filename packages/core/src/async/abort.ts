// Cancellation without leaks.
//
// Invariants:
// - Whatever listens to a signal stops listening when its own work ends: one long-lived signal may see a million calls.
// - Cancelled work rejects with the signal's own reason, never with an error of ours.
// - Nothing here leaves a timer or an unhandled rejection behind.

/** Waits; rejects with the signal's reason when it is aborted. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

type Listener = (reason: unknown) => void;

interface Subscription {
  readonly listeners: Set<{ readonly call: Listener }>;
  readonly stop: () => void;
}

/** One listener of ours per signal, however many wait: Node takes more than ten on one signal for a leak, and says so. */
const subscriptions = new WeakMap<AbortSignal, Subscription>();

/** Calls `listener` when `signal` is aborted, at once if it already is. The returned function stops listening. */
export function onAbort(signal: AbortSignal | undefined, listener: Listener): () => void {
  if (signal === undefined) return () => {};
  if (signal.aborted) {
    listener(signal.reason);
    return () => {};
  }
  const { listeners, stop } = subscriptions.get(signal) ?? subscribe(signal);
  const entry = { call: listener };
  listeners.add(entry);
  return () => {
    if (listeners.delete(entry) && listeners.size === 0) stop();
  };
}

function subscribe(signal: AbortSignal): Subscription {
  const listeners: Subscription['listeners'] = new Set();
  const tell = () => {
    subscriptions.delete(signal);
    for (const { call } of listeners) call(signal.reason);
  };
  const stop = () => {
    subscriptions.delete(signal);
    signal.removeEventListener('abort', tell);
  };
  signal.addEventListener('abort', tell, { once: true });
  const subscription = { listeners, stop };
  subscriptions.set(signal, subscription);
  return subscription;
}

/** Resolves after `milliseconds`; rejects with the signal's reason as soon as it is aborted. */
export function sleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = onAbort(signal, (reason) => {
      clearTimeout(timer);
      reject(reason);
    });
    if (signal?.aborted) return;
    timer = setTimeout(() => {
      stop();
      resolve();
    }, milliseconds);
  });
}

/**
 * Settles like `promise`, or rejects with the signal's reason as soon as it is aborted. The promise itself goes on: use this for
 * work that others share, or that cannot be cancelled. Its late rejection is swallowed.
 */
export function raceAbort<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const stop = onAbort(signal, reject);
    promise.then(resolve, reject).finally(stop);
  });
}

/** A controller that is aborted with `signal`, and can be aborted by itself. Call `release` when the work it guards is over. */
export function linkedController(signal: AbortSignal | undefined): {
  readonly controller: AbortController;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const release = onAbort(signal, (reason) => controller.abort(reason));
  return { controller, release };
}
