// What is done to a repository, in a log of events.

import { expect, it } from 'vitest';
import { GoModKitError } from '../errors/error.ts';
import { memoryStorage } from '../storage/memory.ts';
import { createEventLog, type EventLog, type RegistryLogEvent } from '../sumdb/log/event-log.ts';
import { signer } from '../sumdb/log/testdata/log.ts';
import { recordEvents } from './record-events.ts';
import type { Repository, RepositoryEvent } from './repository.ts';
import { setUp } from './testdata/fixture.ts';

const path = 'example.com/m';
const [block, undo] = [
  { path, version: 'v1.0.0', status: 'block', author: 'ann', reason: 'has a backdoor' },
  { path, version: 'v1.0.0', author: 'bob', reason: 'was a false alarm' },
] as const;

async function eventsOf(log: EventLog): Promise<RegistryLogEvent[]> {
  const found: RegistryLogEvent[] = [];
  for await (const event of log.read()) found.push(event);
  return found;
}

const expected = [
  { type: 'withdrawal', status: 'block', path, version: 'v1.0.0', author: 'ann', reason: 'has a backdoor' },
  { type: 'reinstatement', path, version: 'v1.0.0', author: 'bob', reason: 'was a false alarm' },
];

it('has every withdrawal and reinstatement once and in order, whoever made and whoever records it', async () => {
  const storage = memoryStorage();
  const [here, elsewhere] = [setUp({}, { storage }).repository, setUp({}, { storage }).repository];
  // Before there was a log.
  await elsewhere.withdraw(block);
  const logs = [createEventLog({ storage, signer }), createEventLog({ storage, signer })] as const;
  const stops = [recordEvents(here, logs[0]), recordEvents(elsewhere, logs[1])];
  await here.reinstate(undo);
  await elsewhere.withdraw({ ...block, version: '*', status: 'gone' });
  // The other one hears of each only here.
  await Promise.all(stops.map((stop) => finished(stop, logs[0], 3)));
  expect(await eventsOf(logs[0])).toMatchObject([...expected, { type: 'withdrawal', status: 'gone', version: '*' }]);
  await elsewhere.reinstate({ ...undo, version: '*' });
  // A restart records what it missed, and nothing again.
  await finished(recordEvents(here, logs[0]), logs[0], 4);
  expect((await eventsOf(logs[0])).map(({ type }) => type)).toEqual([
    'withdrawal',
    'reinstatement',
    'withdrawal',
    'reinstatement',
  ]);
});

it('finds in time what other processes withdrew', async () => {
  const storage = memoryStorage();
  const log = createEventLog({ storage, signer });
  const stop = recordEvents(setUp({}, { storage }).repository, log, { interval: 5 });
  await setUp({}, { storage }).repository.withdraw(block);
  await finished(stop, log, 1);
  expect(await eventsOf(log)).toMatchObject(expected.slice(0, 1));
});

it('has a conflict once for the contents that differ, and tries withdrawals again that could not be recorded', async () => {
  const storage = memoryStorage();
  const { repository } = setUp({}, { storage });
  const listeners = new Set<(event: RepositoryEvent) => void>();
  const heard: Pick<Repository, 'subscribe' | 'withdrawalHistory'> = {
    withdrawalHistory: (options) => repository.withdrawalHistory(options),
    subscribe(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
  };
  const log = createEventLog({ storage, signer });
  const errors: unknown[] = [];
  let failures = 1;
  const flaky: Pick<EventLog, 'append'> = {
    append: (event, options) =>
      failures-- > 0 ? Promise.reject(new GoModKitError('storage_unavailable', 'full')) : log.append(event, options),
  };
  await repository.withdraw(block);
  const onError = (error: unknown): void => {
    errors.push(error);
    throw new Error('of the embedder');
  };
  const stop = recordEvents(heard, flaky, { interval: 5, onError });
  await finished(async () => {}, log, 1);
  const conflict = { type: 'conflict', kind: 'zip', path, version: 'v1.0.0', stored: 'h1:a', offered: 'h1:b' } as const;
  for (const event of [conflict, conflict, { ...conflict, offered: 'h1:c' }]) for (const tell of listeners) tell(event);
  await finished(stop, log, 3);
  expect(listeners.size).toBe(0);
  expect(errors).toMatchObject([{ code: 'storage_unavailable' }]);
  expect(await eventsOf(log)).toMatchObject([
    expected[0],
    { type: 'conflict', stored: 'h1:a', offered: 'h1:b' },
    { type: 'conflict', stored: 'h1:a', offered: 'h1:c' },
  ]);
});

/** Stops once `log` has so many events. */
async function finished(stop: () => Promise<void>, log: EventLog, count: number): Promise<void> {
  await expect.poll(async () => (await log.head()).size, { timeout: 5000 }).toBeGreaterThanOrEqual(BigInt(count));
  await stop();
}
