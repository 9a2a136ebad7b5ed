// From errno to the errors of the contract.
//
// Invariants:
// - "Not there" is an answer, never an error; everything else that the file system refuses is a fault with a reason.
// - The message names the key, not the path: paths are internal and stay in `cause`. `data.reason` is what the system said, without any.

import { GoModKitError } from '@gomodkit/core/errors';

/** The errno of a file system error; undefined for other errors. */
export function errno(error: unknown): string | undefined {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/**
 * ENOTDIR: a parent is an object. ENAMETOOLONG: what cannot be there is not there. ELOOP: a symlink, which is
 * never followed. EISDIR: a folder, as Windows says it. */
const absentCodes = new Set(['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP', 'EISDIR']);

/** Whether the error says that nothing is there. */
export function isAbsent(error: unknown): boolean {
  return absentCodes.has(errno(error) ?? '');
}

/** What link() answers where hard links do not exist. */
const noLinkCodes = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK', 'EINVAL']);

/** Whether link() failed because the file system has no hard links (or none between these two places). */
export function isNoLink(error: unknown): boolean {
  return noLinkCodes.has(errno(error) ?? '');
}

/** A retry may help: something is busy or interrupted. A full disk is not: somebody has to make room. */
const transientCodes = new Set([
  'EMFILE',
  'ENFILE',
  'EAGAIN',
  'EBUSY',
  'EINTR',
  'ENOMEM',
  'ESTALE',
  'ETIMEDOUT',
  'EIO',
]);

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EDQUOT: 'the disk quota is used up',
  EIO: 'the disk reports an I/O error',
  EMFILE: 'this process has too many open files',
  ENFILE: 'the machine has too many open files',
  ENOSPC: 'no space left on device',
  EPERM: 'permission denied',
  EROFS: 'the file system is read-only',
  ENAMETOOLONG: 'the path is too long for this file system',
};

/** Turns a file system error into `storage_unavailable`; other errors stay as they are. */
export function fault(error: unknown, doing: string): unknown {
  const code = errno(error);
  if (code === undefined) return error;
  const reason = reasons[code] === undefined ? code : `${code}: ${reasons[code]}`;
  return new GoModKitError('storage_unavailable', `cannot ${doing}: ${reason}`, {
    cause: error,
    data: { transient: transientCodes.has(code), errno: code, reason },
  });
}
