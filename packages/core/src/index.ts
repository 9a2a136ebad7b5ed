// The whole library: the engine's parts by name, Go's rules as namespaces under the names that golang.org/x/mod gives them. Each folder is
// also an entry point of its own (`@gomodkit/core/semver`), for those who want only that.

export * as bundle from './bundle/index.ts';
export * as dirhash from './dirhash/index.ts';
export * from './errors/index.ts';
export * as gosum from './gosum/index.ts';
export * as gover from './gover/index.ts';
export * as graph from './graph/index.ts';
export * as maintenance from './maintenance/index.ts';
export * as modfile from './modfile/index.ts';
export * as module from './module/index.ts';
export * as packages from './packages/index.ts';
export * from './protocol/index.ts';
export * from './repository/index.ts';
export * as semver from './semver/index.ts';
export * from './source/index.ts';
export * from './storage/index.ts';
export * as sumdb from './sumdb/index.ts';
export * as zip from './zip/index.ts';
