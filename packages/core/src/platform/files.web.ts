// No file system: everything that would touch one answers `unsupported`.

import { GoModKitError } from '../errors/error.ts';
import type { DirectoryEntry, FileSource, FileStat } from './types.ts';

/** Whether this platform has a file system. */
export const hasFiles: boolean = false;
/** The separator of file paths. */
export const sep: '/' | '\\' = '/';

function unsupported(): never {
  throw new GoModKitError('unsupported', 'this runtime has no file system; use a source or storage that needs none');
}

/* Path functions. */
export const basename: (path: string, suffix?: string) => string = unsupported;
export const dirname: (path: string) => string = unsupported;
export const isAbsolute: (path: string) => boolean = unsupported;
export const join: (...paths: string[]) => string = unsupported;
export const relative: (from: string, to: string) => string = unsupported;
export const resolve: (...paths: string[]) => string = unsupported;
export const fileURLToPath: (url: string | URL) => string = unsupported;
export const pathToFileURL: (path: string) => URL = unsupported;

/* File functions: they reject, rather than throw, like the ones they stand for. */
export const readFile = async (_path: string): Promise<Uint8Array | undefined> => unsupported();
export const stat = async (_path: string): Promise<FileStat | undefined> => unsupported();
export const lstat = async (_path: string): Promise<FileStat | undefined> => unsupported();
export const readDirectory = async (_path: string): Promise<DirectoryEntry[] | undefined> => unsupported();
export const fileSource = async (_path: string): Promise<FileSource> => unsupported();
export const readRegular = async (
  _path: string,
  _limit: number,
): Promise<{ readonly size: number; readonly bytes: Uint8Array }> => unsupported();
export const openStream = async (_path: string): Promise<ReadableStream<Uint8Array>> => unsupported();
export const makeDirectory = async (_path: string): Promise<void> => unsupported();
export const makeDirectories = async (_path: string): Promise<string | undefined> => unsupported();
export const writeNewFile = async (
  _path: string,
  _chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  _mode: number,
): Promise<void> => unsupported();
export const remove = async (_path: string): Promise<void> => unsupported();
