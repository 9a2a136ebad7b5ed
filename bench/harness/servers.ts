// Servers in processes of their own.

import type { Adapter } from '../programs/adapters.ts';
import type { BareRequest } from '../programs/bare-server.ts';
import { startNode } from './program.ts';

/** A server on loopback. */
export interface RunningServer {
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** How gomodkit is put together. */
export interface GomodkitOptions {
  readonly upstream: string;
  /** A directory, or nothing for memory. */
  readonly storage?: string | undefined;
  /** Default: node. */
  readonly adapter?: Adapter | undefined;
}

/** gomodkit as an embedder would start it. */
export function startGomodkit({ upstream, storage, adapter = 'node' }: GomodkitOptions): Promise<RunningServer> {
  return serve('server', { adapter, upstream, storage });
}

/** The server of programs/bare-server.ts. */
export function startBare(request: Omit<BareRequest, 'op'>): Promise<RunningServer> {
  return serve('bare-server', request);
}

/** The upstream of programs/upstream.ts; `zips` are files by `PATH@VERSION`. */
export function startUpstream(zips: Readonly<Record<string, string>> = {}): Promise<RunningServer> {
  return serve('upstream', { zips });
}

async function serve(name: string, request: object): Promise<RunningServer> {
  const program = startNode(name);
  try {
    const { port } = await program.ask<{ readonly port: number }>({ ...request, op: 'serve' });
    return { url: `http://127.0.0.1:${port}`, pid: program.pid, stop: program.stop };
  } catch (error) {
    await program.stop();
    throw error;
  }
}
