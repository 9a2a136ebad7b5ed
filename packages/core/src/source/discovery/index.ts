export { type DiscoveryOptions, discovery } from './discovery.ts';
export { type GoImport, matchGoImport, parseGoImports } from './go-import.ts';
export { allowsVcs, defaultGoVcs, type GoVcsRule, parseGoVcs } from './govcs.ts';
export type { FindRepository, RepositoryKind, RepositoryRoot } from './repository-root.ts';
