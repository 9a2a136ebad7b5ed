// What every kind of storage URL opens to, and what its opener is told.

import type { Storage } from '@gomodkit/core';

/** A storage and how to name it to people. */
export interface StorageChoice {
  readonly storage: Storage;
  /** Where it is, without options: those of a plugin may be secrets. */
  readonly name: string;
  /** Where it is a directory that does not exist yet: the first module makes it. */
  readonly absent?: boolean | undefined;
}

/** What a storage URL says and where it was said. */
export interface StoragePlace {
  /** The URL without its query. */
  readonly location: string;
  /** Its query: `endpoint=…&region=…`; empty where there is none. */
  readonly query: string;
  /** What relative names are relative to. */
  readonly workingDirectory: string;
}

/** Opens one kind of storage URL. Rejects with `invalid_argument`. */
export type OpenPlace = (place: StoragePlace) => StorageChoice | Promise<StorageChoice>;
