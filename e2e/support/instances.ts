// Server processes on one storage, as tests see them: by HTTP.

import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { CaptureReport } from '@gomodkit/core';
import type { BuiltProgram } from './built-program.ts';
import { type Program, startBuilt } from './program.ts';
import { formatPlace, type StoragePlace } from './storage-place.ts';

/** A server process. */
export interface Instance extends Program {
  readonly url: string;
  /** Has this process capture a module with all it needs. */
  capture(wanted: string): Promise<CaptureReport>;
  /** Has this process withdraw a version; resolves when the withdrawal is durable. */
  withdraw(module: string): Promise<void>;
}

/** Starts one of `instance.ts`, which was built. */
export async function startInstance(built: BuiltProgram, place: StoragePlace, upstream: string): Promise<Instance> {
  const program = startBuilt(built.script, [formatPlace(place), upstream]);
  const [, url = ''] = await program.waitFor(/^instance at (\S+)$/m).catch(async (error: unknown) => {
    await program.close();
    throw error;
  });
  const post = async (target: string): Promise<unknown> => {
    const response = await fetch(url + target, { method: 'POST' });
    const text = await response.text();
    if (!response.ok) throw new Error(`${target}: ${text}`);
    return JSON.parse(text);
  };
  return Object.defineProperties(program, {
    url: { value: url },
    capture: { value: (wanted: string) => post(`/-/capture?wanted=${encodeURIComponent(wanted)}`) },
    withdraw: { value: (module: string) => post(`/-/withdraw?module=${encodeURIComponent(module)}`) },
  }) as Instance;
}

/** Where the files of a module are, below the URL of a server. Paths without upper case. */
export function targetsOf(name: string): readonly string[] {
  return ['info', 'mod', 'zip'].map((kind) => `/${name.replace('@', '/@v/')}.${kind}`);
}

/** How often a server that cannot answer now is asked again. */
const patience = 60;

/**
 * The answer of a server. One that starved for seconds says so (503 and Retry-After) rather than guess what is withdrawn: then it is asked
 * again, as it is on a new connection where it closed an idle one at the moment of the question.
 */
async function ask(url: string): Promise<Response> {
  for (let tries = 0; ; tries++) {
    const response = await fetch(url).catch((error: Error) => {
      if (tries < 3 && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'UND_ERR_SOCKET') return undefined;
      throw error;
    });
    if (response === undefined) continue;
    if (response.status !== 503 || !response.headers.has('retry-after') || tries === patience) return response;
    await response.body?.cancel();
    await sleep(1000);
  }
}

/** The SHA-256 of an answer, which must be a good one. */
export async function sumOfAnswer(url: string): Promise<string> {
  const response = await ask(url);
  const body = new Uint8Array(await response.arrayBuffer());
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${new TextDecoder().decode(body)}`);
  return createHash('sha256').update(body).digest('hex');
}

/** An entry of the index in one line: `TIME PATH@VERSION`. */
export type IndexLine = string;

/** The module of a line. */
export function moduleOf(line: IndexLine): string {
  return line.split(' ')[1] ?? '';
}

/** The time of a line, so that times sort as texts do. */
export function timeOf(line: IndexLine): string {
  const [, seconds = '', fraction = ''] = /^([^.]+?)(?:\.(\d+))?Z /.exec(line) ?? [];
  return `${seconds}.${fraction.padEnd(6, '0')}`;
}

/** All of a server's index, page by page. */
export async function readIndex(url: string, limit: number): Promise<IndexLine[]> {
  const lines: IndexLine[] = [];
  for (let query = `?limit=${limit}`; ; ) {
    const page = await pageOf(url, query);
    lines.push(...page.lines);
    if (page.next === undefined) return lines;
    query = page.next;
  }
}

/** What a client that asks again and again what is new has seen of a server's index. */
export interface Follower {
  readonly lines: readonly IndexLine[];
  /** Resolves when it has asked for the last time. */
  stop(): Promise<void>;
}

/** Follows an index by `since`, as clients of the public one do; a server that is killed ends it. */
export function followIndex(url: string): Follower {
  const lines: IndexLine[] = [];
  let stopped = false;
  const look = async (): Promise<void> => {
    const last = lines.at(-1);
    const { lines: news } = await pageOf(url, last === undefined ? '' : `?since=${last.split(' ')[0]}`);
    lines.push(...news.filter((line) => line !== last));
  };
  const follow = async (): Promise<void> => {
    while (!stopped) {
      await look();
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const ended = follow().catch((error: unknown) => {
    if (!(error instanceof TypeError)) throw error;
  });
  ended.catch(() => {});
  return {
    lines,
    async stop() {
      stopped = true;
      await ended;
    },
  };
}

async function pageOf(url: string, query: string): Promise<{ lines: readonly IndexLine[]; next: string | undefined }> {
  const response = await ask(`${url}/index${query}`);
  const text = await response.text();
  if (response.status !== 200) throw new Error(`/index${query}: ${response.status} ${text}`);
  const [, next] = /^<(.*)>; rel="next"$/.exec(response.headers.get('link') ?? '') ?? [];
  return { lines: text.split('\n').filter(Boolean).map(lineOf), next };
}

function lineOf(json: string): IndexLine {
  const { Path, Version, Timestamp } = JSON.parse(json) as Record<'Path' | 'Version' | 'Timestamp', string>;
  return `${Timestamp} ${Path}@${Version}`;
}
