// What every adapter can be told.

import type { HandlerRequest } from '@gomodkit/core/protocol';

/** Options of every adapter. */
export interface AdapterOptions {
  /**
   * The path that the handler is mounted under, such as `/go`. It is taken off the request target before the handler sees it; a
   * request outside it goes to the next middleware where there is one, else it is answered 404.
   *
   * Leave it out where the framework strips the mount path itself (`app.use('/go', …)`), and where the handler was made with a
   * base path of its own. It is compared with the raw target, byte for byte.
   */
  readonly prefix?: string | undefined;
  /**
   * Told of every answer that could not be given whole because of us: a handler that rejected, a body that failed or had another
   * length than announced. Clients that leave are no errors. The response is already taken care of; what this throws is ignored.
   */
  readonly onError?: ((error: unknown, request: HandlerRequest) => void) | undefined;
}

/** Options of adapters for frameworks that change `req.url` while they route. */
export interface MountOptions extends AdapterOptions {
  /**
   * Hand the target to the handler as the client sent it, mount path included, instead of as the framework left it. For handlers
   * made with a base path that equals the mount path. Default `false`.
   */
  readonly originalUrl?: boolean | undefined;
}
