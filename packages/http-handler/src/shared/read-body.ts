// A request body that somebody else has read.

import { GoModKitError } from '@gomodkit/core/errors';

/** A body that fails with what the embedder has to change; the handler passes that on. */
export function bodyReadBefore(): ReadableStream<Uint8Array> {
  const message =
    'this server is set up wrongly: something reads bodies before the module handler can; put the handler before body parsers';
  return new ReadableStream<Uint8Array>({
    start: (controller) => controller.error(new GoModKitError('unsupported', message)),
  });
}
