// What tests of the index share: modules to publish, the whole feed, and what must hold of it.

import { expect } from 'vitest';
import { openSeries, parseMicros } from '../../../series/index.ts';
import type { Storage } from '../../../storage/storage.ts';
import type { Repository } from '../../repository.ts';
import { storedVersions } from '../../stored-versions.ts';
import { type FakeModule, type FakeSource, settle } from '../../testdata/fixture.ts';
import { indexPrefix, pendingPrefix } from '../entries.ts';
import type { IndexEntry, IndexOptions } from '../types.ts';

/** `example.com/m0` … with these versions each. */
export function modulesOf(count: number, versions: readonly string[] = ['v1.0.0']): Record<string, FakeModule> {
  const one = (): FakeModule => ({ versions: Object.fromEntries(versions.map((version) => [version, {}])) });
  return Object.fromEntries(Array.from({ length: count }, (_, i) => [`example.com/m${i}`, one()]));
}

/** `path@version` of everything in a {@link FakeSource}'s modules. */
export function namesOf(modules: FakeSource['modules']): string[] {
  return Object.entries(modules).flatMap(([path, { versions = {} }]) =>
    Object.keys(versions).map((version) => `${path}@${version}`),
  );
}

/** All entries, page by page. */
export async function allEntries(repository: Repository, options: IndexOptions = {}): Promise<IndexEntry[]> {
  const entries: IndexEntry[] = [];
  let page = await repository.index(options);
  entries.push(...page.entries);
  while (page.more) {
    page = await repository.index({ ...options, since: undefined, cursor: page.cursor });
    entries.push(...page.entries);
  }
  return entries;
}

/** `path@version` of entries. */
export function labels(entries: readonly { readonly path: string; readonly version: string }[]): string[] {
  return entries.map(({ path, version }) => `${path}@${version}`);
}

/** Times ascend, strictly. As texts they need not: Go trims zeros. */
export function expectAscending(entries: readonly IndexEntry[]): void {
  const times = entries.map(({ timestamp }) => parseMicros(timestamp) ?? Number.NaN);
  for (const [i, time] of times.entries()) expect(time).toBeGreaterThan(times[i - 1] ?? -1);
}

/** What the series itself holds, whatever a repository makes of it. */
export async function rawEntries(storage: Storage): Promise<string[]> {
  const entries: string[] = [];
  for await (const batch of openSeries<{ path: string; version: string }>(storage, indexPrefix).read()) {
    entries.push(...labels(batch.entries.map(({ value }) => value)));
  }
  return entries;
}

/** Every stored version has one entry, and no other has any. */
export async function expectExact(storage: Storage): Promise<void> {
  const stored: string[] = [];
  for await (const { path, version } of storedVersions(storage)) stored.push(`${path}@${version}`);
  expect((await rawEntries(storage)).sort()).toEqual(stored.sort());
}

/** Keys of notes that are still there. */
export async function notesOf(storage: Storage): Promise<string[]> {
  return (await storage.list({ prefix: `${pendingPrefix}/` })).objects.map(({ key }) => key);
}

/** Publishes what is named, `atOnce` at a time. */
export async function publish(repository: Repository, names: readonly string[], atOnce = 1): Promise<void> {
  for (let i = 0; i < names.length; i += atOnce) {
    const some = names.slice(i, i + atOnce).map((name) => name.split('@'));
    await Promise.all(some.map(([path = '', version = '']) => repository.info(path, version)));
  }
  await settle();
}
