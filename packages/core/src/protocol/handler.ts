// The GOPROXY protocol as a pure function: neutral request in, neutral response out, no socket.
//
// Invariants:
// - `url` is the raw request target (or an absolute URL); it is decoded once, by target.ts, never by `new URL`.
// - Every refusal is text/plain, cleaned to what the go command shows (spec §10.4); internal texts never leave.
// - `authorize` is called before any storage or source is touched.

/** What the handler needs of a request. A Fetch `Request` is one as it is; Node adapters pass the raw target. */
export interface HandlerRequest {
  readonly method: string;
  /** The raw request target, such as `/example.com/@v/list`, or an absolute URL. */
  readonly url: string;
  readonly headers: { get(name: string): string | null };
  readonly signal?: AbortSignal | undefined;
  /**
   * The body, of which nothing is read before this is looked at; null or absent where there is none. Read by uploads alone. A stream
   * that fails, or ends before what `content-length` says, is a client that left.
   */
  readonly body?: ReadableStream<Uint8Array> | null | undefined;
}

/** What the handler answers. Names of headers are lower case. */
export interface HandlerResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Small bodies are bytes, zips are streams; null for HEAD, 304 and the like (`content-length` then still says the size). */
  readonly body: Uint8Array | ReadableStream<Uint8Array> | null;
}

/** Answers one request. Never rejects. */
export type Handler = (request: HandlerRequest) => Promise<HandlerResponse>;
