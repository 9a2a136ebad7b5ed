// A GOPROXY for the length of a test.
//
// Invariants:
// - Every answer is that of core's own handler and repository over the fixtures; only faults bend it.
// - Nothing is remembered that an update of the fixtures could change.
// - Nothing outlives close(): ports, connections, directories, go commands.

import { GoModKitError } from '@gomodkit/core/errors';
import { createHandler, type Handler } from '@gomodkit/core/protocol';
import { createRepository, type Repository } from '@gomodkit/core/repository';
import { type MemoryModule, memorySource } from '@gomodkit/core/source';
import { memoryStorage } from '@gomodkit/core/storage';
import { createFaultPlan, type Fault, type FaultPlan } from '../faults/fault.ts';
import { type GoCommandOptions, type GoResult, goCommand } from '../go/command.ts';
import { type GoEnvironment, goEnvironment } from '../go/environment.ts';
import { type TestModule, type TestModules, toMemoryModules } from '../modules/test-modules.ts';
import { createRequestLog, type RequestLog } from '../requests/log.ts';
import { type ProxyFetch, proxyFetch } from './fetch.ts';
import { createDecider } from './outcome.ts';
import { listen } from './server.ts';

/** Options of {@link startTestProxy}. */
export interface TestProxyOptions {
  /** What it serves. */
  readonly modules?: TestModules | undefined;
  /** What goes wrong from the start; more at any time through `proxy.faults`. */
  readonly faults?: readonly Fault[] | undefined;
  /** Variables to add to `proxy.env`, or to replace there. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** A running test proxy. */
export interface TestProxy {
  /** `http://127.0.0.1:PORT`, for GOPROXY. */
  readonly url: string;
  /** Asks the proxy without a port. `proxy.fetch('/example.com/a/@v/list')` takes the raw target. */
  readonly fetch: ProxyFetch;
  /** What was asked, through the port and through `fetch`. */
  readonly requests: RequestLog;
  readonly faults: FaultPlan;
  /**
   * The whole environment of a hermetic go command: this proxy, no checksum database, an empty module cache of its own, nothing of
   * the machine's settings. Its directories are made when it is first read.
   */
  readonly env: Readonly<Record<string, string>>;
  /** Adds module versions and replaces those that are there; `undefined` takes one away. Counts from the next request on. */
  update(modules: Readonly<Record<string, TestModule | undefined>>): void;
  /** Runs the go command with `env`; see {@link goCommand}. Ended by close(). */
  go(args: readonly string[], options?: GoCommandOptions): Promise<GoResult>;
  /** Ends connections, go commands and directories. Idempotent. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a GOPROXY over fixtures, on a free loopback port. Throws `invalid_argument`, `invalid_path` or `invalid_version` for fixtures
 * that no proxy could serve.
 *
 * @example
 * ```ts
 * import { startTestProxy } from '@gomodkit/testing';
 *
 * const proxy = await startTestProxy({
 *   modules: {
 *     'example.com/a@v1.0.0': { 'go.mod': 'module example.com/a\n', 'a.go': 'package a\n' },
 *     'example.com/a@v1.1.0': { files: { 'go.mod': 'module example.com/a\n' }, time: '2024-05-01T12:00:00Z', branches: ['main'] },
 *   },
 *   faults: [{ match: { kind: 'zip' }, status: 503, times: 1 }],
 * });
 * try {
 *   const { stdout } = await proxy.go(['list', '-m', '-versions', 'example.com/a']);
 *   console.log(stdout, proxy.requests.count({ kind: 'list' }));
 * } finally {
 *   await proxy.close();
 * }
 * ```
 */
export async function startTestProxy(options: TestProxyOptions = {}): Promise<TestProxy> {
  const catalogue = createCatalogue(toMemoryModules(options.modules ?? {}));
  const log = createRequestLog();
  const faults = createFaultPlan(options.faults);
  const decide = createDecider({ handler: (request) => catalogue.handler(request), faults, log });
  const server = await listen(decide);
  const closing = new AbortController();
  const commands = new Set<Promise<unknown>>();
  let environment: GoEnvironment | undefined;

  const env = (): GoEnvironment['variables'] => {
    if (closing.signal.aborted) throw closed();
    environment ??= goEnvironment({ goproxy: server.url, variables: options.env });
    return environment.variables;
  };
  const shut = async (): Promise<void> => {
    closing.abort(closed());
    await Promise.allSettled([server.close(), ...commands]);
    await Promise.all([catalogue.close(), environment?.close()]);
  };
  let ended: Promise<void> | undefined;
  const close = (): Promise<void> => {
    ended ??= shut();
    return ended;
  };
  return {
    url: server.url,
    fetch: proxyFetch(decide, server.url, closing.signal),
    requests: log,
    faults,
    get env() {
      return env();
    },
    update: (modules) => catalogue.update(modules),
    async go(args, { signal, ...rest } = {}) {
      const any = signal === undefined ? closing.signal : AbortSignal.any([signal, closing.signal]);
      const command = goCommand(args, { env: env(), ...rest, signal: any });
      commands.add(command);
      return command.finally(() => commands.delete(command));
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function closed(): GoModKitError {
  return new GoModKitError('closed', 'the test proxy is closed');
}

/** Fixtures behind a handler that is made anew when they change. */
interface Catalogue {
  readonly handler: Handler;
  update(modules: Readonly<Record<string, TestModule | undefined>>): void;
  close(): Promise<void>;
}

function createCatalogue(modules: Record<string, MemoryModule>): Catalogue {
  const repositories: Repository[] = [];
  const serve = (): Handler => {
    const repository = createRepository({
      storage: memoryStorage(),
      source: memorySource(modules),
      freshness: { ttl: 0, staleWindow: 0, negativeTtl: 0, staleIfError: 0, failurePause: 0 },
    });
    repositories.push(repository);
    return createHandler({ repository });
  };
  let handler = serve();
  return {
    get handler() {
      return handler;
    },
    update(changes) {
      const before = modules;
      const added = Object.entries(changes).flatMap(([name, module]) => (module === undefined ? [] : [[name, module]]));
      modules = { ...modules, ...toMemoryModules(Object.fromEntries(added)) };
      for (const [name, module] of Object.entries(changes)) if (module === undefined) delete modules[name];
      try {
        handler = serve();
      } catch (error) {
        modules = before;
        throw error;
      }
    },
    async close() {
      await Promise.all(repositories.map((repository) => repository.close()));
    },
  };
}
