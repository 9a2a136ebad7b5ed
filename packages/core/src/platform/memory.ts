// Spooled bytes that live in memory.

import type { ByteSource } from '../bytes/source.ts';
import { GoModKitError } from '../errors/error.ts';
import type { RandomAccessSource, Spooled } from './types.ts';

/** Wraps bytes in memory as spooled bytes. */
export function memorySpooled(bytes: ByteSource): Spooled {
  let source: ByteSource | undefined = bytes;
  const live = (): ByteSource => {
    if (source === undefined) throw new GoModKitError('closed', 'the spooled bytes were disposed of');
    return source;
  };
  return {
    size: bytes.size,
    stream: () => live().stream(),
    slice: (start, end) => live().slice?.(start, end) as RandomAccessSource,
    async dispose() {
      source = undefined;
    },
  };
}
