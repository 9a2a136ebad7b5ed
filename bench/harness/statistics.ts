// Medians and spread: what one slow round among several must not change.

/** A series of measurements in short. */
export interface Summary {
  readonly median: number;
  /** Median absolute deviation from the median. */
  readonly deviation: number;
  readonly min: number;
  readonly max: number;
  readonly samples: readonly number[];
}

/** Summarises at least one number. */
export function summarize(samples: readonly number[]): Summary {
  const center = median(samples);
  return {
    median: center,
    deviation: median(samples.map((sample) => Math.abs(sample - center))),
    min: Math.min(...samples),
    max: Math.max(...samples),
    samples,
  };
}

function median(samples: readonly number[]): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2;
}
