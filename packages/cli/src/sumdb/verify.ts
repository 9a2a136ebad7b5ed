// `gomodkit sumdb verify`: the audit of a log, for people and programs.

import { GoModKitError, isGoModKitError, storedSums, sumdb } from '@gomodkit/core';
import { InvalidArgumentError } from 'commander';
import { checking } from '../audit/checking.ts';
import { openStorage } from '../settings/storage-choice.ts';
import { privatePatterns } from '../settings/sumdb-choice.ts';
import { readGoEnv } from '../settings/upstream-choice.ts';
import { remoteLog } from './remote-log.ts';

/** Flags of `gomodkit sumdb verify`. */
export interface VerifyFlags {
  readonly key: string;
  readonly against?: string | undefined;
  readonly againstKey?: string | undefined;
  readonly storage?: string | undefined;
  readonly private?: string | undefined;
  readonly from?: bigint | sumdb.tlog.Tree | undefined;
  readonly json?: boolean | undefined;
}

/** Audits, prints, and sets the exit status. */
export async function verify(url: string, flags: VerifyFlags): Promise<void> {
  await checking(async () => {
    const store = flags.storage === undefined ? undefined : await openStorage(flags.storage, process.cwd());
    if (store?.absent) throw new GoModKitError('invalid_argument', `there is no storage at ${store.name}`);
    try {
      return await audit(
        {
          key: flags.key,
          remote: remoteLog(url, nameOf(flags.key)),
          from: flags.from,
          store: store && storedSums(store.storage),
          against: await peerOf(flags),
          noSumdb: flags.private,
        },
        flags.json ?? false,
      );
    } finally {
      await store?.storage.close?.();
    }
  });
}

async function audit(options: sumdb.AuditLogOptions, json: boolean): Promise<boolean> {
  let ok = false;
  for await (const event of withHint(sumdb.auditLog(options))) {
    if (json) process.stdout.write(`${JSON.stringify(event, plain)}\n`);
    if (event.type !== 'done') continue;
    ok = event.report.ok;
    if (!json) process.stdout.write(sumdb.formatAuditReport(event.report));
  }
  return ok;
}

/** A mirror need not have the beginning of a log. */
async function* withHint(events: AsyncIterable<sumdb.AuditLogEvent>): AsyncGenerator<sumdb.AuditLogEvent, void, void> {
  try {
    yield* events;
  } catch (error) {
    const isMissing = isGoModKitError(error) && /tile\/\d+\/data\/.*\b(?:403|404|410)\b/s.test(error.message);
    if (!isMissing) throw error;
    const help = 'a mirror that has not the whole log is audited from where it begins: --from SIZE';
    throw new GoModKitError(error.code, `${error.message}; ${help}`, { cause: error, data: error.data });
  }
}

/** The size, and the root where it is named, of `SIZE[:ROOT]`. */
export function fromOf(text: string): bigint | sumdb.tlog.Tree {
  const [, size = '', root] = /^(0|[1-9]\d{0,17})(?::(.+))?$/.exec(text) ?? [];
  try {
    if (size !== '')
      return root === undefined ? BigInt(size) : { size: BigInt(size), hash: sumdb.tlog.parseHash(root) };
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError('expected a number of records, such as 40000000, or SIZE:ROOT of an earlier report');
}

async function peerOf(flags: VerifyFlags): Promise<sumdb.AuditPeer | undefined> {
  const { against, againstKey, key } = flags;
  if (against === undefined) {
    if (againstKey === undefined) return undefined;
    throw new GoModKitError('invalid_argument', '--against-key needs --against, the URL of that database');
  }
  const theirs = againstKey ?? key;
  // A log of one's own is full of names that nobody else is to hear.
  const noSumdb = privatePatterns(flags.private, await readGoEnv(process.env));
  return { key: theirs, remote: remoteLog(against, nameOf(theirs)), noSumdb };
}

function nameOf(key: string): string {
  const database = key === '' || key === 'off' ? undefined : parsedKey(key);
  if (database !== undefined && database.url === undefined) return database.name;
  throw new GoModKitError(
    'invalid_argument',
    `--key: ${JSON.stringify(key)} is no verifier key: want NAME+HASH+KEY or sum.golang.org`,
  );
}

function parsedKey(key: string): sumdb.GoSumdb | undefined {
  try {
    return sumdb.parseGoSumdb(key);
  } catch (cause) {
    if (!isGoModKitError(cause)) throw cause;
    throw new GoModKitError('invalid_argument', `--key: ${cause.message.replace(/^GOSUMDB: /, '')}`, { cause });
  }
}

/** JSON has no numbers of 64 bits, and no bytes. */
function plain(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return Number(value);
  return value instanceof Uint8Array ? sumdb.tlog.formatHash(value) : value;
}
