// From module path to repository (spec §11).
//
// Invariants:
// - The order: the static table, the page of the path, and for a few hosts what they once were.
// - A page speaks for its own prefix only: another path's claim is checked against the page of that prefix (spec §11.12).
// - What a page names is checked for scheme and kind here, for its address where it is connected to.
// - Answers are kept for a while and counted; failures are not kept.

import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import { prefixPatterns } from '../../module/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { Credentials } from '../credentials.ts';
import type { FetchFunction } from '../http-settings.ts';
import { type NetworkGuard, networkGuard } from '../network-guard.ts';
import { type GoImport, matchGoImport } from './go-import.ts';
import { allowsVcs, defaultGoVcs, parseGoVcs } from './govcs.ts';
import { type PageOptions, type PageSettings, readPage } from './page.ts';
import { createPageMemory } from './page-memory.ts';
import type { FindRepository, RepositoryKind, RepositoryRoot } from './repository-root.ts';
import { checkRepoRoot, checkSubdirectory, isSecureAddress, schemesToTry } from './schemes.ts';
import { type StaticRoot, staticRoot } from './static-hosts.ts';

/** Options of {@link discovery}. */
export interface DiscoveryOptions {
  /** Default: the global `fetch`. */
  readonly fetch?: FetchFunction | undefined;
  /** Asked for headers before each https request. */
  readonly credentials?: Credentials | undefined;
  /** Which hosts may be connected to. Default: those on public addresses. */
  readonly network?: NetworkGuard | undefined;
  /** Module paths that are the user's own, in GOPRIVATE syntax: their hosts may be anywhere, and any version control may be used. */
  readonly private?: string | undefined;
  /** Module paths for which http will do, in GOINSECURE syntax. Their hosts may be anywhere, too. */
  readonly insecure?: string | undefined;
  /** Which version control may be used where, in GOVCS syntax. Default: git and Mercurial for all, anything for private paths. */
  readonly govcs?: string | undefined;
  /**
   * Says whether a git repository answers at a URL, and rejects where that could not be found out: finds the scheme of paths such as
   * `host/repo.git`. `root` is the module path prefix that the repository is for. Default: https is taken.
   */
  readonly probe?: ((url: string, root: string, options: CallOptions) => Promise<boolean>) | undefined;
  /** Milliseconds that an answer is kept. Default 600,000, ten minutes. */
  readonly lifetime?: number | undefined;
  /** Milliseconds that a page may take in all. Default 30,000. */
  readonly timeout?: number | undefined;
  /** Bytes of a page that are looked at. Default 1 MiB. */
  readonly pageLimit?: number | undefined;
}

const kinds: readonly string[] = ['git', 'hg', 'svn', 'bzr', 'fossil', 'mod'] satisfies readonly RepositoryKind[];

/**
 * Finds the repositories of modules as the go command does with GOPROXY=direct: static hosts, and `?go-get=1` pages.
 *
 * Throws `invalid_argument` for a malformed GOVCS. The function it returns rejects with `not_found` where there is no repository,
 * `denied` where GOVCS refuses it, `upstream_invalid` where a page names what must not be used, and `upstream_unavailable` or
 * `upstream_timeout` where that could not be found out.
 *
 * @example
 * ```ts
 * import { discovery } from '@gomodkit/core';
 *
 * const find = discovery({ private: 'git.corp.example' });
 * const { url, root, subdirectory } = await find('golang.org/x/mod');
 * ```
 */
