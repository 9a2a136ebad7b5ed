// Hosts whose paths are known to need more elements (spec §10.14, §11.3).
//
// Invariant: a path named here as too short is no module for any go command, so nobody is asked about it. `go get` asks for
// every prefix of an import path (spec §4.7), which makes these the most frequent requests of all.

interface HostRule {
  /** Paths outside of this prefix are found by discovery instead. */
  readonly prefix: string;
  /** Elements that the shortest module path has. */
  readonly elements: number;
  readonly shape: string;
}

const rules: ReadonlyMap<string, HostRule> = new Map([
  ['github.com', { prefix: 'github.com', elements: 3, shape: 'github.com/OWNER/REPO' }],
  ['bitbucket.org', { prefix: 'bitbucket.org', elements: 3, shape: 'bitbucket.org/OWNER/REPO' }],
  ['hub.jazz.net', { prefix: 'hub.jazz.net/git', elements: 4, shape: 'hub.jazz.net/git/USER/REPO' }],
  ['git.apache.org', { prefix: 'git.apache.org', elements: 2, shape: 'git.apache.org/NAME.git' }],
  ['git.openstack.org', { prefix: 'git.openstack.org', elements: 3, shape: 'git.openstack.org/OWNER/REPO' }],
  ['chiselapp.com', { prefix: 'chiselapp.com', elements: 5, shape: 'chiselapp.com/user/USER/repository/REPO' }],
]);

/** The shape that module paths of this host have, when `path` is too short for it; else undefined. */
export function tooShortForHost(path: string): string | undefined {
  const slash = path.indexOf('/');
  const rule = rules.get(slash < 0 ? path : path.slice(0, slash));
  if (rule === undefined || !(path === rule.prefix || path.startsWith(`${rule.prefix}/`))) return undefined;
  let elements = 1;
  for (let at = slash; at >= 0; at = path.indexOf('/', at + 1)) elements++;
  return elements < rule.elements ? rule.shape : undefined;
}
