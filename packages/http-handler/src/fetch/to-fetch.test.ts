import { describe, expect, it, vi } from 'vitest';
import { echo, observedBody, silentBody, text } from '../../test/bodies.ts';
import { toFetch } from './index.ts';

const url = 'http://h/example.com/@v/list';

describe('toFetch', () => {
  it('needs no server', async () => {
    const response = await toFetch(echo)(new Request(url));
    expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(await response.text()).toBe(`target ${url}\n`);
  });

  it('hands the signal of the request to the handler', async () => {
    const controller = new AbortController();
    const fetch = toFetch(
      ({ signal }) =>
        new Promise((resolve) => signal?.addEventListener('abort', () => resolve(text(String(signal.reason), 499)))),
    );
    const response = fetch(new Request(url, { signal: controller.signal }));
    controller.abort('enough');
    expect(await (await response).text()).toBe('enough');
  });

  it('cancelling the response body cancels the body of the handler', async () => {
    const body = observedBody(1_000_000);
    const response = await toFetch(async () => ({ status: 200, headers: {}, body: body.stream }))(new Request(url));
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel('enough');
    expect(await body.cancelled).toBe('enough');
    expect(body.delivered()).toBeLessThan(1_000_000);
  });

  it('a body that fails reaches the reader as a failure', async () => {
    const body = observedBody(1000, { chunk: 100, error: new Error('disk gone') });
    const response = await toFetch(async () => ({ status: 200, headers: {}, body: body.stream }))(new Request(url));
    await expect(response.arrayBuffer()).rejects.toThrow('disk gone');
  });

  it.each([
    ['longer', 999],
    ['shorter', 1001],
  ])('a body %s than announced is a failure, and onError is told', async (reason, announced) => {
    const body = observedBody(1000, { chunk: 100 });
    const onError = vi.fn();
    const handler = async () => ({ status: 200, headers: { 'content-length': `${announced}` }, body: body.stream });
    const response = await toFetch(handler, { onError })(new Request(url));
    await expect(response.arrayBuffer()).rejects.toThrow(`${reason} than`);
    expect(onError).toHaveBeenCalledExactlyOnceWith(expect.any(RangeError), expect.objectContaining({ url }));
  });

  it('a client that leaves while a chunk is awaited is no failure', async () => {
    const body = silentBody();
    const onError = vi.fn();
    const handler = async () => ({ status: 200, headers: { 'content-length': '9' }, body: body.stream });
    const response = await toFetch(handler, { onError })(new Request(url));
    const reader = response.body?.getReader();
    const read = reader?.read();
    await reader?.cancel('enough');
    expect(await body.cancelled).toBe('enough');
    expect(await read).toMatchObject({ done: true });
    expect(onError).not.toHaveBeenCalled();
  });

  it('keeps Content-Length for HEAD and drops the body', async () => {
    const body = silentBody();
    const handler = async () => ({ status: 200, headers: { 'content-length': '9' }, body: body.stream });
    const response = await toFetch(handler)(new Request(url, { method: 'HEAD' }));
    expect([response.headers.get('content-length'), response.body]).toEqual(['9', null]);
    await body.cancelled;
  });

  it.each([204, 304])('gives %d no body, whatever the handler gave', async (status) => {
    const response = await toFetch(async () => text('x', status))(new Request(url));
    expect([response.status, response.body]).toEqual([status, null]);
  });

  it('an answer that Fetch refuses is a 500; its body is cancelled and onError told', async () => {
    const body = silentBody();
    const onError = vi.fn();
    const fetch = toFetch(async () => ({ status: 20_000, headers: {}, body: body.stream }), { onError });
    expect((await fetch(new Request(url))).status).toBe(500);
    await body.cancelled;
    expect(onError).toHaveBeenCalledWith(expect.any(RangeError), expect.objectContaining({ url }));
  });

  it('a handler that rejects is a 500, also when onError fails', async () => {
    const onError = vi.fn(() => {
      throw new Error('and the logger too');
    });
    const response = await toFetch(() => Promise.reject(new Error('secret')), { onError })(new Request(url));
    expect([response.status, await response.text()]).toEqual([500, 'internal error\n']);
    expect(onError).toHaveBeenCalledOnce();
  });

  it('takes a prefix off the URL and serves nothing outside it', async () => {
    const fetch = toFetch(echo, { prefix: '/go/' });
    expect(await (await fetch(new Request('http://h/go/x/@v/list?a'))).text()).toBe('target /x/@v/list?a\n');
    const outside = await fetch(new Request('http://h/golang.org/x/@v/list'));
    expect([outside.status, await outside.text()]).toEqual([404, 'not found: nothing is served outside /go\n']);
  });
});
