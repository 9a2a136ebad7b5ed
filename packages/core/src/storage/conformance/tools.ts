// What the cases are made of: known bytes, misbehaving sources, and looks at a storage.

import { type ByteSource, bytesSource, readAll } from '../../bytes/source.ts';
import { encodeUtf8, equalBytes } from '../../bytes/utf8.ts';
import { isGoModKitError } from '../../errors/error.ts';
import type { ListOptions, ObjectInfo, Storage } from '../storage.ts';
import type { Check, ConformanceLimits } from './case.ts';

/** A source of text. */
export function text(value: string): ByteSource {
  return bytesSource(encodeUtf8(value));
}

/** `size` bytes that differ with `seed` and do not repeat at any power of two. */
export function pattern(size: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = (i * 31 + (i >>> 8) * 7 + seed * 101) % 251;
  return bytes;
}

/** What a source that misbehaves does after its good bytes. */
export type Ending = 'close' | 'fail' | 'hang';

/** A source that announces `size` bytes, delivers `delivered`, in chunks, and then ends in its way. It remembers what happened to it. */
export interface ProbeSource extends ByteSource {
  /** How many streams were opened and neither read to the end nor cancelled. */
  open(): number;
  /** Resolves when the first bytes were taken. */
  readonly started: Promise<void>;
}

/** Makes a {@link ProbeSource}. */
export function probeSource(size: number, delivered: number, ending: Ending): ProbeSource {
  let open = 0;
  let start = (): void => {};
  const started = new Promise<void>((resolve) => {
    start = resolve;
  });
  const chunk = 16 * 1024;
  const stream = (): ReadableStream<Uint8Array> => {
    open++;
    let at = 0;
    return new ReadableStream<Uint8Array>(
      {
        async pull(controller) {
          if (at < delivered) {
            controller.enqueue(pattern(Math.min(chunk, delivered - at), 1));
            at += chunk;
            if (at < delivered) return;
          }
          start();
          if (ending === 'hang') return new Promise<void>(() => {});
          open--;
          if (ending === 'fail') controller.error(new SourceFault());
          else controller.close();
        },
        cancel() {
          open--;
        },
      },
      { highWaterMark: 0 },
    );
  };
  return { size, stream, open: () => open, started };
}

/** How a failing source fails. */
export class SourceFault extends Error {
  override readonly name: string = 'SourceFault';

  constructor() {
    super('the source failed on purpose');
  }
}

/** How a promise ended. */
export type Outcome<T> = { readonly value: T } | { readonly error: unknown };

/** Waits for a promise without throwing. */
export async function outcome<T>(promise: Promise<T>): Promise<Outcome<T>> {
  return promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
}

/** Checks that `call` rejects with one of `codes`. */
export async function rejectsWith(
  check: Check,
  call: () => Promise<unknown>,
  code: string,
  what: string,
): Promise<void> {
  const result = await outcome((async () => call())());
  check('error' in result, `${what} resolved, but should reject with ${code}`);
  const found = isGoModKitError(result.error) ? result.error.code : String(result.error);
  check(found === code, `${what} rejected with ${found}, but should reject with ${code}`);
}

/** Reads an object whole; undefined when absent. */
export async function read(storage: Storage, key: string): Promise<Uint8Array | undefined> {
  const object = await storage.get(key);
  return object && readAll(object.body);
}

/** Whether an object reads back as exactly `bytes`. */
export async function holds(storage: Storage, key: string, bytes: Uint8Array): Promise<boolean> {
  const found = await read(storage, key);
  return found !== undefined && equalBytes(found, bytes);
}

/** Every object of a listing, page by page. Gives up on a storage that never ends. */
export async function listAll(storage: Storage, options: ListOptions = {}): Promise<ObjectInfo[]> {
  const objects: ObjectInfo[] = [];
  let { after } = options;
  for (let pages = 0; pages < 2000; pages++) {
    const page = await storage.list({ ...options, after });
    objects.push(...page.objects);
    const last = page.objects.at(-1);
    if (!page.more || last === undefined) return objects;
    after = last.key;
  }
  throw new Error('a listing did not end after 2,000 pages');
}

/**
 * Creates an object of a few bytes under each key and waits until all are listed, for cases that judge something else than
 * read-your-creates.
 */
export async function fill(storage: Storage, keys: readonly string[]): Promise<void> {
  for (const key of keys) await storage.create(key, text(key));
  for (let tries = 0; tries < 5; tries++) {
    const listed = new Set((await storage.list({ limit: keys.length + 100 })).objects.map((object) => object.key));
    if (keys.every((key) => listed.has(key))) return;
  }
}

/** The keys of a listing. */
export async function keysOf(storage: Storage, options: ListOptions = {}): Promise<string[]> {
  return (await listAll(storage, options)).map((object) => object.key);
}

/** Checks that nothing is visible under `key` in any way. */
export async function checkAbsent(check: Check, storage: Storage, key: string, after: string): Promise<void> {
  check((await storage.head(key)) === undefined, `head(${key}) finds an object after ${after}`);
  check((await storage.get(key)) === undefined, `get(${key}) finds an object after ${after}`);
  const { objects } = await storage.list();
  check(!objects.some((object) => object.key === key), `list() names ${key} after ${after}`);
}

/** Two lists as one comparable text. */
export function same(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

/** Awaits `condition` for a while: what is released may be released asynchronously. */
export async function eventually(
  { patience }: Pick<ConformanceLimits, 'patience'>,
  condition: () => boolean | Promise<boolean>,
): Promise<boolean> {
  for (const end = Date.now() + patience; Date.now() < end; ) {
    if (await condition()) return true;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return condition();
}
