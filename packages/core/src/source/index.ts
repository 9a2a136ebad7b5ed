export { type ChainEntry, chain } from './chain.ts';
export { type CredentialHeaders, type Credentials, netrcCredentials } from './credentials.ts';
export { databaseAt } from './database-at.ts';
export { type DirectorySourceOptions, directorySource } from './directory.ts';
export {
  allowsVcs,
  type DiscoveryOptions,
  defaultGoVcs,
  discovery,
  type FindRepository,
  type GoImport,
  type GoVcsRule,
  matchGoImport,
  parseGoImports,
  parseGoVcs,
  type RepositoryKind,
  type RepositoryRoot,
} from './discovery/index.ts';
export type { GitCacheEvent, HostPoliteness } from './git/cache/index.ts';
export type { GitLimits } from './git/driver.ts';
export type { GitEngineName } from './git/engine.ts';
export { type GitSourceOptions, gitSource } from './git/git-source.ts';
export type { GitSource } from './git/module-source.ts';
export type { GitRewrite } from './git/rewrite.ts';
export { type GoAuthEnv, type GoAuthOptions, goAuthCredentials } from './go-auth.ts';
export type { AuthProgram, AuthRunner } from './go-auth-output.ts';
export { type GoEnvOptions, sourceFromGoEnv } from './go-env.ts';
export { type GoProxyEntry, parseGoProxy } from './go-proxy.ts';
export type { FetchFunction, RetryPolicy, UpstreamClock, UpstreamOptions, UpstreamTimeouts } from './http-settings.ts';
export { formatInfo, parseInfo } from './info.ts';
export { parseList } from './list.ts';
export { type MemoryModule, memorySource } from './memory.ts';
export { type NetrcEntry, parseNetrc } from './netrc.ts';
export { type GuardOptions, type NetworkGuard, networkGuard } from './network-guard.ts';
export type { OriginCheck, OriginCheckOptions, OriginSource, TreeDifference } from './origin-check.ts';
export { type RouteRule, route } from './route.ts';
export type {
  ModuleSource,
  Origin,
  PinnedOptions,
  SourceZip,
  SumdbSource,
  VersionInfo,
  VersionOptions,
} from './source.ts';
export type { FetchKind, UpstreamLimits } from './transport.ts';
export { directSource, offSource } from './unavailable.ts';
export { type UpstreamSource, upstreamSource } from './upstream.ts';
