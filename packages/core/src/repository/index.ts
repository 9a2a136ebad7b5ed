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
