// What the platform seams promise, in words that need no platform.
//
// Invariants:
// - `x.node.ts` and `x.web.ts` export the same names with these types; callers reach them as `#x` and cannot tell which they got,
//   except that the web one answers `unsupported` where there is no file system, and has smaller limits where there is only memory.

import type { ByteSource } from '../bytes/source.ts';

/** A running SHA-256. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** The 32 bytes. Call it once, last. */
  digest(): Uint8Array;
}

/** A source that can be read at any place. */
export interface RandomAccessSource extends ByteSource {
  slice(start: number, end: number): RandomAccessSource;
}

/** Options of `spool`. */
export interface SpoolOptions {
  /** At most this many bytes are taken. */
  readonly limit: number;
  /** What is spooled, for the error message: `example.com/m@v1.0.0.zip`. */
  readonly what: string;
  readonly signal?: AbortSignal | undefined;
  /** Sees every chunk once, in order: hash in the same pass. A throw ends the spooling. */
  readonly onChunk?: ((chunk: Uint8Array) => void) | undefined;
  /** Where temporary files go. Default: the directory the operating system names. */
  readonly directory?: string | undefined;
  /** Bodies up to this many bytes stay in memory. Default 1 MiB. */
  readonly memory?: number | undefined;
}

/** Bytes that came as a stream and can now be read often and at any place, until they are disposed of. */
export interface Spooled extends RandomAccessSource {
  /** Releases the bytes. Idempotent; streams still open fail. */
  dispose(): Promise<void>;
}

/** What a directory entry is, without following symbolic links. */
export type FileKind = 'regular' | 'directory' | 'symlink' | 'other';

/** What is known of a file without reading it. */
export interface FileStat {
  readonly kind: FileKind;
  /** Length in bytes of a regular file. */
  readonly size: number;
  readonly modified: Date;
}

/** One name in a directory. */
export interface DirectoryEntry {
  readonly name: string;
  readonly kind: FileKind;
}

/** An open file as bytes. */
export interface FileSource extends RandomAccessSource {
  readonly modified: Date;
  /** Closes the file. Idempotent; streams still open fail. */
  close(): Promise<void>;
}

/** One file on its way into an archive. */
export interface ArchiveFile {
  /** The whole entry name. */
  readonly name: string;
  /** How many bytes `chunks` is expected to deliver. Never fewer are promised, never more come. */
  readonly size: number;
  /** The content, opened when its turn has come. */
  chunks(): AsyncIterable<Uint8Array>;
}

/** Ed25519 over raw bytes: keys and seeds have 32 bytes, signatures 64. */
export interface Ed25519 {
  /** Whether `signature` is one of `message` by `publicKey`; false also for a key that is no point and for wrong lengths. */
  verify(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): Promise<boolean>;
  sign(seed: Uint8Array, message: Uint8Array): Promise<Uint8Array>;
  /** The public key that belongs to a seed. */
  publicKey(seed: Uint8Array): Promise<Uint8Array>;
}

/** How a program is run. */
export interface CommandOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where it runs. Default: where this process does. */
  readonly directory?: string | undefined;
  /** What it reads. */
  readonly input?: string | undefined;
  /** It may print this many bytes. */
  readonly limit: number;
  /** It may take this long. */
  readonly milliseconds: number;
}

/** What came out of a zlib stream. */
export interface Inflated {
  readonly data: Uint8Array;
  /** Behind the stream's last byte. */
  readonly end: number;
}

/** What isomorphic-git is given. */
export type {
  GitHttpRequest,
  GitHttpResponse,
  HttpClient as GitHttpClient,
  PromiseFsClient as GitFsClient,
} from 'isomorphic-git';

/** The functions of isomorphic-git that are used. */
export type GitLibrary = Pick<typeof import('isomorphic-git'), 'fetch' | 'getRemoteInfo2' | 'listServerRefs'>;
