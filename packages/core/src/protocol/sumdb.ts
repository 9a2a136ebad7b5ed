// Checksum database answers, passed through (spec §10.24–10.28).
//
// Invariants:
// - Bytes pass unchanged: the client verifies signatures and hashes over them.
// - `supported` says 200 only where this server serves that database: once it did, the client asks nobody else.

import { GoModKitError } from '../errors/error.ts';
import type { SumdbSource } from '../source/source.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { Answer } from './respond.ts';
import type { SumdbTarget } from './sumdb-target.ts';

const nothing = new Uint8Array(0);

/** Asks the source what the target names. Rejects with `not_found` where this server serves no such database. */
export async function answerSumdb(
  source: SumdbSource | undefined,
  target: SumdbTarget,
  options: CallOptions,
): Promise<Answer> {
  if (source === undefined) {
    throw new GoModKitError(
      'not_found',
      `checksum database ${target.database} is not served here; set GONOSUMDB or GOSUMDB if it cannot be reached directly`,
    );
  }
  const bytes = await source.sumdb(target.database, target.path, options);
  const body = target.path === 'supported' ? nothing : bytes;
  return { contentType: target.contentType, cache: target.cache, size: body.length, body };
}
