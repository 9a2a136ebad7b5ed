// From what a publisher has to a zip that does not change any more.
//
// Invariants:
// - Whatever comes is copied before it is judged: files that change meanwhile cannot make what is stored another thing than what was checked.
// - A stream that was handed over is read to its end or cancelled, also where the publication is refused before it.

import { spool } from '#spool';
import { GoModKitError } from '../../errors/error.ts';
import type { Spooled } from '../../platform/types.ts';
import { createZip, createZipFromDirectory } from '../../zip/index.ts';
import { tooLarge } from '../draft.ts';
import type { Target } from '../keys.ts';
import type { PublishContent } from './types.ts';

/** Takes the content whole. Rejects with `limit_exceeded` past `limit` bytes, and with what making the zip fails with. */
export async function spoolContent(
  target: Target,
  content: PublishContent,
  limit: number,
  signal: AbortSignal,
): Promise<Spooled> {
  const what = `${target.name}.zip`;
  if ('zip' in content && !(content.zip instanceof ReadableStream) && content.zip.size > limit) {
    throw tooLarge(what, content.zip.size, limit);
  }
  return spool(streamOf(target, content, signal), { limit, what, signal });
}

/** Cancels a stream that nobody will read. */
export function discardContent(content: PublishContent, reason: unknown): void {
  if ('zip' in content && content.zip instanceof ReadableStream && !content.zip.locked)
    content.zip.cancel(reason).catch(() => {});
}

function streamOf(target: Target, content: PublishContent, signal: AbortSignal): ReadableStream<Uint8Array> {
  const module = { path: target.path, version: target.version };
  if ('directory' in content) return createZipFromDirectory(module, content.directory, { signal });
  if ('files' in content) return createZip(module, content.files, { signal });
  if ('zip' in content) return content.zip instanceof ReadableStream ? content.zip : content.zip.stream();
  throw new GoModKitError('invalid_argument', `nothing to publish as ${target.name}: want a directory, files or a zip`);
}
