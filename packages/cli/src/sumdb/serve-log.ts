// The logs that `gomodkit serve` keeps and serves: a checksum database (--sumdb-key-file) beside what it proxies, and a log of what is done
// to the repository (--event-log-key-file).
//
// Invariants:
// - They are in the storage that is served, so that every instance on it has the same logs.
// - Public versions are recorded as the database has them that verifies; where that cannot be asked, a lookup says so.
// - Witnesses are shown sizes and hashes, and never keep a log from being served.

import {
  GoModKitError,
  type Repository,
  recordEvents,
  recordPublications,
  repositorySums,
  type SumdbSource,
  sumdb,
  type TlogSources,
} from '@gomodkit/core';
import type { RepositorySettings } from '../settings/repository-settings.ts';
import { readKeyFile } from './key-file.ts';

/** Flags of `serve` about logs. */
export interface LogFlags {
  readonly sumdbKeyFile?: string | undefined;
  readonly eventLogKeyFile?: string | undefined;
  /** `NAME+HASH+KEY URL` each. */
  readonly witness?: readonly string[] | undefined;
}

/** Logs that are served. */
export interface ServedLogs {
  /** What answers below /sumdb/: the database of one's own, then what is proxied. */
  readonly sumdb: SumdbSource | undefined;
  /** What is served as C2SP tlog-tiles, by prefix. */
  readonly logs: TlogSources;
  /** What GOSUMDB is for clients, where there is a database of one's own. */
  readonly gosumdb: string | undefined;
  /** Prefixes of logs and the keys that sign them. */
  readonly keys: readonly (readonly [prefix: string, key: string])[];
  /** Resolves when nothing is under way any more; before the storage is closed. */
  close(): Promise<void>;
}

/** A log and how it ends. */
interface Kept<Log> {
  readonly log: Log;
  close(): Promise<void>;
}

interface Parts {
  readonly repository: Repository;
  readonly settings: RepositorySettings;
  readonly cosign: sumdb.Cosign | undefined;
  readonly onError: (error: unknown) => void;
}

/** Opens the logs of key files. Rejects with `invalid_argument`. */
export async function serveLogs(
  flags: LogFlags,
  repository: Repository,
  settings: RepositorySettings,
  onError: (error: unknown) => void,
): Promise<ServedLogs> {
  const signers = [flags.sumdbKeyFile, flags.eventLogKeyFile].map((file) => file && readKeyFile(file));
  const [own, events] = (await Promise.all(signers)).map((file) => (file ? file.signer : undefined));
  if (own !== undefined && own.name === events?.name) {
    throw refused(`the event log and the checksum database are both named ${own.name}; each needs a name of its own`);
  }
  const parts = { repository, settings, onError, cosign: cosigning(flags, settings, onError) };
  const database = own && keepDatabase(own, parts);
  const kept: readonly Kept<sumdb.ChecksumDatabase | sumdb.EventLog>[] = [
    ...(database === undefined ? [] : [database]),
    ...(events === undefined ? [] : [keepEvents(events, parts)]),
  ];
  const proxied = settings.sumdb === undefined ? [] : [settings.sumdb];
  return {
    sumdb: database === undefined ? settings.sumdb : sumdb.combineSumdbs([database.log, ...proxied]),
    logs: Object.fromEntries(kept.map(({ log }) => [`/log/${log.name}`, log])),
    gosumdb: database?.log.key,
    keys: kept.map(({ log }) => [`/log/${log.name}`, log.key]),
    async close() {
      await Promise.all(kept.map((each) => each.close()));
    },
  };
}

function keepDatabase(signer: sumdb.note.Signer, parts: Parts): Kept<sumdb.ChecksumDatabase> {
  const { repository, settings, cosign, onError } = parts;
  const { storage } = settings.storage;
  const verification = settings.offline ? 'off' : (settings.repository.sumdb ?? 'off');
  const log = sumdb.createChecksumDatabase({
    storage,
    signer,
    sums: repositorySums(repository, { storage }),
    trusted: verification === 'off' ? [] : [verification.client],
    cosign,
    onError,
  });
  const stop = recordPublications(repository, log, { onError });
  return {
    log,
    async close() {
      await stop();
      await log.idle();
    },
  };
}

function keepEvents(signer: sumdb.note.Signer, parts: Parts): Kept<sumdb.EventLog> {
  const { repository, settings, cosign, onError } = parts;
  const log = sumdb.createEventLog({ storage: settings.storage.storage, signer, cosign, onError });
  const stop = recordEvents(repository, log, { onError });
  return {
    log,
    async close() {
      await stop();
      await log.idle();
    },
  };
}

/** How checkpoints are cosigned: by whoever answers soon after the first one, as verifiers decide how many they want. */
function cosigning(
  { witness = [], sumdbKeyFile, eventLogKeyFile }: LogFlags,
  { offline }: RepositorySettings,
  onError: (error: unknown) => void,
): sumdb.Cosign | undefined {
  if (witness.length === 0) return undefined;
  if (offline) throw refused('--witness is of no use with --offline: nobody is asked anything');
  if (sumdbKeyFile === undefined && eventLogKeyFile === undefined) {
    throw refused('--witness needs a log to be cosigned: --sumdb-key-file or --event-log-key-file');
  }
  const witnesses = witness.map((text) => {
    const [, key = '', url = ''] = /^(\S+) +(\S+)$/.exec(text.trim()) ?? [];
    if (url === '') throw refused('--witness: want "NAME+HASH+KEY URL"');
    return sumdb.createWitnessClient({ url, keys: [key] });
  });
  return sumdb.cosignWith({ witnesses, quorum: 1, patience: 1500, onFailure: (_, error) => onError(error) });
}

function refused(message: string): GoModKitError {
  return new GoModKitError('invalid_argument', message);
}
