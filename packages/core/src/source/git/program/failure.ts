// What git says when it fails, as errors.
//
// Invariants:
// - `not_found` only where the server said that the repository is not there (spec §6.4); refused credentials name the host and what
//   would help.
// - git's own words are bounded, one line each, without secrets and without paths of this machine.

import { type ErrorCode, GoModKitError } from '../../../errors/error.ts';
import { redact } from '../../reason.ts';
import type { GitRemote } from '../engine.ts';
import { type Connection, shown } from './connection.ts';

interface Kind {
  readonly code: ErrorCode;
  readonly reason: (host: string) => string;
  readonly transient?: boolean;
}

const kind = (code: ErrorCode, reason: Kind['reason'], transient = false): Kind => ({ code, reason, transient });
const unauthenticated = kind(
  'upstream_unavailable',
  (host) => `${host} asks for credentials, or refuses those given; give some for it (netrc, GOAUTH or a provider)`,
);
const noKey = kind('upstream_unavailable', (host) => `${host} accepts no key; is one loaded in the ssh agent?`);

/** The first pattern that fits git's messages decides. */
const kinds: readonly (readonly [RegExp, Kind])[] = [
  [/requested URL returned error: (404|410)\b/, kind('not_found', () => 'there is no repository')],
  [/^fatal: repository '.*' not found$/m, kind('not_found', () => 'there is no repository')],
  [/does not appear to be a git repository/, kind('not_found', () => 'there is no repository')],
  [
    /(ERROR: Repository not found|The project you were looking for could not be found)/,
    kind('not_found', () => 'there is no repository, or none for you'),
  ],
  [/Authentication failed for|could not read (Username|Password)|returned error: 40[137]\b/, unauthenticated],
  [/Permission denied \(|Too many authentication failures/, noKey],
  [
    /Host key verification failed/,
    kind('upstream_unavailable', (host) => `the key of ${host} is not known; add it to known_hosts`),
  ],
  [/Could not resolve host/i, kind('upstream_unavailable', (host) => `${host}: no such host`)],
  [
    /Failed to connect to|Connection refused|Couldn't connect/i,
    kind('upstream_unavailable', (host) => `${host}: no connection`, true),
  ],
  [/timed out|Operation too slow/i, kind('upstream_timeout', (host) => `${host} does not answer in time`, true)],
  [
    /SSL certificate|certificate verif|self.signed/i,
    kind('upstream_unavailable', (host) => `the certificate of ${host} cannot be verified`),
  ],
  [
    /requested URL returned error: (429|5\d\d)/,
    kind('upstream_unavailable', (host) => `${host} cannot answer now`, true),
  ],
  [/requested URL returned error: 30\d|redirect/i, kind('upstream_invalid', (host) => `${host} redirects to nowhere`)],
  [/invalid path '|Invalid path '/, kind('upstream_invalid', () => 'a file has a name that git refuses')],
  [
    /index-pack|unpack|bad pack|corrupt|protocol error|expected (flush|ref)|bad line length|invalid (index-pack|object)|did not send all necessary objects|inflate|not our ref|bad object|unexpected (disconnect|EOF)|mismatch/i,
    kind('upstream_invalid', (host) => `${host} sent something broken`),
  ],
];

/** The server speaks, and does not want to do this: another way may do. */
const refusals =
  /not our ref|unadvertised object|couldn't find remote ref|does not support|no such remote ref|shallow|filter|not allowed|dumb http/i;

const unknown: Kind = kind('upstream_unavailable', () => 'git failed', true);

/** The error for a run that talked to a remote and failed. */
export function remoteFailure(
  remote: GitRemote,
  connection: Pick<Connection, 'url' | 'secrets'>,
  what: string,
  messages: string,
): GoModKitError {
  const found = kinds.find(([pattern]) => pattern.test(messages))?.[1] ?? unknown;
  const host = connection.url.host === '' ? 'the file system' : connection.url.host;
  const words = excerpt(messages, connection.secrets);
  const message = `${shown(remote)}: ${what}: ${found.reason(host)}${words === '' ? '' : ` (git: ${words})`}`;
  return new GoModKitError(found.code, message, {
    data: {
      host,
      transient: found.transient ?? false,
      ambiguous: found === unauthenticated,
      refused: refusals.test(messages),
    },
  });
}

/** Where http addresses moved; git is not let follow redirects itself. */
export function isRedirect(messages: string): boolean {
  return /requested URL returned error: 30[1278]\b|unable to update url base from redirection/.test(messages);
}

/** The last lines that tell of errors. Absolute paths are the copy's. */
export function excerpt(messages: string, secrets: readonly string[] = []): string {
  const lines = redact(messages, secrets)
    .split(/[\r\n]+/)
    .filter((line) => /^(fatal|error|remote|ERROR)\b/.test(line) && !/^remote: (Counting|Compressing|Total)/.test(line))
    .map((line) =>
      line
        .replace(/'\/[^']*'/g, "'…'")
        .replace(/(^|\s)\/\S+/g, '$1…')
        .replace(/:\/\/[^/@\s]*@/g, '://'),
    );
  return [...new Set(lines)]
    .slice(-3)
    .join('; ')
    .replace(/[\u0000-\u001f\u007f-\u009f]/g, '?')
    .slice(0, 400);
}
