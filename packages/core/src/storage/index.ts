export { type ByteSource, bytesSource } from '../bytes/source.ts';
export type {
  CallOptions,
  CreateOptions,
  GetOptions,
  ListOptions,
  ListPage,
  ObjectInfo,
  Storage,
  StoredObject,
} from './storage.ts';
