// Zips by redirect: large bodies come from the object store or a CDN, and not through this process.
//
// Invariants:
// - Only what would be answered with the bytes is redirected: access, withdrawal, policy and checksums were asked, and the zip is there at this
//   moment. A store that answers 404 would send a go command to its next source (spec §10.2).
// - A redirect is never kept: whoever may not ask here any more gets nothing from a cache, and no URL outlives its signature.
// - Whatever cannot be redirected is streamed: no URL, a failing signer, a URL that is none, plain http for somebody who came by https (which
//   go commands refuse to follow, spec §10.2).

import type { ZipFile } from '../repository/repository.ts';
import type { CallOptions } from '../storage/storage.ts';
import type { HandlerRequest, HandlerResponse } from './handler.ts';

/** A zip that may be redirected. */
export interface RedirectableZip extends Pick<ZipFile, 'key' | 'size' | 'etag' | 'h1' | 'signedUrl'> {
  /** The module path. */
  readonly path: string;
  readonly version: string;
}

/**
 * Says where a zip can be downloaded; undefined for "from here". The URL is absolute, and good for whoever follows it at once with nothing
 * but a GET. Where the request has credentials and the URL names the same host, or a host below it, a go command sends them there, too.
 *
 * @example
 * ```ts
 * import { createHandler, type Repository, type ZipRedirect } from '@gomodkit/core';
 *
 * // A CDN in front of the bucket, for everything that is worth the second request.
 * const zipRedirect: ZipRedirect = ({ key, size }) => (size < 100_000 ? undefined : `https://cdn.example.com/go/${key}`);
 *
 * export const handlerOf = (repository: Repository) => createHandler({ repository, zipRedirect });
 * ```
 */
export type ZipRedirect = (
  zip: RedirectableZip,
  options: CallOptions & { readonly request: HandlerRequest },
) => string | undefined | Promise<string | undefined>;

/** What the storage signs. */
const signed: ZipRedirect = ({ signedUrl }, { signal }) => signedUrl?.({ signal });

/** The option in one form; undefined for no redirects. */
export function zipRedirectOf(option: boolean | ZipRedirect | undefined): ZipRedirect | undefined {
  if (typeof option === 'function') return option;
  return option === true ? signed : undefined;
}

/** Where a GET of this zip is sent, or undefined. Rejects with what the embedder should know; the zip can be streamed all the same. */
export async function redirectTarget(
  redirect: ZipRedirect,
  { path, version }: { readonly path: string; readonly version: string },
  zip: ZipFile,
  request: HandlerRequest,
): Promise<string | undefined> {
  const { signal } = request;
  const { key, size, etag, h1 } = zip;
  const signedUrl = zip.signedUrl?.bind(zip);
  const url = await redirect({ path, version, key, size, etag, h1, signedUrl }, { signal, request });
  if (url === undefined) return undefined;
  if (!isUsable(url))
    throw new Error(`the redirect of ${key} is no absolute http or https URL without user and fragment`);
  if (isSecure(request) && !/^https:/i.test(url)) return undefined;
  await zip.checkPresent({ signal });
  return url;
}

/** The answer, of which nothing is kept. */
export function respondRedirect(location: string): HandlerResponse {
  return {
    status: 302,
    headers: { location, 'cache-control': 'no-store', 'content-length': '0' },
    body: new Uint8Array(0),
  };
}

/** Nothing that could end a header line passes. */
function isUsable(url: string): boolean {
  if (typeof url !== 'string' || !/^https?:\/\/[\x21-\x7e]+$/i.test(url) || !URL.canParse(url)) return false;
  const { username, password, hash } = new URL(url);
  return username === '' && password === '' && hash === '';
}

/** As far as it can be known here. Somebody who lies about it gets the bytes from here. */
function isSecure({ url, headers }: HandlerRequest): boolean {
  return /^https:/i.test(url) || /^\s*https\b/i.test(headers.get('x-forwarded-proto') ?? '');
}
