export type {
  AuditedPeer,
  AuditedStore,
  AuditLogEvent,
  AuditLogOptions,
  AuditLogReport,
  AuditPeer,
  AuditProblem,
  AuditProblemKind,
  StoredSums,
} from './auditor/audit.ts';
export { auditLog } from './auditor/audit-log.ts';
export { formatAuditReport } from './auditor/report-text.ts';
export { type CachePutOptions, type SumdbCache, storageCache } from './client/cache.ts';
export { createSumdbClient } from './client/client.ts';
export {
  defaultGoSumdb,
  type GoSumdb,
  type GoSumdbSettings,
  goSumdbFromEnv,
  parseGoSumdb,
} from './client/go-sumdb.ts';
export { type HeadStore, type KeptHead, memoryHeads, storageHeads } from './client/heads.ts';
export { checkMisbehaviour, type Misbehaviour, misbehaviourReport } from './client/misbehaviour.ts';
export type { SignedTree } from './client/signed-tree.ts';
export type { SumdbClient, SumdbClientOptions, SumdbRecord, SumdbRemote } from './client/sumdb-client.ts';
export {
  type ChecksumDatabase,
  type ChecksumDatabaseOptions,
  createChecksumDatabase,
} from './log/checksum-database.ts';
export { formatEntries, maxRecordBytes, parseEntries } from './log/entries.ts';
export {
  createEventLog,
  type EventLog,
  type EventLogOptions,
  type RegistryEventBase,
  type RegistryLogEvent,
} from './log/event-log.ts';
export type { BothSums, SumRecord, SumsProvider } from './log/sum-record.ts';
export * as note from './note/index.ts';
export { type CreatedProof, type CreateProofOptions, createProof } from './proof/create-proof.ts';
export { formatProof, type ProofFile, parseProof } from './proof/proof-file.ts';
export { type VerifiedProof, type VerifyProofOptions, verifyProof, type WitnessPolicy } from './proof/verify-proof.ts';
export { combineSumdbs, type NamedSumdb } from './proxy/combine.ts';
export { type DatabaseRemoteOptions, databaseRemote, type SumdbAnswers } from './proxy/database-remote.ts';
export { createSumdbProxy } from './proxy/sumdb-proxy.ts';
export type { ProxiedSumdb, SumdbProxy, SumdbProxyOptions } from './proxy/types.ts';
export * as tlog from './tlog/index.ts';
export { type Checkpoint, formatCheckpoint, goSumOrigin, parseCheckpoint } from './witness/checkpoint.ts';
export {
  type Cosigner,
  cosignatureTime,
  generateCosignerKey,
  newCosignatureVerifier,
  newCosigner,
  newEd25519Cosigner,
} from './witness/cosignature.ts';
export { type Cosign, type CosignOptions, cosignWith } from './witness/quorum.ts';
export {
  createWitness,
  type Witness,
  type WitnessEvidence,
  type WitnessedLog,
  type WitnessOptions,
} from './witness/witness.ts';
export {
  createWitnessClient,
  type ProveConsistency,
  type WitnessClient,
  type WitnessClientOptions,
} from './witness/witness-client.ts';
export {
  createWitnessHandler,
  type WitnessHandlerOptions,
  type WitnessRequest,
  type WitnessResponse,
} from './witness/witness-handler.ts';
