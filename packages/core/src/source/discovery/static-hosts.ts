// Hosts whose paths say by themselves where the repository is (spec §11.1–11.5).
//
// Invariants:
// - Rows are tried in order. Where a row's host matches and its shape does not, that is an error: no page is asked.
// - A repository address made here is https, or still without scheme where only the suffix of an element said what it is.
// - Paths come from strangers: the time that a path takes grows with its length alone.

import { GoModKitError } from '../../errors/error.ts';
import type { RepositoryKind } from './repository-root.ts';

/** What the static table says of a path. */
export interface StaticRoot {
  readonly root: string;
  readonly kind: RepositoryKind;
  /** Host and path of the repository; the scheme is still to be found where `probe` is set. */
  readonly address: string;
  /** The address came from a suffix such as `.git`: try schemes (spec §11.16). */
  readonly probe: boolean;
}

interface HostRow {
  /** A path that is this or lies below it is of this row. */
  readonly host: string;
  /** What the whole path must look like; group `root` is the repository's root. */
  readonly shape: RegExp;
  readonly kind: RepositoryKind;
  /** Roots must not end in a version control suffix (spec §11.3). */
  readonly noSuffix?: boolean;
}

const rows: readonly HostRow[] = [
  { host: 'github.com', shape: /^(?<root>github\.com\/[\w.-]+\/[\w.-]+)(\/[\w.-]+)*$/, kind: 'git', noSuffix: true },
  {
    host: 'bitbucket.org',
    shape: /^(?<root>bitbucket\.org\/[\w.-]+\/[\w.-]+)(\/[\w.-]+)*$/,
    kind: 'git',
    noSuffix: true,
  },
  {
    host: 'hub.jazz.net/git',
    shape: /^(?<root>hub\.jazz\.net\/git\/[a-z0-9]+\/[\w.-]+)(\/[\w.-]+)*$/,
    kind: 'git',
    noSuffix: true,
  },
  { host: 'git.apache.org', shape: /^(?<root>git\.apache\.org\/[a-z0-9_.-]+\.git)(\/[\w.-]+)*$/, kind: 'git' },
  {
    host: 'git.openstack.org',
    shape: /^(?<root>git\.openstack\.org\/[\w.-]+\/[\w.-]+)(\.git)?(\/[\w.-]+)*$/,
    kind: 'git',
  },
  {
    host: 'chiselapp.com',
    shape: /^(?<root>chiselapp\.com\/user\/[A-Za-z0-9]+\/repository\/[\w.-]+)$/,
    kind: 'fossil',
  },
];

/** What stands for a host in front of an element with a suffix (spec §11.4). */
const anyHost = /^[a-z0-9.-]+(?::[0-9]+)?$/;
const element = /^~?[\w.-]+$/;
const suffixed = /^(?<name>~?[\w.-]+)\.(?<kind>bzr|fossil|git|hg|svn)$/;

/**
 * Where the repository of a path is, if its host or a suffix tells; undefined where a page has to be asked. Throws `not_found` for
 * paths that no go command would find.
 */
export function staticRoot(path: string): StaticRoot | undefined {
  if (path === 'example.net' || path.startsWith('example.net/')) throw absent(path, 'example.net holds no modules');
  if (path === 'rsc.io') throw absent(path, 'rsc.io is not a module');
  if (/^https?:/.test(path)) throw absent(path, `"${path}" is a URL; a module path has no scheme`);
  for (const { host, shape, kind, noSuffix } of rows) {
    if (path !== host && !path.startsWith(`${host}/`)) continue;
    const root = shape.exec(path)?.groups?.root;
    if (root === undefined) throw absent(path, `invalid ${host} import path`);
    if (noSuffix && /\.(bzr|fossil|git|hg|svn)$/.test(root))
      throw absent(path, `invalid version control suffix in ${host} path`);
    return { root, kind, address: `https://${root}`, probe: false };
  }
  return suffixedRoot(path);
}

/**
 * Any host: the first element that says what it is (spec §11.4). Element by element, because one expression for the whole path would
 * try every way to divide a host with many dots.
 */
function suffixedRoot(path: string): StaticRoot | undefined {
  const [host = '', ...elements] = path.split('/');
  if (!anyHost.test(host) || !host.replace(/:.*$/, '').slice(1, -1).includes('.')) return undefined;
  if (!elements.every((each) => element.test(each))) return undefined;
  const at = elements.findIndex((each) => suffixed.test(each));
  const { name, kind } = suffixed.exec(elements[at] ?? '')?.groups ?? {};
  if (name === undefined) return undefined;
  const above = [host, ...elements.slice(0, at)].join('/');
  const root = `${above}/${elements[at]}`;
  return { root, kind: kind as RepositoryKind, address: `${above}/${name}`, probe: true };
}

function absent(path: string, why: string): GoModKitError {
  return new GoModKitError('not_found', `module ${path}: ${why}`);
}
