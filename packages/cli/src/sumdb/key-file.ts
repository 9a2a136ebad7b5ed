// Files with signing keys: one line, `PRIVATE+KEY+NAME+HASH+KEY` (spec §12.5).
//
// Invariants:
// - A key comes from a file, never from an argument or the value of an environment variable: both show in process listings.
// - A new file is created for its owner alone and never replaces another one; a file that others may read is refused.
// - No message shows what is in the file.

import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { dirname } from 'node:path';
import { GoModKitError, isGoModKitError, sumdb } from '@gomodkit/core';

/** More than any key. */
const maxBytes = 4096;

/** A key that was read. */
export interface KeyFile {
  readonly signer: sumdb.note.Signer;
  /** `NAME+HASH+KEY`, for everybody. */
  readonly verifierKey: string;
}

/** Makes a new key and writes its file; resolves to the verifier key. Rejects with `invalid_argument`. */
export async function createKeyFile(path: string, name: string): Promise<string> {
  const { signerKey, verifierKey } = await sumdb.note.generateKey(name);
  // What names no database would be noticed only by the first client.
  sumdb.parseGoSumdb(verifierKey);
  const file = await opened(path, creating);
  try {
    await file.writeFile(`${signerKey}\n`);
    await file.sync();
  } catch (cause) {
    // Half a key would stand in the way of the next try.
    await unlink(path).catch(() => {});
    throw refused(path, (cause as Error).message);
  } finally {
    await file.close();
  }
  await syncDirectory(dirname(path));
  return verifierKey;
}

/** Who was given the verifier key must find the key after a power cut, too. Where directories cannot be synced, nothing is lost. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r').catch(() => undefined);
  await directory?.sync().catch(() => {});
  await directory?.close();
}

/** Reads a key. Rejects with `invalid_argument` when it is not there, may be read by others, or is no key. */
export async function readKeyFile(path: string): Promise<KeyFile> {
  const text = await readPrivate(path);
  try {
    const signer = await sumdb.note.newSigner(text.replace(/\r?\n$/, ''));
    const { verifierKey } = signer;
    if (verifierKey === undefined) throw new GoModKitError('invalid_argument', 'it does not say its verifier key');
    return { signer, verifierKey };
  } catch (cause) {
    if (!isGoModKitError(cause)) throw cause;
    throw refused(path, `it holds no key: ${cause.message}`);
  }
}

async function readPrivate(path: string): Promise<string> {
  const file = await opened(path, reading);
  try {
    // Of what is open, so that nobody can put another file into its place meanwhile.
    const stats = await file.stat();
    if (!stats.isFile()) throw refused(path, 'it is no file');
    const mode = stats.mode & 0o777;
    // Windows has no such bits.
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) {
      const octal = mode.toString(8).padStart(4, '0');
      throw refused(
        path,
        `others than its owner may use it (mode ${octal}); chmod 600 it, or make a new key if others may have read it`,
      );
    }
    if (stats.size > maxBytes) throw refused(path, 'it is too long for a key');
    return await file.readFile('utf8');
  } finally {
    await file.close();
  }
}

const creating = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL;
/** Nobody waits for a pipe to be written to. Windows has no such flag. */
const reading = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0);

async function opened(path: string, flags: number): Promise<FileHandle> {
  try {
    return await open(path, flags, 0o600);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === 'EEXIST') throw refused(path, 'it exists already, and a key is never overwritten');
    if (code === 'ENOENT' && flags === reading) throw refused(path, 'it does not exist; gomodkit sumdb init makes one');
    throw refused(path, message);
  }
}

function refused(path: string, why: string): GoModKitError {
  return new GoModKitError('invalid_argument', `key file ${path}: ${why}`);
}
