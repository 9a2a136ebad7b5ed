// A source under full control, and what tests of the repository need beside it.

import { bytesSource, readAll, streamOf } from '../../bytes/source.ts';
import { encodeUtf8 } from '../../bytes/utf8.ts';
import { GoModKitError } from '../../errors/error.ts';
import type { ModuleSource, PinnedOptions, SourceZip, VersionInfo, VersionOptions } from '../../source/source.ts';
import { memoryStorage } from '../../storage/memory.ts';
import type { CallOptions, Storage } from '../../storage/storage.ts';
import { createZip, sourceFile } from '../../zip/index.ts';
import { createRepositoryWith } from '../create-repository.ts';
import type { RepositoryOptions, RepositorySeams } from '../options.ts';
import type { Repository, RepositoryEvent } from '../repository.ts';

export const time = '2000-01-01T00:00:00Z';

/** One call that a {@link FakeSource} got. */
export interface Call {
  readonly method: 'versions' | 'resolve' | 'goMod' | 'zip';
  readonly subject: string;
  readonly options: PinnedOptions;
}

/** A version as a fake source has it. Members that are functions are called for every request. */
export interface FakeVersion {
  info?: VersionInfo | (() => VersionInfo | Promise<VersionInfo>);
  goMod?: Uint8Array | string | (() => Uint8Array | Promise<Uint8Array>);
  /** `null`: no zip. */
  zip?: Uint8Array | null | (() => SourceZip | Promise<SourceZip>);
}

/** A module as a fake source has it. */
export interface FakeModule {
  /** Default: the keys of `versions`. */
  list?: readonly string[] | (() => readonly string[] | Promise<readonly string[]>);
  versions?: Record<string, FakeVersion>;
  queries?: Record<string, VersionInfo | (() => VersionInfo | Promise<VersionInfo>)>;
}

/** A scripted source that logs its calls and counts what becomes of its bodies. */
export class FakeSource implements ModuleSource {
  readonly modules: Record<string, FakeModule>;
  readonly calls: Call[] = [];
  /** Awaited before every answer. */
  gate: ((call: Call) => Promise<void> | void) | undefined;
  openBodies = 0;

  constructor(modules: Record<string, FakeModule>) {
    this.modules = modules;
  }

  count(method: Call['method'], subject?: string): number {
    return this.calls.filter((call) => call.method === method && (subject === undefined || call.subject === subject))
      .length;
  }

  async versions(path: string, options: CallOptions = {}): Promise<readonly string[]> {
    await this.#enter({ method: 'versions', subject: path, options });
    const module = this.#module(path);
    return typeof module.list === 'function' ? module.list() : (module.list ?? Object.keys(module.versions ?? {}));
  }

  async resolve(path: string, query: string, options: VersionOptions = {}): Promise<VersionInfo> {
    await this.#enter({ method: 'resolve', subject: `${path}@${query}`, options });
    const module = this.#module(path);
    const version = module.versions?.[query];
    const info = module.queries?.[query] ?? (version && (version.info ?? { version: query, time }));
    if (info === undefined) throw new GoModKitError('not_found', `${path}@${query}: unknown revision`);
    return typeof info === 'function' ? info() : info;
  }

  async goMod(path: string, version: string, options: PinnedOptions = {}): Promise<Uint8Array> {
    await this.#enter({ method: 'goMod', subject: `${path}@${version}`, options });
    const goMod = this.#version(path, version).goMod ?? `module ${path}\n`;
    if (typeof goMod === 'function') return goMod();
    return typeof goMod === 'string' ? encodeUtf8(goMod) : goMod;
  }

  async zip(path: string, version: string, options: PinnedOptions = {}): Promise<SourceZip> {
    await this.#enter({ method: 'zip', subject: `${path}@${version}`, options });
    const { zip, goMod } = this.#version(path, version);
    if (zip === null) throw new GoModKitError('not_found', `${path}@${version}: no zip`);
    if (typeof zip === 'function') return this.#watch(await zip());
    const bytes =
      zip ?? (await zipOf(path, version, { 'go.mod': typeof goMod === 'string' ? goMod : `module ${path}\n` }));
    return this.#watch({ size: bytes.length, body: streamOf(bytes) });
  }

