// Noticing that the client has left before it had its answer.
//
// Invariants:
// - `left` turns true, and `signal` aborts, exactly when the connection ends before the response was ended.
// - That holds for pipelined responses too, which Node does not tell while they wait for their turn, and for clients that left before
//   the request got here.

import type { NodeRequest, NodeResponse, NodeSocket } from './message.ts';

/** Whoever waits for a response. */
export interface Client {
  readonly left: boolean;
  /** Made on demand: most warm answers never look at it. */
  readonly signal: AbortSignal;
}

/** Watches the connection until `res` is complete. */
export function watchClient(req: NodeRequest, res: NodeResponse): Client {
  let controller: AbortController | undefined;
  // Middleware before us may have taken longer than the client waited: its 'close' has been.
  let left = res.destroyed === true || res.stream?.destroyed === true || req.socket.destroyed;
  onClose(req, res, () => {
    if (left || res.writableEnded) return;
    left = true;
    controller?.abort(clientLeft());
  });
  return {
    get left() {
      return left;
    },
    get signal() {
      if (controller === undefined) {
        controller = new AbortController();
        if (left) controller.abort(clientLeft());
      }
      return controller.signal;
    },
  };
}

function clientLeft(): DOMException {
  return new DOMException('the client closed the connection', 'AbortError');
}

/** Responses that wait for their turn, by the socket they wait on: one listener for all of them. */
const waiting = new WeakMap<NodeSocket, Set<() => void>>();

function onClose(req: NodeRequest, res: NodeResponse, listener: () => void): void {
  res.on('close', listener);
  if (res.socket !== null) return;
  const listeners = waitingOn(req.socket);
  listeners.add(listener);
  res.on('close', () => listeners.delete(listener));
}

function waitingOn(socket: NodeSocket): Set<() => void> {
  const known = waiting.get(socket);
  if (known !== undefined) return known;
  const listeners = new Set<() => void>();
  waiting.set(socket, listeners);
  socket.once('close', () => {
    for (const listener of listeners) listener();
  });
  return listeners;
}
