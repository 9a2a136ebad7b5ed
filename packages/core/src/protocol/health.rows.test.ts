// protocol-cases.md, row 12: liveness and readiness.

import { afterEach, describe, expect, it, vi } from 'vitest';
import { ask } from './testdata/requests.ts';
import { setup } from './testdata/setup.ts';

describe('health', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('row 12: alive and ready', async () => {
    const { handler, repository } = setup();
    expect(await ask(handler, '/healthz')).toMatchObject({ status: 200, text: 'ok\n' });
    const ready = await ask(handler, '/readyz');
    expect(ready).toMatchObject({ status: 200, text: 'ready\n' });
    expect(ready.headers['cache-control']).toBe('no-store');
    expect(repository.calls).toEqual([]);
  });

  it('row 12: not ready names the steps, not their errors', async () => {
    const { handler, repository, errors } = setup();
    const error = new Error('EROFS: /srv/modules');
    repository.storageErrors = [
      { step: 'write', error },
      { step: 'list', error },
    ];
    const response = await ask(handler, '/readyz');
    expect(response).toMatchObject({ status: 503, text: 'not ready: write failed\nlist failed\n' });
    expect(response.headers).toHaveProperty('retry-after');
    expect(errors).toEqual([error, error]);
    expect((await ask(handler, '/healthz')).status).toBe(200);
  });

  it('row 12: not ready when the check itself fails', async () => {
    const { handler, repository, errors } = setup();
    repository.checkStorage = () => Promise.reject(new Error('secret'));
    const response = await ask(handler, '/readyz');
    expect(response).toMatchObject({ status: 503, text: 'not ready: the storage could not be checked\n' });
    expect(errors).toEqual([new Error('secret')]);
  });

  it('row 12: a storage that hangs is not ready', async () => {
    vi.useFakeTimers();
    const { handler, repository } = setup();
    let signal: AbortSignal | undefined;
    repository.checkStorage = (options) => {
      signal = options?.signal;
      return new Promise(() => {});
    };
    const answer = ask(handler, '/readyz');
    await vi.advanceTimersByTimeAsync(10_000);
    expect((await answer).text).toBe('not ready: the storage did not answer within 10 seconds\n');
    expect(signal?.aborted).toBe(true);
  });

  it('row 12: the storage is probed once a second, however many ask', async () => {
    vi.useFakeTimers();
    const { handler, repository } = setup();
    let probes = 0;
    repository.checkStorage = async () => {
      probes++;
      return [];
    };
    await Promise.all(Array.from({ length: 50 }, () => ask(handler, '/readyz')));
    await ask(handler, '/readyz');
    expect(probes).toBe(1);
    await vi.advanceTimersByTimeAsync(1_001);
    await ask(handler, '/readyz');
    expect(probes).toBe(2);
  });

  it('row 12: elsewhere, or nowhere', async () => {
    const moved = setup({ health: { live: '/-/live', ready: false } }).handler;
    expect((await ask(moved, '/-/live')).status).toBe(200);
    expect((await ask(moved, '/healthz')).status).toBe(404);
    expect((await ask(moved, '/readyz')).status).toBe(404);
    expect((await ask(setup({ health: false }).handler, '/healthz')).status).toBe(404);
  });

  it('row 12: no hook is asked about health', async () => {
    const { handler } = setup({ authorize: () => ({ allow: false, status: 401 }) });
    expect((await ask(handler, '/healthz')).status).toBe(200);
  });
});