  #watch(zip: SourceZip): SourceZip {
    this.openBodies++;
    const reader = zip.body.getReader();
    let open = true;
    const close = (): void => {
      if (open) this.openBodies--;
      open = false;
    };
    const body = new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          try {
            const { done, value } = await reader.read();
            if (!done) return controller.enqueue(value);
            close();
            controller.close();
          } catch (error) {
            close();
            throw error;
          }
        },
        cancel(reason) {
          close();
          return reader.cancel(reason);
        },
      },
      { highWaterMark: 0 },
    );
    return { ...zip, body };
  }

  async #enter(call: Call): Promise<void> {
    this.calls.push(call);
    await this.gate?.(call);
    call.options.signal?.throwIfAborted();
  }

  #module(path: string): FakeModule {
    const module = this.modules[path];
    if (module === undefined) throw new GoModKitError('not_found', `module ${path}: not found`);
    return module;
  }

  #version(path: string, version: string): FakeVersion {
    const found = this.#module(path).versions?.[version];
    if (found === undefined) throw new GoModKitError('not_found', `${path}@${version}: unknown revision`);
    return found;
  }
}

/** The zip of a module with these files. */
export function zipOf(path: string, version: string, files: Record<string, string>): Promise<Uint8Array> {
  const list = Object.entries(files).map(([name, text]) => sourceFile(name, encodeUtf8(text)));
  return readAll(createZip({ path, version }, list));
}

/** A clock that moves when told. */
export interface FakeClock {
  now(): number;
  advance(milliseconds: number): void;
}

export function fakeClock(start: number = Date.parse('2026-01-01T00:00:00Z')): FakeClock {
  let time = start;
  return {
    now: () => time,
    advance(milliseconds) {
      time += milliseconds;
    },
  };
}

/** A repository on a fake clock, with everything that happens to it. */
export interface Setup {
  readonly repository: Repository;
  readonly storage: Storage;
  readonly source: FakeSource;
  readonly clock: FakeClock;
  readonly events: RepositoryEvent[];
}

export function setUp(
  modules: Record<string, FakeModule> | FakeSource,
  options: Partial<RepositoryOptions> = {},
  seams: RepositorySeams & { readonly clock?: FakeClock } = {},
): Setup {
  const source = modules instanceof FakeSource ? modules : new FakeSource(modules);
  const clock = seams.clock ?? fakeClock();
  const storage = options.storage ?? memoryStorage({ now: () => new Date(clock.now()) });
  const repository = createRepositoryWith(
    { source, ...options, storage },
    // Waits take no time: the fake clock moves instead.
    {
      now: clock.now,
      sleep: async (milliseconds, signal) => {
        signal?.throwIfAborted();
        clock.advance(milliseconds);
      },
      ...seams,
    },
  );
  const events: RepositoryEvent[] = [];
  repository.subscribe((event) => events.push(event));
  return { repository, storage, source, clock, events };
}

/** The methods of a storage that every one has. */
export type StorageMethod = 'get' | 'head' | 'create' | 'list' | 'delete';

/** A storage around `storage` whose every call goes through `around`; `call` is the real one. */
export function aroundStorage(
  storage: Storage,
  around: (method: StorageMethod, key: string, call: () => Promise<unknown>) => Promise<unknown>,
): Storage {
  const through = <T>(method: StorageMethod, key: string, call: () => Promise<T>): Promise<T> =>
    around(method, key, call) as Promise<T>;
  return {
    get: (key, options) => through('get', key, () => storage.get(key, options)),
    head: (key, options) => through('head', key, () => storage.head(key, options)),
    create: (key, source, options) => through('create', key, () => storage.create(key, source, options)),
    list: (options) => through('list', options?.prefix ?? '', () => storage.list(options)),
    delete: (key, options) => through('delete', key, async () => storage.delete?.(key, options)),
  };
}

/** The same storage, without `delete`. */
export function withoutDelete(storage: Storage): Storage {
  const { delete: _, ...rest } = aroundStorage(storage, (_method, _key, call) => call());
  return rest;
}

/** All keys of a storage, without those of the index. */
export async function keysOf(storage: Storage): Promise<string[]> {
  return (await storage.list()).objects.map(({ key }) => key).filter((key) => !key.startsWith('.gomodkit/index'));
}

/** Puts text under a key. */
export function put(
  storage: Storage,
  key: string,
  content: string | Uint8Array,
): Promise<{ readonly created: boolean }> {
  return storage.create(key, bytesSource(typeof content === 'string' ? encodeUtf8(content) : content));
}

/** The text under a key. */
export async function textAt(storage: Storage, key: string): Promise<string | undefined> {
  const object = await storage.get(key);
  return object && new TextDecoder().decode(await readAll(object.body));
}

/** A promise to settle from outside. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
  reject(error: unknown): void;
}

export function deferred<T = void>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  let reject: (error: unknown) => void = () => {};
  const promise = new Promise<T>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  return { promise, resolve, reject };
}

/** Lets everything that can go on go on. */
export async function settle(turns: number = 20): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise<void>((resolve) => setImmediate(resolve));
}
