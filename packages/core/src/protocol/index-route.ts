// Pages of the index feed as responses (formats.md §3).
//
// Invariants:
// - One JSON object per line, fields in the order Path, Version, Timestamp, as Go's encoder writes them.
// - Where an authorize hook guards modules, an entry is shown only to whom the hook gives the list of its module; no answer about
//   several modules enters a shared cache then.
// - The page behind is named in a Link header, for clients that go by cursor.

import { sha256 } from '#sha256';
import { hex } from '../bytes/hex.ts';
import { encodeUtf8 } from '../bytes/utf8.ts';
import { GoModKitError, isGoModKitError } from '../errors/error.ts';
import type { ModuleVersion } from '../module/index.ts';
import type { IndexEntry, IndexPage } from '../repository/index-feed/types.ts';
import type { Repository } from '../repository/repository.ts';
import type { CallOptions } from '../storage/storage.ts';
import { type IndexTarget, lastingParameters } from './index-target.ts';
import type { Answer } from './respond.ts';

/** Whether a client may know which versions a module has. */
export type MayList = (path: string) => Promise<boolean>;

/** Answers a request for a page. `mayList`: undefined where nobody is kept from anything. */
export async function answerIndex(
  repository: Repository,
  { options }: IndexTarget,
  mayList: MayList | undefined,
  { signal }: CallOptions,
): Promise<Answer> {
  const page = await pageOf(() => repository.index({ ...options, signal, filter: mayList && filterBy(mayList) }));
  const body = encodeUtf8(page.entries.map(formatEntry).join(''));
  return {
    contentType: 'application/x-ndjson; charset=utf-8',
    cache: 'short',
    size: body.length,
    etag: hex(sha256(body)),
    body,
    headers: page.more ? { link: `<${nextQuery(options, page.cursor)}>; rel="next"` } : undefined,
  };
}

/** One line. Names of modules and versions have no character that Go would escape. */
function formatEntry({ path, version, timestamp }: IndexEntry): string {
  return `${JSON.stringify({ Path: path, Version: version, Timestamp: timestamp })}\n`;
}

/** Each module is asked about once per page. */
function filterBy(mayList: MayList): (module: ModuleVersion) => Promise<boolean> {
  const answers = new Map<string, Promise<boolean>>();
  return ({ path }) => {
    const known = answers.get(path) ?? mayList(path);
    answers.set(path, known);
    return known;
  };
}

/** Relative to the page itself, so that base paths and proxies before this server do not matter. */
function nextQuery(options: IndexTarget['options'], cursor: string): string {
  const parameters = new URLSearchParams({ cursor });
  for (const name of lastingParameters) {
    const value = options[name];
    if (value !== undefined) parameters.set(name, String(value));
  }
  return `?${parameters}`;
}

/** What is wrong with the parameters is the client's to know. */
async function pageOf(read: () => Promise<IndexPage>): Promise<IndexPage> {
  try {
    return await read();
  } catch (error) {
    const ofOption = isGoModKitError(error, 'invalid_argument') && error.data.option !== undefined;
    if (!ofOption && !isGoModKitError(error, 'invalid_path')) throw error;
    throw new GoModKitError('bad_request', error.message, { cause: error });
  }
}
