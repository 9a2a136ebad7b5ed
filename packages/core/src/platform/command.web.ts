// Where no programs can be run.

import { GoModKitError } from '../errors/error.ts';
import type { CommandOptions } from './types.ts';

/** Rejects with `unsupported`. */
export function runCommand(words: readonly string[], _options: CommandOptions): Promise<Uint8Array> {
  return Promise.reject(new GoModKitError('unsupported', `this runtime cannot run ${words[0]}`));
}
