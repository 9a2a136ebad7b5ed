// h1 of a zip archive (spec §8.2).

import type { ByteSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import { digestEntries } from '../zip/digests.ts';
import { maxZipFile } from '../zip/limits.ts';
import { openFast } from '../zip/reader.ts';
import type { HashOptions } from './hash1.ts';
import { summaryHash } from './summary.ts';

/**
 * The `h1:` hash of a zip archive: all entries count, directories as empty files, under their full names (spec §7.12, §8.2).
 * No module rules are applied: `verifyZip` does both.
 *
 * Rejects with `invalid_zip` when it is no zip archive or an entry is damaged, `invalid_argument` for a name with a line feed,
 * `limit_exceeded` when it declares more content than a module can have (500 MiB).
 */
export async function hashZip(zip: ByteSource, options: HashOptions = {}): Promise<string> {
  const reader = await openFast(zip, options);
  const size = reader.entries.reduce((sum, entry) => sum + entry.size, 0);
  if (size > maxZipFile) {
    const message = `the zip declares ${size} bytes of content, more than the ${maxZipFile} of a module`;
    throw new GoModKitError('limit_exceeded', message, { data: { limit: maxZipFile } });
  }
  return summaryHash(await digestEntries(reader, options.signal), options.signal);
}
