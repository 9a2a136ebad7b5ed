// What statuses of an upstream mean (protocol-cases rows 25–27, spec §10.2).
//
// Invariants:
// - Only 404, 410 and 400 mean "not there"; nothing else lets a caller conclude absence.
// - Messages carry what the upstream said, cleaned by reason.ts.

import { type ErrorCode, GoModKitError } from '../errors/error.ts';

/** What is known of an answer that is no success. */
export interface Refusal {
  readonly upstream: string;
  readonly what: string;
  readonly status: number;
  /** From reason.ts; may be empty. */
  readonly reason: string;
  /** The header, as it came. */
  readonly retryAfter: string | null;
}

interface Meaning {
  readonly code: ErrorCode;
  readonly transient?: boolean;
  readonly message: (refusal: Refusal) => string;
}

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  407: 'Proxy Authentication Required',
  410: 'Gone',
  429: 'Too Many Requests',
  451: 'Unavailable For Legal Reasons',
  500: 'Internal Server Error',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
};

/** What upstream said stands alone: clients show it, and our words around it would only repeat it (row 25). */
const absent = (refusal: Refusal): string =>
  refusal.reason || `${refusal.what}: ${statusText(refusal.status)} at ${refusal.upstream}`;
const refused = (refusal: Refusal): string =>
  withReason(`${refusal.upstream} refuses ${refusal.what}: ${statusText(refusal.status)}`, refusal.reason);
const credentials = ({ upstream, what, status }: Refusal): string =>
  `${upstream}: our credentials were refused when reading ${what}: ${statusText(status)}; ` +
  'check the user info of its URL, netrc or the credentials option';
const failed = (refusal: Refusal): string =>
  withReason(`${refusal.upstream}: reading ${refusal.what}: ${statusText(refusal.status)}`, refusal.reason);

const meanings: Readonly<Record<number, Meaning>> = {
  400: { code: 'not_found', message: absent },
  401: { code: 'upstream_unavailable', transient: false, message: credentials },
  403: { code: 'denied', message: refused },
  404: { code: 'not_found', message: absent },
  407: { code: 'upstream_unavailable', transient: false, message: credentials },
  408: { code: 'upstream_timeout', transient: true, message: failed },
  410: { code: 'gone', message: absent },
  429: { code: 'upstream_unavailable', transient: true, message: failed },
  451: { code: 'denied', message: refused },
  504: { code: 'upstream_timeout', transient: true, message: failed },
};
const serverFault: Meaning = { code: 'upstream_unavailable', transient: true, message: failed };
const odd: Meaning = { code: 'upstream_invalid', message: failed };

/** The error for a status other than 200. */
export function statusError(refusal: Refusal): GoModKitError {
  const { status, upstream } = refusal;
  const meaning = meanings[status] ?? (status >= 500 && status <= 599 ? serverFault : odd);
  const transient = meaning.transient === undefined ? {} : { transient: meaning.transient };
  const retryAfter = retryAfterSeconds(refusal.retryAfter);
  return new GoModKitError(meaning.code, meaning.message(refusal), {
    data: { upstream, status, ...transient, ...(retryAfter === undefined ? {} : { retryAfter }) },
  });
}

function statusText(status: number): string {
  const title = titles[status];
  return title === undefined ? `unexpected status ${status}` : `${status} ${title}`;
}

function withReason(message: string, reason: string): string {
  return reason === '' ? message : `${message}: ${reason}`;
}

/** Seconds from a Retry-After header in either form. */
function retryAfterSeconds(header: string | null): number | undefined {
  if (header === null) return undefined;
  if (/^\d{1,9}$/.test(header)) return Number(header);
  const time = Date.parse(header);
  return Number.isNaN(time) ? undefined : Math.max(0, Math.ceil((time - Date.now()) / 1000));
}
