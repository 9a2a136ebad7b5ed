// A storage whose client is closed with it: storage packages leave clients that they were given alone.

import type { Storage } from '@gomodkit/core';

/** The storage itself, whose close() also calls `release`, once. */
export function closing<T extends Storage>(storage: T, release: () => void | Promise<void>): T {
  const close = storage.close?.bind(storage);
  let closed: Promise<void> | undefined;
  const closeBoth = async (): Promise<void> => {
    try {
      await close?.();
    } finally {
      await release();
    }
  };
  return Object.assign(storage, {
    close: () => {
      closed ??= closeBoth();
      return closed;
    },
  });
}
