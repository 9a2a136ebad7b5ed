// What a checksum database says of a sum, and the words for it.
//
// Invariants:
// - "Unknown" is only what the database itself said. Whatever else keeps us from an answer is "could not find out".
// - A disproof names both sums, where each came from, and the authenticated record.
// - Go toolchains are never exempt: neither by GONOSUMDB (the client sees to that), nor by `allow`, nor by their source (spec §10.30).

import { GoModKitError, isGoModKitError } from '../../errors/error.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { CallOptions } from '../../storage/storage.ts';
import type { Events } from '../events.ts';
import type { VerificationSettings } from './settings.ts';
import type { Verdict, VerifiedKind } from './types.ts';

/** A sum to be judged. */
export interface Claim {
  readonly kind: VerifiedKind;
  readonly module: ModuleVersion;
  /** `h1:…` */
  readonly sum: string;
  /** Where the bytes came from: a source, or the repository's own storage. */
  readonly from: 'source' | 'storage';
}

const toolchain = 'golang.org/toolchain';

/**
 * Asks about a sum. Rejects with `checksum_mismatch` when it is disproved, `not_found` when the database does not know the version,
 * `checksum_misbehaviour`, and otherwise with what says that it could not be found out.
 */
export async function judge(
  settings: VerificationSettings,
  events: Events,
  claim: Claim,
  options: CallOptions,
): Promise<Verdict> {
  const { client } = settings;
  const { path, version } = claim.module;
  if (client.skips(path)) return 'skipped';
  try {
    await client.verify(path, claim.kind === 'mod' ? `${version}/go.mod` : version, claim.sum, options);
    return 'proven';
  } catch (error) {
    options.signal?.throwIfAborted();
    if (isGoModKitError(error, 'checksum_mismatch')) throw await disproof(settings, claim, error, options);
    if (!isGoModKitError(error, 'not_found', 'gone')) throw unanswered(settings, claim, error);
    if (settings.exemptUnasked && error.data.unasked === true && path !== toolchain) return 'skipped';
    return unknown(settings, events, claim, error);
  }
}

function unknown(settings: VerificationSettings, events: Events, claim: Claim, cause: GoModKitError): Verdict {
  const { kind, module } = claim;
  const database = settings.client.name;
  if (settings.allowUnknown && module.path !== toolchain) {
    events.emit(() => ({ type: 'unverified', kind, ...only(module), database }));
    return 'unknown';
  }
  const error = new GoModKitError(
    'not_found',
    `${module.path}@${module.version} is unknown to the checksum database ${database}, so it is not served here.\n` +
      'If it is private, name its path in GONOSUMDB or GOPRIVATE of this server, or with --private; then nobody is asked about it.\n' +
      `What ${database} said: ${cause.message}`,
    { cause, data: { ...only(module), database, unverified: true } },
  );
  events.emit(() => ({ type: 'refusal', kind, ...only(module), error }));
  throw error;
}

/** These speak for themselves: proof of misbehaviour, a wrong answer, our own storage, our own end. */
const plain = ['checksum_misbehaviour', 'upstream_invalid', 'storage_unavailable', 'closed'] as const;

function unanswered({ client }: VerificationSettings, { module }: Claim, cause: unknown): unknown {
  if (isGoModKitError(cause, ...plain)) return cause;
  const data = isGoModKitError(cause) ? cause.data : {};
  const why = cause instanceof Error ? cause.message : String(cause);
  return new GoModKitError(
    isGoModKitError(cause, 'upstream_timeout') ? 'upstream_timeout' : 'upstream_unavailable',
    `${module.path}@${module.version} could not be verified with the checksum database ${client.name}: ${why}\n` +
      'Nothing unverified is served. Another database, or none, is chosen with --sumdb NAME+HASH+KEY, --sumdb "NAME+HASH+KEY URL" or ' +
      '--sumdb off (the sumdb option of createRepository).',
    { cause, data: { ...data, ...only(module), database: client.name } },
  );
}

async function disproof(
  { client, sourceName }: VerificationSettings,
  { kind, module, sum, from }: Claim,
  cause: GoModKitError,
  options: CallOptions,
): Promise<GoModKitError> {
  const what = `${module.path}@${module.version}${kind === 'mod' ? '/go.mod' : ''}`;
  const expected = String(cause.data.expected);
  // In memory, as it has just been compared.
  const record = await client.lookup(module.path, module.version, options).catch(() => undefined);
  const ours = from === 'source' ? `downloaded from ${sourceName}` : 'stored in this repository';
  return new GoModKitError(
    'checksum_mismatch',
    `SECURITY ERROR: ${what}: checksum mismatch\n\t${ours}: ${sum}\n\tchecksum database ${client.name}: ${expected}\n` +
      'These are not the bytes that everybody else gets, so they are not served.',
    {
      cause,
      data: {
        ...only(module),
        kind,
        database: client.name,
        from,
        downloaded: sum,
        expected,
        ...(record === undefined ? {} : { record: record.text, number: String(record.number) }),
      },
    },
  );
}

function only({ path, version }: ModuleVersion): ModuleVersion {
  return { path, version };
}
