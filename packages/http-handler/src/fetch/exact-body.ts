// A body for a Response that keeps its word about its length: runtimes send whatever comes.
//
// Invariants:
// - Chunk by chunk, only when asked: back-pressure and cancel reach the handler's own stream.
// - The body is taken when the first chunk is asked for: whoever drops the Response unread can still cancel it.
// - A body that fails, or has another length than announced, fails for the runtime too, which then ends the connection.

import { checkLength } from '../shared/length.ts';

/** `body` as it is, failing where it is not of the `announced` length; `failed` is told why. A client that leaves is no failure. */
export function exactBody(
  body: ReadableStream<Uint8Array>,
  announced: string | undefined,
  failed: (error: unknown) => void,
): ReadableStream<Uint8Array> {
  const length = checkLength(announced);
  let reader: ReadableStreamDefaultReader<Uint8Array> | undefined;
  let left = false;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        reader ??= body.getReader();
        try {
          const { done, value } = await reader.read();
          if (left) return;
          if (!done) {
            length.took(value.length);
            controller.enqueue(value);
            return;
          }
          length.ended();
          controller.close();
        } catch (error) {
          if (left) return;
          failed(error);
          reader.cancel(error).catch(() => {});
          throw error;
        }
      },
      cancel(reason) {
        left = true;
        return (reader ?? body).cancel(reason);
      },
    },
    { highWaterMark: 0 },
  );
}
