// Tar as bundles use it: regular files, known lengths, nothing else.
//
// Invariants:
// - Equal files give equal bytes: times, owners and modes are fixed.
// - What is read is a stream of regular files; a link, a folder, a device or a damaged header is `invalid_bundle`. So is an archive that
//   ends early (`data.truncated`), and one that goes on without an end between files.
// - A body that nobody wants is skipped, never collected.

import { createTarDecoder, createTarPacker, type ParsedTarEntry } from 'modern-tar';
import { type ByteSource, bytesSource } from '../bytes/source.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { CallOptions } from '../storage/storage.ts';

/** A file on its way into an archive. */
export interface OutgoingFile {
  readonly name: string;
  readonly content: Pick<ByteSource, 'size' | 'stream'>;
}

/** A small file. */
export function fileOf(name: string, bytes: Uint8Array): OutgoingFile {
  return { name, content: bytesSource(bytes) };
}

/** As in zips of modules: old, the same everywhere, and later than what file systems cannot tell. */
const time = new Date('1980-01-01T00:00:00Z');

/**
 * Writes an archive. Files are taken one by one, as the reader of the stream goes on. The signal that `files` is given also aborts when that
 * reader leaves.
 */
export function writeTar(
  files: (options: CallOptions) => AsyncIterable<OutgoingFile>,
  { signal }: CallOptions = {},
): ReadableStream<Uint8Array> {
  const { readable, controller } = createTarPacker();
  const stop = new AbortController();
  const either = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const work = async (): Promise<void> => {
    for await (const { name, content } of files({ signal: either })) {
      const body = content.stream();
      // Opened while the reader left.
      if (either.aborted) await body.cancel(either.reason);
      either.throwIfAborted();
      const header = { name, size: content.size, type: 'file', mode: 0o644, uid: 0, gid: 0, mtime: time } as const;
      await body.pipeTo(controller.add(header), { signal: either });
    }
    either.throwIfAborted();
    controller.finalize();
  };
  const reader = readable.getReader();
  let working: Promise<void> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(out) {
        working ??= work().catch((error: unknown) => controller.error(error));
        const { done, value } = await reader.read();
        if (done) out.close();
        else out.enqueue(value);
      },
      async cancel(reason) {
        stop.abort(reason ?? new Error('nobody reads the bundle any more'));
        await reader.cancel(reason).catch(() => {});
        await working;
      },
    },
    { highWaterMark: 0 },
  );
}

/** A file that came. The body must be read to its end, or skipped, before the next one is asked for. */
export interface IncomingFile {
  readonly name: string;
  readonly size: number;
  /** Fails with `invalid_bundle` where the archive ends before the file does. */
  readonly body: ReadableStream<Uint8Array>;
}

/** The most bytes of headers and padding around a file. An archive of ours has less than two thousand. */
const maxOverhead = 16 * 1024 * 1024;

/** Where a stream ended that has no file. */
const beginning = 'its beginning';

/** Reads an archive file by file. */
export class TarReader {
  readonly #entries: ReadableStreamDefaultReader<ParsedTarEntry>;
  /** Bytes that may still come before there must be another file. */
  #budget = maxOverhead;
  #last = beginning;

  constructor(stream: ReadableStream<Uint8Array>, { signal }: CallOptions = {}) {
    const counted = inPieces(stream, (length) => {
      this.#budget -= length;
      if (this.#budget < 0) throw invalidBundle(`after ${this.#last} comes no other file, and no end either`);
    });
    this.#entries = counted
      .pipeThrough(createTarDecoder({ strict: true }), signal === undefined ? {} : { signal })
      .getReader();
  }

  /** The next file; undefined at the end. Rejects with `invalid_bundle`, the signal's reason, and what the stream failed with. */
  async next(): Promise<IncomingFile | undefined> {
    const { done, value } = await this.#entries.read().catch((error: unknown) => {
      throw this.#fault(error);
    });
    if (done) return undefined;
    const { header, body } = value;
    const { name, size, type } = header;
    if (type !== 'file' || header.linkname) {
      const kind = type === 'file' ? 'link' : type;
      throw invalidBundle(`${shown(name)} is a ${kind}, and a bundle has regular files only`, { entry: name });
    }
    if (!(size >= 0)) throw invalidBundle(`${shown(name)} has no size`, { entry: name });
    this.#last = shown(name);
    this.#budget = size + maxOverhead;
    return { name, size, body: this.#watched(body) };
  }

  /** Lets go of the stream. */
  async close(reason: unknown): Promise<void> {
    await this.#entries.cancel(reason).catch(() => {});
  }

  /** A body whose failures say what they are. */
  #watched(body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> {
    const reader = body.getReader();
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const { done, value } = await reader.read().catch((error: unknown) => {
            throw this.#fault(error);
          });
          if (done) controller.close();
          else controller.enqueue(value);
        },
        cancel: () => reader.cancel(),
      },
      { highWaterMark: 0 },
    );
  }

  /** The library throws plain errors; those of the stream itself and of the signal are not its own. */
  #fault(error: unknown): unknown {
    if (!(error instanceof Error) || isGoModKitError(error) || !libraryErrors.test(error.message)) return error;
    if (this.#last === beginning && !/truncated/.test(error.message)) {
      const problem = 'it is no tar, as bundles are; one that was compressed on its way has to be uncompressed first';
      return invalidBundle(problem, {}, error);
    }
    if (!/truncated/.test(error.message)) return invalidBundle(`after ${this.#last}: ${error.message}`, {}, error);
    const data = { truncated: true, entry: this.#last };
    return invalidBundle(`the bundle was cut off: it ends at ${this.#last}`, data, error);
  }
}

const libraryErrors = /^(Tar |Invalid (tar|EOF)|Too many global)/;

/** Hands a stream on in small pieces, each of them counted when it is asked for. */
function inPieces(stream: ReadableStream<Uint8Array>, count: (length: number) => void): ReadableStream<Uint8Array> {
  const reader = stream.getReader();
  let rest = new Uint8Array(0);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        while (rest.length === 0) {
          const { done, value } = await reader.read();
          if (done) return controller.close();
          rest = value as Uint8Array<ArrayBuffer>;
        }
        const piece = rest.subarray(0, pieceBytes);
        rest = rest.subarray(pieceBytes);
        try {
          count(piece.length);
        } catch (error) {
          await reader.cancel(error).catch(() => {});
          throw error;
        }
        controller.enqueue(piece);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

const pieceBytes = 64 * 1024;

/** A bundle that is none, or that breaks its own rules. */
export function invalidBundle(
  problem: string,
  data: Readonly<Record<string, unknown>> = {},
  cause?: unknown,
): GoModKitError {
  return new GoModKitError('invalid_bundle', problem, { data, cause });
}

/** A name as it may be shown: whoever made it need not be a friend. */
export function shown(name: string): string {
  return JSON.stringify(name.length > 200 ? `${name.slice(0, 200)}…` : name);
}
