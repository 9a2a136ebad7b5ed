// Looking at a bundle without importing it.

import type { CallOptions } from '../storage/storage.ts';
import { maxManifest, parseManifest } from './manifest.ts';
import { manifestName } from './names.ts';
import { BundleReader } from './reader.ts';
import type { BundleManifest } from './types.ts';

/**
 * Reads what a bundle says that it holds, and lets go of the stream. Nothing is verified. Rejects with `invalid_bundle`.
 *
 * @example
 * ```ts
 * import { bundle } from '@gomodkit/core';
 *
 * export const treeOf = async (stream: ReadableStream<Uint8Array>): Promise<string | undefined> =>
 *   (await bundle.readManifest(stream)).sumdb?.note;
 * ```
 */
export async function readManifest(
  stream: ReadableStream<Uint8Array>,
  options: CallOptions = {},
): Promise<BundleManifest> {
  const reader = new BundleReader(stream, options);
  try {
    return parseManifest(await reader.take(manifestName, maxManifest));
  } finally {
    await reader.close(new Error('the manifest is read'));
  }
}
