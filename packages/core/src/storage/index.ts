export { type FileBytes, fileSource } from '../bytes/file.ts';
export { type ByteSource, bytesSource } from '../bytes/source.ts';
export { checkKey, checkKeyPrefix, checkListAfter, isKey, maxKeyBytes, maxKeyElementBytes } from './key.ts';
export { type MemoryStorageOptions, memoryStorage } from './memory.ts';
export { type ObjectBodyOptions, objectBody } from './object-body.ts';
export type { OpenStorage, OpenStorageContext } from './open-storage.ts';
export {
  checkExpiresIn,
  checkRange,
  checkSourceSize,
  compareKeys,
  defaultListLimit,
  type ListBounds,
  listBounds,
  orAborted,
  resolveRange,
  sourceChunks,
  sourceParts,
} from './plugin.ts';
export type {
  CallOptions,
  CreateOptions,
  GetOptions,
  ListOptions,
  ListPage,
  ObjectInfo,
  SignedUrlOptions,
  Storage,
  StoredObject,
} from './storage.ts';
export { type TieredStorage, type TieredStorageOptions, tieredStorage } from './tiered.ts';
