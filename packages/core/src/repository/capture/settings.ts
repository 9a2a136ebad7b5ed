// Options of plans and captures, checked.

import { GoModKitError } from '../../errors/error.ts';
import { checkPlatforms } from './toolchains.ts';
import type { ClosureOptions } from './types.ts';

const defaultConcurrency = 32;

/** Fills in defaults. Throws `invalid_argument`. */
export function checkedOptions(options: ClosureOptions): Pick<ClosureOptions, 'allZips' | 'tests' | 'toolchains'> & {
  readonly concurrency: number;
} {
  const { allZips, tests, toolchains, concurrency = defaultConcurrency } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1)
    throw new GoModKitError('invalid_argument', `concurrency must be a positive integer, not ${concurrency}`);
  checkPlatforms(toolchains ?? []);
  return { allZips, tests, toolchains, concurrency };
}