export function discovery(options: DiscoveryOptions = {}): FindRepository {
  const rules = [...parseGoVcs(options.govcs ?? ''), ...defaultGoVcs];
  const isPrivate = prefixPatterns(options.private ?? '');
  const isInsecure = prefixPatterns(options.insecure ?? '');
  const settings: PageSettings = {
    network: options.network ?? networkGuard(),
    fetch: options.fetch,
    credentials: options.credentials,
    total: options.timeout ?? 30_000,
    pageLimit: options.pageLimit ?? 1024 * 1024,
  };
  const pages = createPageMemory((path, signal) => {
    const insecure = isInsecure(path);
    const page: PageOptions = { trusted: insecure || isPrivate(path), insecure, signal };
    return readPage(settings, path, page);
  }, options.lifetime ?? 600_000);

  const checkVcs = (kind: RepositoryKind, root: string) => {
    if (kind === 'mod' || allowsVcs(rules, root, isPrivate(root), kind)) return;
    const what = isPrivate(root) ? 'private' : 'public';
    throw new GoModKitError('denied', `GOVCS disallows using ${kind} for ${what} ${root}`);
  };

  const fromTable = async (found: StaticRoot, call: CallOptions): Promise<RepositoryRoot> => {
    const { root, kind, address } = found;
    checkVcs(kind, root);
    const url = found.probe ? await findScheme(options.probe, found, isInsecure(root), call) : address;
    return { root, kind, url, subdirectory: '' };
  };

  const fromPages = async (path: string, { signal }: CallOptions): Promise<RepositoryRoot> => {
    const page = await pages(path, signal);
    const match = matchGoImport(page.imports, path);
    if (match.prefix !== path) {
      const own = await pages(match.prefix, signal);
      if (!isSame(matchOrNone(own.imports, path), match)) {
        const message = `${page.url.host}${page.url.pathname} and ${own.url.host}${own.url.pathname} disagree about go-import for ${match.prefix}`;
        throw new GoModKitError('not_found', message);
      }
    }
    const kind = checkTag(match, page.url, isInsecure(path));
    checkVcs(kind, match.prefix);
    return { root: match.prefix, kind, url: match.repoRoot, subdirectory: match.subdirectory };
  };

  return async (path, call = {}) => {
    call.signal?.throwIfAborted();
    const found = staticRoot(path);
    if (found !== undefined) return fromTable(found, call);
    try {
      return await fromPages(path, call);
    } catch (error) {
      const late = isGoModKitError(error, 'not_found') ? lateRoot(path) : undefined;
      if (late === undefined) throw error;
      checkVcs(late.kind, late.root);
      return late;
    }
  };
}

/** What remains of a host that once kept Bazaar repositories (spec §11.1). */
function lateRoot(path: string): RepositoryRoot | undefined {
  const shape = /^launchpad\.net\/([\w.-]+(\/[\w.-]+)?|~[\w.-]+\/(\+junk|[\w.-]+)\/[\w.-]+)(\/[\w.-]+)*$/;
  if (!shape.test(path)) return undefined;
  return { root: path, kind: 'bzr', url: `https://${path}`, subdirectory: '' };
}

async function findScheme(
  probe: DiscoveryOptions['probe'],
  { root, kind, address }: StaticRoot,
  insecure: boolean,
  call: CallOptions,
): Promise<string> {
  const urls = schemesToTry(kind, insecure).map((scheme) => `${scheme}://${address}`);
  const [first = `https://${address}`] = urls;
  if (probe === undefined || kind !== 'git') return first;
  let failure: unknown;
  for (const url of urls) {
    try {
      if (await probe(url, root, call)) return url;
    } catch (error) {
      call.signal?.throwIfAborted();
      // That ssh does not work here says nothing; that https could not be asked means that nobody knows.
      if (url === first) failure = error;
    }
  }
  throw failure ?? new GoModKitError('not_found', `no repository answers at ${urls.join(', ')}`);
}

/** The kind of a tag whose fields are all acceptable. */
function checkTag(tag: GoImport, page: URL, insecure: boolean): RepositoryKind {
  const where = `${page.host}${page.pathname}`;
  try {
    checkSubdirectory(tag.subdirectory);
    checkRepoRoot(tag.repoRoot);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new GoModKitError('upstream_invalid', `${where}: ${reason}`, { cause: error });
  }
  if (!kinds.includes(tag.vcs)) throw new GoModKitError('not_found', `${where}: unknown vcs "${tag.vcs}"`);
  const kind = tag.vcs as RepositoryKind;
  if (kind === 'mod' && !/^https?:/i.test(tag.repoRoot)) {
    throw new GoModKitError('upstream_invalid', `${where} names ${tag.repoRoot} as a proxy, which is not https`);
  }
  if (insecure || isSecureAddress(kind, tag.repoRoot)) return kind;
  const message = `${where} names ${tag.repoRoot}, which is not secure; GOINSECURE would allow it`;
  throw new GoModKitError('upstream_invalid', message);
}

function matchOrNone(imports: readonly GoImport[], path: string): GoImport | undefined {
  try {
    return matchGoImport(imports, path);
  } catch {
    return undefined;
  }
}

function isSame(a: GoImport | undefined, b: GoImport): boolean {
  return (
    a !== undefined &&
    a.prefix === b.prefix &&
    a.vcs === b.vcs &&
    a.repoRoot === b.repoRoot &&
    a.subdirectory === b.subdirectory
  );
}
