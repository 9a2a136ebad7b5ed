// The body of a Node request as a web stream.
//
// Invariants:
// - Nothing is read before the stream is, and never more than a few chunks ahead of its reader.
// - A body ends only when all of it came: a client that leaves, or a connection that breaks, is a failure.
// - Cancelling leaves the connection alone: the answer still has to go over it.

import { GoModKitError } from '@gomodkit/core/errors';
import { bodyReadBefore } from '../shared/read-body.ts';
import type { Client } from './client.ts';
import type { NodeRequest } from './message.ts';

/** Chunks that are held for the reader; Node's are of at most 64 KiB. */
const ahead = 4;

/** The body of `req`, from its beginning. */
export function requestBody(req: NodeRequest, client: Client): ReadableStream<Uint8Array> {
  if (req.readableDidRead === true || req.readableEnded === true) return bodyReadBefore();
  let stop = (): void => {};
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        if (client.left) return controller.error(cutOff());
        const take = (chunk: Uint8Array): void => {
          controller.enqueue(chunk);
          if ((controller.desiredSize ?? 0) <= 0) req.pause();
        };
        const end = (): void => {
          stop();
          controller.close();
        };
        let over = false;
        const fail = (): void => {
          if (over) return;
          stop();
          controller.error(cutOff());
        };
        stop = () => {
          over = true;
          req.off('data', take);
          req.off('end', end);
          req.off('close', fail);
        };
        req.pause();
        req.on('data', take);
        req.on('end', end);
        // Also what comes after the last event that we wait for must not end the process.
        req.on('error', fail);
        req.on('close', fail);
      },
      pull() {
        req.resume();
      },
      cancel() {
        stop();
        req.pause();
      },
    },
    { highWaterMark: ahead },
  );
}

function cutOff(): GoModKitError {
  return new GoModKitError('bad_request', 'the connection ended before the whole body was here');
}
