// Filling a repository with closures.
//
// Invariants:
// - Whatever is captured goes through the repository's own publication, so a capture that is killed or aborted leaves nothing
//   half-written, and the next one finds what is there and fetches the rest.
// - What is stored already costs reads and no request.
// - At most `concurrency` versions and zips are worked on, and zips take no more than half of the places while versions wait: what
//   they will want is not known yet.
// - Events wait for their reader, and work waits for events. A reader who leaves ends the capture; the generator ends when all work has.

import { linkedController } from '../../async/abort.ts';
import { createLimiter, type Limiter } from '../../async/limiter.ts';
import type { ModuleVersion } from '../../module/index.ts';
import type { Repository } from '../repository.ts';
import { type Channel, createChannel } from './channel.ts';
import { type ClosureHost, Closures } from './closure.ts';
import { createRefusals, type Refusals } from './refusals.ts';
import { checkedOptions } from './settings.ts';
import { createTally, type Tally } from './tally.ts';
import type { CaptureEvent, CaptureReport, ClosureFile, ClosureOptions, Wanted } from './types.ts';
import { inOrderOf, wishes } from './wanted.ts';

/** What captures need of a repository. */
export type CaptureRepository = Pick<Repository, 'latest' | 'info' | 'goMod' | 'zip' | 'subscribe'>;

/** How many events may wait for their reader. */
const room = 256;

/** Captures what is wanted into `repository`. See {@link Repository.capture}. */
export async function* captureClosure(
  repository: CaptureRepository,
  wanted: Wanted | readonly Wanted[],
  options: ClosureOptions,
): AsyncGenerator<CaptureEvent, CaptureReport, void> {
  const settings = checkedOptions(options);
  const list = wishes(wanted);
  options.signal?.throwIfAborted();
  const { controller, release } = linkedController(options.signal);
  const capture = new Capture(repository, settings.concurrency, controller);
  const work = async (): Promise<void> => {
    const { host, refusals } = capture;
    const closures = new Closures({ ...settings, host, refusals, signal: controller.signal });
    const found = await Promise.allSettled(list.map((wish) => closures.find(wish)));
    await capture.channel.put({ type: 'planned', ...capture.tally.planned(), complete: true });
    await capture.idle();
    controller.signal.throwIfAborted();
    for (const each of found) if (each.status === 'rejected') throw each.reason;
  };
  const working = work().then(
    () => capture.channel.end(),
    (reason) => capture.channel.end({ reason }),
  );
  try {
    yield* capture.channel.read();
    const report = capture.tally.report(inOrderOf(list));
    yield { type: 'done', report };
    return report;
  } finally {
    controller.abort(new Error('nobody reads the events of this capture any more'));
    await working;
    capture.stop();
    release();
  }
}

/** One capture under way. */
class Capture {
  readonly channel: Channel<CaptureEvent>;
  readonly tally: Tally;
  readonly refusals: Refusals;
  readonly host: ClosureHost;
  readonly stop: () => void;
  readonly #repository: CaptureRepository;
  readonly #signal: AbortSignal;
  readonly #places: Limiter;
  readonly #zipPlaces: Limiter;
  readonly #zips = new Set<Promise<unknown>>();
  /** What is worked on, and whether this process has published it meanwhile. */
  readonly #published = new Map<string, boolean>();
  /** Queries under way. Their answer is a version that the repository may have to capture first. */
  #resolving = 0;

  constructor(repository: CaptureRepository, concurrency: number, controller: AbortController) {
    const { signal } = controller;
    this.#repository = repository;
    this.#signal = signal;
    this.#places = createLimiter(concurrency);
    this.#zipPlaces = createLimiter(Math.ceil(concurrency / 2));
    this.channel = createChannel(room);
    this.tally = createTally();
    this.stop = repository.subscribe((event) => {
      if (event.type !== 'publish') return;
      const key = keyOf(event.kind === 'zip' ? 'zip' : 'version', event);
      if (this.#resolving > 0 || this.#published.has(key)) this.#published.set(key, true);
    });
    this.refusals = createRefusals({
      tell: (refusal) => {
        this.tally.refused(refusal);
        void this.channel.put({ type: 'refused', ...refusal });
      },
      fail: (error) => controller.abort(error),
      signal,
    });
    this.host = {
      resolve: (path, query) => this.#places.run(() => this.#resolve(path, query), signal),
      goMod: (module) => this.#goMod(module),
      zip: (module, root) => this.#zip(module, root),
      resolved: (root) => {
        this.tally.resolved(root);
        void this.channel.put({ type: 'resolved', ...root });
      },
    };
  }

  /** Resolves when no zip is under way. */
  async idle(): Promise<void> {
    while (this.#zips.size > 0) await Promise.allSettled(this.#zips);
  }

  async #resolve(path: string, query: string): Promise<string> {
    const options = { signal: this.#signal };
    const ask = () =>
      query === 'latest' ? this.#repository.latest(path, options) : this.#repository.info(path, query, options);
    this.#resolving++;
    try {
      return (await ask()).info.version;
    } finally {
      this.#resolving--;
    }
  }

  async #goMod(module: ModuleVersion): Promise<Uint8Array> {
    const { path, version } = module;
    this.tally.want('version');
    return this.#places.run(async () => {
      const read = () => this.#repository.goMod(path, version, { signal: this.#signal });
      const { bytes } = await this.#noting('version', module, read, (file) => file.bytes.length);
      return bytes;
    }, this.#signal);
  }

  #zip(module: ModuleVersion, root: boolean): void {
    const { path, version } = module;
    this.tally.want('zip');
    const fetchZip = () => this.#repository.zip(path, version, { signal: this.#signal });
    const inPlace = () =>
      this.#places.run(() => this.#noting('zip', module, fetchZip, ({ size }) => size), this.#signal);
    const zip = this.refusals.attempt({ ...module, kind: 'zip', root }, () =>
      this.#zipPlaces.run(inPlace, this.#signal),
    );
    this.#zips.add(zip);
    const done = (): void => void this.#zips.delete(zip);
    zip.then(done, done);
  }

  /** Does `work` and tells what came of it. */
  async #noting<T>(
    kind: ClosureFile,
    module: ModuleVersion,
    work: () => Promise<T>,
    sizeOf: (file: T) => number,
  ): Promise<T> {
    const key = keyOf(kind, module);
    if (!this.#published.has(key)) this.#published.set(key, false);
    try {
      const file = await work();
      const outcome = this.#published.get(key) === true ? 'new' : 'present';
      const captured = { ...module, kind, outcome, bytes: sizeOf(file) } as const;
      const plan = this.tally.captured(captured);
      if (plan !== undefined) await this.channel.put({ type: 'planned', ...plan, complete: false });
      await this.channel.put({ type: 'file', ...captured });
      return file;
    } finally {
      this.#published.delete(key);
    }
  }
}

function keyOf(kind: ClosureFile, { path, version }: ModuleVersion): string {
  return `${kind} ${path}@${version}`;
}
