// A repository of one module for tests: it answers from tables, counts what it is asked, and fails on demand.
//
// Invariant: it never gets a path or version that Go would refuse; if it does, `problems` says so.

import { bytesSource } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import { pathProblem } from '../../module/path.ts';
import { elementProblem } from '../../module/path-elements.ts';
import type { InfoFile, ReadOptions, Repository } from '../../repository/repository.ts';

export const modified: Date = new Date('2024-02-03T04:05:06.789Z');
export const infoText = '{"Version":"v1.0.0","Time":"2000-01-01T00:00:00Z"}';
export const modText = 'module example.com\n';
export const zipBytes: Uint8Array = Uint8Array.from({ length: 1000 }, (_, i) => i % 251);

/** What a {@link fakeRepository} was asked, and how to make it fail. */
export interface FakeRepository extends Repository {
  readonly calls: string[];
  readonly problems: string[];
  readonly options: ReadOptions[];
  opened: number;
  cancelled: number;
  /** Thrown by every read while set. */
  error: unknown;
  storageErrors: { step: string; error: Error }[];
}

const unasked = (): never => {
  throw new Error('the handler does not ask for this');
};

/** A repository that has `example.com` v1.0.0, and `main` as a branch. */
export function fakeRepository(): FakeRepository {
  const note = (what: string, path: string, version: string, options: ReadOptions = {}) => {
    fake.calls.push(version === '' ? `${what} ${path}` : `${what} ${path}@${version}`);
    fake.options.push(options);
    const problem = pathProblem(path) ?? (version === '' ? undefined : elementProblem(version, 'file', '15.0.0'));
    if (problem !== undefined) fake.problems.push(problem);
    if (fake.error !== undefined) throw fake.error;
    const known = path === 'example.com' && ['', 'v1.0.0', 'main'].includes(version);
    if (!known) throw new GoModKitError('not_found', `not found: ${path}@${version}: unknown revision ${version}`);
  };
  const info = (immutable: boolean): InfoFile => ({
    bytes: encodeUtf8(infoText),
    etag: 'info-etag',
    modified,
    info: { version: 'v1.0.0', time: '2000-01-01T00:00:00Z' },
    immutable,
  });
  const fake: FakeRepository = {
    calls: [],
    problems: [],
    options: [],
    opened: 0,
    cancelled: 0,
    error: undefined,
    storageErrors: [],
    async versions(path, options) {
      note('list', path, '', options);
      return ['v1.0.0'];
    },
    async latest(path, options) {
      note('latest', path, '', options);
      return info(false);
    },
    async info(path, query, options) {
      note('info', path, query, options);
      return info(query === 'v1.0.0');
    },
    async goMod(path, version, options) {
      note('mod', path, version, options);
      return { bytes: encodeUtf8(modText), etag: 'mod-etag', modified };
    },
    async zip(path, version, options) {
      note('zip', path, version, options);
      return {
        size: zipBytes.length,
        etag: 'zip-etag',
        modified,
        key: `${path}/@v/${version}.zip`,
        async checkPresent() {},
        async open({ range } = {}) {
          fake.opened++;
          const start = range?.start ?? 0;
          const end = Math.min(range?.end ?? zipBytes.length, zipBytes.length);
          const body = bytesSource(zipBytes.subarray(start, end)).stream();
          return { key: 'k', size: zipBytes.length, etag: 'zip-etag', modified, range: { start, end }, body };
        },
      };
    },
    audit: unasked,
    capture: unasked,
    index: unasked,
    rebuildIndex: unasked,
    publish: unasked,
    withdraw: unasked,
    reinstate: unasked,
    withdrawals: unasked,
    withdrawalHistory: unasked,
    checkStorage: async () => fake.storageErrors,
    subscribe: () => () => {},
    close: async () => {},
  };
  return fake;
}
