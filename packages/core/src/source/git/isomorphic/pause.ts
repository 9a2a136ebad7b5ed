// Long computations that let others run.

/** Asks from time to time whether to give way. */
export interface Pause {
  /** Resolves at once, or in the next turn of the event loop when this has had its share. Rejects with the signal's reason. */
  due(): Promise<void> | undefined;
}

const share = 20;

/** A pause every 20 milliseconds of work. */
export function createPause(signal: AbortSignal | undefined): Pause {
  let since = performance.now();
  return {
    due() {
      if (performance.now() - since < share) return undefined;
      return new Promise((resolve, reject) => {
        setTimeout(() => {
          since = performance.now();
          if (signal?.aborted) reject(signal.reason);
          else resolve();
        }, 0);
      });
    },
  };
}
