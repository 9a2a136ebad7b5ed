// `SCHEME://BUCKET/PREFIX`, as s3: and gs: have it.
//
// Invariants:
// - A user or password in the URL is refused and shown nowhere: credentials come from the SDK's own chain.
// - The prefix ends in `/`, so that two storages in one bucket never mix.

import type { StoragePlace } from './choice.ts';
import { refused } from './url-options.ts';

/** A bucket and what keys in it begin with. */
export interface BucketPlace {
  readonly bucket: string;
  /** Empty, or with a `/` at its end. */
  readonly prefix: string;
  /** The URL without options, for people. */
  readonly name: string;
}

/** Reads it. Throws `invalid_argument`. */
export function bucketPlace({ location }: StoragePlace, scheme: 's3' | 'gs'): BucketPlace {
  const [, authority = '', path = ''] = /^[a-z0-9]+:\/\/([^/]*)(.*)$/is.exec(location) ?? [];
  if (authority.includes('@') || /^[^/]*:/.test(authority))
    throw refused(scheme, 'the URL has a user, a password or a port; credentials come from the environment of the SDK');
  if (!/^[a-z0-9][a-z0-9._-]*$/i.test(authority))
    throw refused(scheme, `want ${scheme}://BUCKET or ${scheme}://BUCKET/PREFIX`);
  if (location.includes('#')) throw refused(scheme, 'a fragment (#) means nothing here; write %23 in a prefix');
  const prefix = decoded(scheme, path.replace(/^\/|\/$/g, ''));
  return {
    bucket: authority,
    prefix: prefix === '' ? '' : `${prefix}/`,
    name: `${scheme}://${authority}${prefix === '' ? '' : `/${prefix}`}`,
  };
}

function decoded(scheme: string, path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (cause) {
    throw refused(scheme, 'the prefix is no percent-encoded text', cause);
  }
}
