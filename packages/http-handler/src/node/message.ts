// What the Node adapters need of a request and a response, as structure: node:http, node:http2's compatibility layer and the
// wrappers of frameworks have it.

/** What is needed of `http.IncomingMessage` or `http2.Http2ServerRequest`. */
export interface NodeRequest {
  readonly method?: string | undefined;
  /** The raw request target. */
  readonly url?: string | undefined;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly httpVersionMajor: number;
  readonly socket: NodeSocket;
  /** The stream of an HTTP/2 request, which says whether a body follows: no header need. */
  readonly stream?: { readonly endAfterHeaders?: boolean | undefined } | undefined;
  /** Whether all of the body was read. */
  readonly readableEnded?: boolean | undefined;
  /** Whether somebody has begun to read the body. */
  readonly readableDidRead?: boolean | undefined;
  /** Reads the body; drops it where nobody listens. */
  resume(): unknown;
  pause(): unknown;
  on(event: 'data' | 'end' | 'error' | 'close', listener: (chunk: Uint8Array) => void): unknown;
  off(event: 'data' | 'end' | 'error' | 'close', listener: (chunk: Uint8Array) => void): unknown;
}

/** What is needed of `http.ServerResponse` or `http2.Http2ServerResponse`. */
export interface NodeResponse {
  readonly headersSent: boolean;
  /** Absent in HTTP/2. */
  readonly destroyed?: boolean | undefined;
  readonly writableEnded: boolean;
  /** Null while a pipelined response waits for the ones before it. */
  readonly socket: NodeSocket | null;
  /** The stream of an HTTP/2 response. */
  readonly stream?: { readonly destroyed: boolean; close(code: number): unknown } | undefined;
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(chunk: Uint8Array): boolean;
  end(): unknown;
  end(chunk: Uint8Array): unknown;
  destroy(): unknown;
  on(event: 'close' | 'drain' | 'error', listener: () => void): unknown;
  off(event: 'close' | 'drain' | 'error', listener: () => void): unknown;
}

/** What is needed of `net.Socket`. */
export interface NodeSocket {
  readonly destroyed: boolean;
  once(event: 'close', listener: () => void): unknown;
}
