// Stopping `gomodkit serve`.

import { connect } from 'node:net';
import { startTestProxy, type TestProxy, tempDirectory } from '@gomodkit/testing';
import { describe, expect, it } from 'vitest';
import { closeAfterEach } from './support/closing.ts';
import { type ServerProgram, serve } from './support/program.ts';
import { checkStore } from './support/store.ts';

const modules = {
  'example.com/m@v1.0.0': {
    files: { 'go.mod': 'module example.com/m\n', 'm.go': 'package m\n', 'big.bin': new Uint8Array(300_000).fill(7) },
  },
};
const zipPath = '/example.com/m/@v/v1.0.0.zip';

describe.each(['SIGTERM', 'SIGINT'] as const)('%s', (signal) => {
  const keep = closeAfterEach();

  const start = async (): Promise<{ upstream: TestProxy; server: ServerProgram; store: string }> => {
    const upstream = keep(await startTestProxy({ modules }));
    const store = keep(await tempDirectory());
    return {
      upstream,
      store: store.path,
      server: keep(await serve(['--storage', store.path, '--upstream', upstream.url])),
    };
  };

  it('ends an idle server at once, also with a kept-alive connection, and exits with 0', async () => {
    const { server } = await start();
    expect((await fetch(`${server.url}/healthz`)).status).toBe(200);
    server.kill(signal);
    expect(await server.exited).toEqual({ code: 0, signal: null });
  });

  it('finishes a running download, refuses new connections meanwhile, and exits with 0', async () => {
    const { upstream, server, store } = await start();
    upstream.faults.add({ match: { kind: 'zip' }, latency: 400 });
    const download = fetch(server.url + zipPath);
    await upstream.requests.waitFor({ kind: 'zip' });
    server.kill(signal);
    await server.waitForError(/stopping: running downloads finish first/);
    await expect(connectTo(server.url)).rejects.toThrow(/ECONN(REFUSED|RESET)/);
    const response = await download;
    expect(response.status).toBe(200);
    expect((await response.arrayBuffer()).byteLength).toBe(Number(response.headers.get('content-length')));
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(await checkStore(store, modules)).toEqual({ versions: 1, zips: 1 });
  });

  it('ends at once when it comes a second time', async () => {
    const { upstream, server } = await start();
    upstream.faults.add({ match: { kind: 'zip' }, hang: true });
    const download = fetch(server.url + zipPath).then(
      () => 'answered',
      () => 'cut off',
    );
    await upstream.requests.waitFor({ kind: 'zip' });
    server.kill(signal);
    await server.waitForError(/a second signal stops at once/);
    server.kill(signal);
    expect(await server.exited).toEqual({ code: signal === 'SIGINT' ? 130 : 143, signal: null });
    expect(await download).toBe('cut off');
  });
});

function connectTo(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => {
      socket.destroy();
      resolve();
    });
    socket.once('error', reject);
  });
}
