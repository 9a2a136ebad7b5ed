// Schemes that repositories are reached by (spec §11.13, §11.16).
//
// Invariant: `git://`, which nobody authenticates, is never tried (CVE-2023-45285), and `file` is never taken from a page.

import { GoModKitError } from '../../errors/error.ts';
import type { RepositoryKind } from './repository-root.ts';

const secureSchemes: ReadonlySet<string> = new Set(['https', 'git+ssh', 'bzr+ssh', 'svn+ssh', 'ssh']);

/** What is tried for an address without scheme, in this order. */
const schemes: Readonly<Record<RepositoryKind, readonly string[]>> = {
  git: ['https', 'http', 'git+ssh', 'ssh'],
  hg: ['https', 'http', 'ssh'],
  svn: ['https', 'http', 'svn', 'svn+ssh'],
  bzr: ['https', 'http', 'bzr', 'bzr+ssh'],
  fossil: ['https', 'http'],
  mod: ['https', 'http'],
};

/**
 * Whether what travels to a repository cannot be read or changed on its way. An address without `://` has no scheme and is not.
 * For git, `allowProtocol` (GIT_ALLOW_PROTOCOL, separated by colons) replaces the list of secure schemes.
 */
export function isSecureAddress(kind: RepositoryKind, address: string, allowProtocol = ''): boolean {
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(address)?.[1]?.toLowerCase();
  if (scheme === undefined) return false;
  if (kind === 'git' && allowProtocol !== '') return allowProtocol.split(':').includes(scheme);
  return secureSchemes.has(scheme);
}

/** The schemes to try for an address without one; those that are not secure only where `insecure` is set. */
export function schemesToTry(kind: RepositoryKind, insecure: boolean): readonly string[] {
  return schemes[kind].filter((scheme) => insecure || secureSchemes.has(scheme));
}

/** Checks the third field of a go-import tag. Throws `upstream_invalid` (spec §11.13). */
export function checkRepoRoot(repoRoot: string): void {
  const [, scheme, rest = ''] = /^([A-Za-z][A-Za-z0-9+.-]*):(.*)$/s.exec(repoRoot) ?? [];
  if (scheme === undefined) throw invalid(`invalid repo root "${repoRoot}": it has no scheme`);
  if (scheme.toLowerCase() === 'file') throw invalid(`invalid repo root "${repoRoot}": file scheme disallowed`);
  const host = rest.startsWith('//') ? rest.slice(2).split(/[/?#]/, 1)[0] : '';
  const odd = [...repoRoot].some((char) => char <= ' ' || char === '\u007f' || char === '\\');
  if (odd || host?.startsWith('-')) throw invalid(`invalid repo root "${repoRoot}"`);
}

/** Checks the fourth field of a go-import tag. Throws `upstream_invalid` (spec §11.13, §5.3). */
export function checkSubdirectory(subdirectory: string): void {
  const why = subdirectory.startsWith('/')
    ? 'leading slash'
    : subdirectory.startsWith('-')
      ? 'leading hyphen'
      : subdirectory.split('/').includes('..')
        ? 'it leaves the repository'
        : undefined;
  if (why !== undefined) throw invalid(`invalid subdirectory "${subdirectory}": ${why}`);
}

function invalid(message: string): GoModKitError {
  return new GoModKitError('upstream_invalid', message);
}
