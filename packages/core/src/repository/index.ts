export type {
  AuditEvent,
  AuditedVersion,
  AuditOptions,
  AuditReport,
  GoSumCounts,
  OriginCounts,
} from './audit/audit.ts';
export type { AuditFinding, AuditFindingKind, AuditSeverity } from './audit/finding.ts';
export { type PlanClosureOptions, planClosure } from './capture/plan-closure.ts';
export type {
  CaptureCount,
  CapturedFile,
  CaptureEvent,
  CaptureReport,
  ClosureFile,
  ClosureOptions,
  ClosurePlan,
  ClosureRefusal,
  ClosureRoot,
  PlannedVersion,
  Wanted,
  WantedGoMod,
} from './capture/types.ts';
export { createRepository } from './create-repository.ts';
export type { FreshnessOptions } from './freshness.ts';
export type { IndexEntry, IndexOptions, IndexPage } from './index-feed/types.ts';
export type { RepositoryLimits, RepositoryOptions } from './options.ts';
export type { PublishContent, Published, PublishOptions } from './publish/index.ts';
export { type RecordEventsOptions, recordEvents } from './record-events.ts';
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
export type { Listable } from './stored-objects.ts';
export { storedSums } from './stored-sums.ts';
export { type StoredVersion, type StoredVersionsOptions, storedVersions } from './stored-versions.ts';
export {
  type RecordPublicationsOptions,
  type RepositorySumsOptions,
  recordPublications,
  repositorySums,
} from './sums.ts';
export { refusePublished } from './verification/refuse-published.ts';
export type { SumdbVerification } from './verification/settings.ts';
export type {
  ReinstateRequest,
  Withdrawal,
  WithdrawalNote,
  WithdrawalOptions,
  WithdrawalRecord,
  WithdrawalStatus,
  WithdrawRequest,
} from './withdrawal/index.ts';
