// The page of a path, `https://PATH?go-get=1` (spec §11.6, §11.7).
//
// Invariants:
// - Whatever the status, tags on the page count. Without any, 404 and 410 mean "not there", as does a page that names nothing; every
//   other answer means "could not find out", so that an outage does not send clients elsewhere.
// - No more of a page is read than its limit: what stands further down is not seen, which is no error.

import { concatBytes } from '../../bytes/source.ts';
import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { CallOptions } from '../../storage/storage.ts';
import { guardedRequest, type RequestSettings } from '../guarded-request.ts';
import { type GoImport, parseGoImports } from './go-import.ts';

/** How pages are asked for. */
export interface PageSettings extends RequestSettings {
  /** Bytes of a page that are looked at. */
  readonly pageLimit: number;
}

/** What a page said. */
export interface Page {
  /** Where it came from in the end. */
  readonly url: URL;
  readonly imports: readonly GoImport[];
}

/** How a path may be asked about. */
export interface PageOptions extends CallOptions {
  /** The path is the user's own: its host may be on a private network. */
  readonly trusted: boolean;
  /** http may be tried where https fails (GOINSECURE). */
  readonly insecure: boolean;
}

/** Where the page of a path is. Throws `not_found` for a path whose first element is no host name, with a port or without. */
export function pageUrl(path: string, scheme: 'https' | 'http' = 'https'): URL {
  const [host = '', ...rest] = path.split('/');
  if (!host.includes('.'))
    throw new GoModKitError('not_found', `module ${path}: import path does not begin with hostname`);
  const url = `${scheme}://${host}/${rest.map(encodeURIComponent).join('/')}?go-get=1`;
  // Names like `example.1` are paths, but neither names nor addresses of hosts.
  if (/^[\w.-]+(:[0-9]+)?$/.test(host) && URL.canParse(url)) return new URL(url);
  throw new GoModKitError('not_found', `module ${path}: ${host} is no host`);
}

/** Asks for the page of a path. Rejects as the header of this file says, with the status in the message. */
export async function readPage(settings: PageSettings, path: string, options: PageOptions): Promise<Page> {
  try {
    return await ask(settings, pageUrl(path), path, options);
  } catch (error) {
    if (!options.insecure || !isGoModKitError(error, 'upstream_unavailable', 'upstream_timeout')) throw error;
    return ask(settings, pageUrl(path, 'http'), path, options);
  }
}

async function ask(settings: PageSettings, url: URL, path: string, options: PageOptions): Promise<Page> {
  const what = `the go-import tag of ${path}`;
  const { signal, trusted } = options;
  const answer = await request(settings, { url, what, limit: Number.MAX_SAFE_INTEGER, trusted, signal });
  const imports = parse(path, await readStart(answer.body, settings.pageLimit), answer.status);
  if (imports.length > 0 || answer.status === 200) return { url: answer.url, imports };
  const message = `${url.host} answered ${answer.status} when asked for ${what}`;
  if (answer.status === 404 || answer.status === 410) throw new GoModKitError('not_found', message);
  const transient = answer.status === 429 || answer.status >= 500;
  throw new GoModKitError('upstream_unavailable', message, { data: { status: answer.status, transient } });
}

/** A name that nobody has is a fact: there is no such module. */
async function request(...[settings, what]: Parameters<typeof guardedRequest>): ReturnType<typeof guardedRequest> {
  try {
    return await guardedRequest(settings, what);
  } catch (error) {
    if (!isGoModKitError(error, 'upstream_invalid') || error.data.address !== 'unknown') throw error;
    // A redirect to a name that nobody has is a mistake of whoever redirects.
    if (error.data.host !== what.url.host) throw error;
    throw new GoModKitError('not_found', `there is no host ${what.url.host}`, { cause: error });
  }
}

function parse(path: string, bytes: Uint8Array, status: number): readonly GoImport[] {
  try {
    return parseGoImports(bytes);
  } catch (error) {
    // An error page need not be anything that can be parsed: its status says more.
    if (status !== 200) return [];
    const reason = error instanceof Error ? error.message : String(error);
    throw new GoModKitError('not_found', `module ${path}: ${reason}`, { cause: error });
  }
}

async function readStart(body: ReadableStream<Uint8Array>, limit: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body as unknown as AsyncIterable<Uint8Array>) {
    chunks.push(chunk.subarray(0, limit - size));
    size += chunk.length;
    if (size >= limit) break;
  }
  return concatBytes(chunks, Math.min(size, limit));
}
