// Where there is no file system: everything answers `unsupported`.

import { GoModKitError } from '../errors/error.ts';

function unsupported(): never {
  throw new GoModKitError('unsupported', 'this runtime has no file system to keep repositories in');
}

/* They reject, rather than throw, like the ones they stand for. */
export const createOwner: () => string = unsupported;
export const isOwnerGone: (name: string) => boolean | undefined = unsupported;
export const rename = async (_from: string, _to: string): Promise<boolean> => unsupported();
export const touch = async (_path: string): Promise<boolean> => unsupported();
export const createWhole = async (_path: string, _text: string): Promise<boolean> => unsupported();
export const replaceWhole = async (_path: string, _text: string): Promise<void> => unsupported();
export const treeSize = async (_path: string): Promise<number> => unsupported();
