import { GoModKitError, type Repository, type RepositoryEvent } from '@gomodkit/core';
import { expect, it } from 'vitest';
import { createLogger, logEvents } from './log.ts';

/** How each event is logged: its level, and what is said. */
function logged(events: readonly RepositoryEvent[]): unknown[] {
  const lines: unknown[] = [];
  const log = createLogger('silent');
  log.isLevelEnabled = () => true;
  for (const level of ['trace', 'debug', 'info', 'warn'] as const) {
    log[level] = ((_event: unknown, text: string) =>
      lines.push([level, text])) as unknown as (typeof log)[typeof level];
  }
  const repository = {
    subscribe: (listener: (event: RepositoryEvent) => void) => events.forEach(listener),
  } as unknown as Repository;
  logEvents(repository, log);
  return lines;
}

const version = { path: 'example.com/m', version: 'v1.0.0' };

it('warns of refusals, but not of those that every go command meets on its way', () => {
  const refusal = (kind: 'list' | 'latest' | 'zip', code: 'denied' | 'not_found' | 'checksum_mismatch') =>
    logged([{ type: 'refusal', kind, ...version, error: new GoModKitError(code, 'no') }]);
  expect(refusal('list', 'denied')).toEqual([['debug', 'refusal']]);
  expect(refusal('latest', 'not_found')).toEqual([['debug', 'refusal']]);
  expect(refusal('latest', 'checksum_mismatch')).toEqual([['warn', 'refusal']]);
  expect(refusal('zip', 'denied')).toEqual([['warn', 'refusal']]);
});

it('says stored of what was captured or published', () => {
  expect(logged([{ type: 'publish', kind: 'zip', ...version }])).toEqual([['info', 'stored']]);
});
