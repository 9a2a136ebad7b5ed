export { type DirectoryStorageOptions, directoryStorage } from './directory-storage.ts';
