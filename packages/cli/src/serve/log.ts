// Logs: structured lines on standard error (standard output carries what a command answers), readable ones on a terminal.

import { GoModKitError, isGoModKitError, type Repository, type RepositoryEvent } from '@gomodkit/core';
import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

const levels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** A logger at `level` (default `info`). */
export function createLogger(level: string = 'info'): Logger {
  if (!levels.includes(level))
    throw new GoModKitError('invalid_argument', `unknown log level "${level}"; known are ${levels.join(', ')}`);
  const stream = process.stderr.isTTY
    ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname' })
    : pino.destination({ fd: 2, sync: true });
  return pino(
    { level, base: null, redact: ['headers.authorization', '*.authorization', '*.password', '*.token'] },
    stream,
  );
}

/** How loud each kind of event is. */
const eventLevels = {
  hit: 'trace',
  miss: 'trace',
  fetch: 'debug',
  publish: 'info',
  conflict: 'warn',
  refusal: 'warn',
  unverified: 'warn',
  withdraw: 'warn',
  reinstate: 'warn',
} as const;

/** Writes the events of a repository to a log. */
export function logEvents(repository: Repository, log: Logger): void {
  repository.subscribe((event: RepositoryEvent) => {
    const level = isRoutine(event) ? 'debug' : (eventLevels[event.type] ?? 'debug');
    if (!log.isLevelEnabled(level)) return;
    if (event.type === 'refusal') log[level]({ ...event, error: event.error.message }, 'refusal');
    // Most often it was captured, and nobody published anything.
    else if (event.type === 'publish') log[level](event, 'stored');
    else log[level](event, event.type);
  });
}

/** A go command asks every prefix of a path for versions: that most of them are refused is nothing to warn of. */
function isRoutine(event: RepositoryEvent): boolean {
  if (event.type !== 'refusal' || (event.kind !== 'list' && event.kind !== 'latest')) return false;
  return isGoModKitError(event.error, 'denied', 'not_found', 'gone');
}
