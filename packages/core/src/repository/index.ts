export { createRepository } from './create-repository.ts';
export type { FreshnessOptions } from './freshness.ts';
export type { RepositoryLimits, RepositoryOptions } from './options.ts';
export type {
  FileKind,
  InfoFile,
  Policy,
  PolicyDecision,
  PolicySubject,
  ReadOptions,
  Repository,
  RepositoryEvent,
  RepositoryFile,
  ZipFile,
} from './repository.ts';
export { repositorySource } from './repository-source.ts';
export { type Listable, type StoredVersion, type StoredVersionsOptions, storedVersions } from './stored-versions.ts';
