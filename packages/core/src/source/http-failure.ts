// Failures of the network in plain words.
//
// Invariants:
// - A message names the host and a reason that a person can act on; addresses, stacks and texts of libraries stay in `cause`.
// - `data.transient` says whether another try can help.

import { type ErrorCode, GoModKitError } from '../errors/error.ts';

interface Failure {
  readonly reason: string;
  /** Whether another try can help. */
  readonly transient: boolean;
  readonly code?: ErrorCode;
}

const certificate: Failure = { reason: 'its certificate cannot be verified', transient: false };
const cutOff: Failure = { reason: 'connection closed in the middle of the answer', transient: true };
const damaged: Failure = {
  reason: 'the compression of the answer is damaged',
  transient: false,
  code: 'upstream_invalid',
};
const timeout: Failure = { reason: 'connection timed out', transient: true, code: 'upstream_timeout' };

/** By the codes (or names) of errors of Node, its TLS, its decompression and its fetch; the first pattern that fits decides. */
const failures: readonly (readonly [RegExp, Failure])[] = [
  [/^ECONNREFUSED$/, { reason: 'connection refused', transient: true }],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, { reason: 'connection reset', transient: true }],
  [/^ENOTFOUND$/, { reason: 'no such host', transient: false }],
  [/^EAI_/, { reason: 'its name cannot be resolved now', transient: true }],
  [/^(EHOSTUNREACH|ENETUNREACH|ENETDOWN|EADDRNOTAVAIL)$/, { reason: 'no route to it', transient: true }],
  [/^(ETIMEDOUT|UND_ERR_(CONNECT|HEADERS|BODY)_TIMEOUT)$/, timeout],
  [/^UND_ERR_(RES|RESPONSE)_CONTENT_LENGTH_MISMATCH$|^UND_ERR_(INFO|ABORTED)$/, cutOff],
  [
    /^HPE_|^HTTPParserError$|^UND_ERR_HEADERS_OVERFLOW$/,
    { reason: 'the answer is no HTTP', transient: false, code: 'upstream_invalid' },
  ],
  [/^Z_BUF_ERROR$/, cutOff],
  [/^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT|ZSTD_)/, damaged],
  [/CERT|^UNABLE_TO_|SELF_SIGNED|^ERR_TLS_/, certificate],
  [/^ERR_SSL_|^EPROTO$/, { reason: 'no TLS connection is possible', transient: false }],
];

const unknown: Failure = { reason: 'the request failed', transient: true };

/** The error for a rejected `fetch` or a broken body. */
export function connectionError(upstream: string, host: string, what: string, error: unknown): GoModKitError {
  const failure = classify(error);
  const at = upstream.includes(host) ? upstream : `${upstream} at ${host}`;
  return new GoModKitError(failure.code ?? 'upstream_unavailable', `${at}: reading ${what}: ${failure.reason}`, {
    cause: error,
    data: { upstream, transient: failure.transient },
  });
}

function classify(error: unknown): Failure {
  for (const code of codes(error, 0)) {
    const found = failures.find(([pattern]) => pattern.test(code));
    if (found !== undefined) return found[1];
  }
  return unknown;
}

/** Codes and names of an error and its causes, innermost last. Causes may go in circles. */
function codes(error: unknown, depth: number): string[] {
  if (typeof error !== 'object' || error === null || depth > 5) return [];
  const { code, name, cause, errors } = error as { code?: unknown; name?: unknown; cause?: unknown; errors?: unknown };
  const inner = Array.isArray(errors) ? errors.slice(0, 4) : [];
  // Some errors of Node 24 have a name of their own and no code.
  const own = [code, name].filter((each) => typeof each === 'string');
  return [...own, ...codes(cause, depth + 1), ...inner.flatMap((each) => codes(each, depth + 1))];
}
